"""The product in production: `make serve`, or `python -m huume.serve`. Checks, migrates, collects, then is gunicorn.

PORT or BIND, and WEB_CONCURRENCY (the number of workers), come from the environment or .env.
"""

import os
import subprocess
import sys
from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parent.parent
FIRST = (
    ("check", "--deploy", "--fail-level", "ERROR"),
    ("migrate_schemas", "--verbosity", "0"),
    ("collectstatic", "--noinput", "--verbosity", "0"),
)
GRACE = 30  # seconds that requests under way have to end in
# A redirect URI's query holds a code and state, a deep link its target: gunicorn's own 4,094 bytes are tight.
LONGEST_LINE = 8190


def gunicorn_command(bind: str, *, workers: int, grace: int = GRACE, log_level: str = "info") -> list[str]:
    """No access log: paths and queries hold what lets people in (setup links, codes, state)."""
    options = {
        "bind": bind,
        "workers": workers,
        "threads": 32,
        "worker-class": "gthread",
        "graceful-timeout": grace,
        "keep-alive": 5,
        "limit-request-line": LONGEST_LINE,
        "limit-request-fields": 64,
        "limit-request-field_size": LONGEST_LINE,
        # Which proxies are believed is BEHIND_PROXY's to say, alone.
        "forwarded-allow-ips": "",
        "logger-class": "huume.serve_logs.Lines",
        "log-level": log_level,
    }
    # Workers show that they live by touching a file, which must not wait for a disk.
    if os.access("/dev/shm", os.W_OK):  # noqa: S108
        options["worker-tmp-dir"] = "/dev/shm"  # noqa: S108
    spelled = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "gunicorn", "--no-control-socket", *spelled, "huume.wsgi"]


def bind_from(environment: "os._Environ[str]") -> str:
    return environment.get("BIND") or f"127.0.0.1:{environment.get('PORT') or 8000}"


def workers_from(environment: "os._Environ[str]") -> int:
    wanted = environment.get("WEB_CONCURRENCY") or "2"
    if not wanted.isascii() or not wanted.isdigit() or not int(wanted):
        sys.exit(f"WEB_CONCURRENCY is {wanted!r}. It is the number of workers: 1 or more.")
    return int(wanted)


def main() -> None:
    """Becomes gunicorn, or exits 1 with what the failing step said."""
    if (ROOT / ".env").is_file():
        environ.Env.read_env(ROOT / ".env")
    command = gunicorn_command(bind_from(os.environ), workers=workers_from(os.environ))
    for step in FIRST:
        if subprocess.run([sys.executable, ROOT / "manage.py", *step], cwd=ROOT).returncode:  # noqa: S603
            sys.exit(1)
    os.chdir(ROOT)
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
