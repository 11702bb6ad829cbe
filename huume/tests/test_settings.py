"""What an operator reads when the environment is wrong, and that the documented one is right."""

import base64
import os
import re
import secrets
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
PRODUCTION = {
    "DEBUG": "false",
    "BASE_DOMAIN": "huume.example",
    "BEHIND_PROXY": "1",
    "STAFF_SECOND_FACTOR": "true",
    "OIDC_ALLOW_LOCAL_PROVIDERS": "false",
    "EMAIL_URL": "smtp://localhost:25",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "ENCRYPTION_KEYS": KEY,
}


def manage(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, in the environment of a production server but for what is changed."""
    environment = os.environ | PRODUCTION | changed
    environment.pop("PYTHONWARNINGS", None)
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, cwd=ROOT)


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a refused command says."""
    assert done.returncode == 1, done
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize("name", ["SECRET_KEY", "ENCRYPTION_KEYS"])
def test_missing_secret_is_refused_in_one_sentence(name: str) -> None:
    said = refusal(manage("check", **{name: ""}))
    assert said == f"{name} is not set. It is required when DEBUG is false: see .env.example."


@pytest.mark.parametrize("command", [("migrate_schemas",), ("set_access", "acme", "a@acme.example")])
def test_missing_secret_is_refused_by_every_command(command: tuple[str, ...]) -> None:
    assert refusal(manage(*command, SECRET_KEY="")).startswith("SECRET_KEY is not set.")


@pytest.mark.parametrize(
    "keys", ["too-short", "not base64 at all!", f"{KEY},{KEY[:20]}"], ids=["short", "not base64", "second one short"]
)
def test_bad_encryption_key_is_refused_and_not_repeated(keys: str) -> None:
    done = manage("check", ENCRYPTION_KEYS=keys)
    assert done.returncode == 1
    assert "huume.E001" in done.stderr
    assert "Traceback" not in done.stderr
    assert KEY not in done.stderr
    assert keys not in done.stderr


def test_database_that_cannot_be_reached_is_said_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"postgres://huume:hush-hush@127.0.0.1:{taken.getsockname()[1]}/huume"
        done = manage("migrate_schemas", DATABASE_URL=url, DATABASE_POOL="0")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("The database cannot be used: ")
    assert "refused" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hush-hush" not in done.stderr


def test_debug_needs_no_secrets() -> None:
    done = manage("check", DEBUG="true", SECRET_KEY="", ENCRYPTION_KEYS="")
    assert done.returncode == 0, done.stderr


def test_a_key_is_printed_without_any_settings() -> None:
    done = manage("generate_key", SECRET_KEY="", ENCRYPTION_KEYS="", DATABASE_URL="postgres://nobody@127.0.0.1:1/none")
    assert done.returncode == 0, done.stderr
    assert len(base64.urlsafe_b64decode(done.stdout.strip())) == 32


def test_production_environment_has_nothing_to_warn_of() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_local_providers_are_warned_of_in_production() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", OIDC_ALLOW_LOCAL_PROVIDERS="true")
    assert done.returncode == 1
    assert "huume.W001" in done.stderr


def test_outbox_of_the_demo_is_warned_of_in_production() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", HUUME_OUTBOX="true")
    assert done.returncode == 1
    assert "huume.W003" in done.stderr


def test_every_variable_is_documented() -> None:
    read = set(re.findall(r'(?:env\.\w+|required)\(\s*"([A-Z_]+)"', (ROOT / "huume/settings.py").read_text()))
    documented = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert {"SECRET_KEY", "DATABASE_URL", "SIGN_IN_RATE"} <= read
    assert read - documented == {"HUUME_DURABLE"}  # for the tests' own database only
