"""The environment of the tests, set before settings are read (pytest.ini names it first)."""

import base64
import os
import secrets
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ["DEBUG"] = "false"
os.environ["BASE_DOMAIN"] = "localhost:8000"
os.environ["BEHIND_PROXY"] = "0"
os.environ["SIGN_IN_RATE"] = "300"
os.environ["STAFF_SECOND_FACTOR"] = "true"
os.environ["OIDC_ALLOW_LOCAL_PROVIDERS"] = "true"
os.environ["DATABASE_POOL"] = "0"
os.environ["HUUME_DATA_DIR"] = os.environ.get("HUUME_TEST_DATA_DIR", str(ROOT / ".data" / "test"))
os.environ["HUUME_DURABLE"] = "false"
# Not what `make serve` has collected some time ago: tests serve static files from where they lie.
os.environ["STATIC_ROOT"] = str(Path(os.environ["HUUME_DATA_DIR"]) / "static")
os.environ["EMAIL_URL"] = "memorymail://"
os.environ.pop("CACHE_URL", None)
# Only an explicit one counts: what .env says is for the product, not for tests that make and drop databases.
os.environ["DATABASE_URL"] = os.environ.get("HUUME_TEST_DATABASE_URL", "")
os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
os.environ["ENCRYPTION_KEYS"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
