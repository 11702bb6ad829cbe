"""`python -m bench [--quick] [part ...]`: Huume beside the stock parts, in one run, ratios printed. See README.md.

A database server and every file of the run lie in a temporary folder of its own. Exit status 1 only when the bench
broke, or when a read came from the wrong tenant: a ratio depends on the machine and fails nothing.
"""

import argparse
import base64
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.servers import ROOT
from huume.postgres import lock_alone

PARTS = ("callback", "throughput", "pages", "reads", "hosts", "provisioning", "profile")
STOPPING = 30


def environment(folder: Path) -> dict[str, str]:
    """Nothing of the caller's own settings: no proxy, no other database, no secrets but those of this run."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return kept | {
        "DEBUG": "false",
        "HUUME_DATA_DIR": str(folder / "data"),
        "HUUME_DURABLE": "false",
        "DATABASE_URL": "",
        "DATABASE_POOL": "16",
        "CACHE_URL": "locmemcache://",
        "EMAIL_URL": "memorymail://",
        "BEHIND_PROXY": "0",
        "SIGN_IN_RATE": "0",
        "OIDC_ALLOW_LOCAL_PROVIDERS": "true",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "PYTHONUNBUFFERED": "1",
    }


def wait_for_the_database_to_stop(folder: Path) -> None:
    """It stops by itself after its last user; only then may its files go."""
    lock = folder / "data" / "postgres" / "server.lock"
    until = time.monotonic() + STOPPING
    while lock.exists() and time.monotonic() < until:
        if (held := lock_alone(lock)) is not None:
            os.close(held)
            return
        time.sleep(0.1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Huume beside the stock parts.")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="part", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: minutes become seconds, figures waver")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="huume-bench-"))
    # The database's own user must get in.
    folder.chmod(0o755)
    command = [sys.executable, "-m", "bench.run", str(folder), "quick" if options.quick else "full"]
    process = subprocess.Popen([*command, *(options.parts or PARTS)], cwd=ROOT, env=environment(folder))
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait()
        return 1
    finally:
        wait_for_the_database_to_stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
