"""The product in production: `make serve`, or `python -m huume.serve`. Checks, migrates, collects, then serves.

It serves with two children: gunicorn, and the worker that sends mail (huume.worker). Signals are passed on to
gunicorn; when that ends, so does the worker, and this with gunicorn's status. However this ends, both end with it.

PORT or BIND, and WEB_CONCURRENCY (the number of workers), come from the environment or .env.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import environ

from huume.child import child_command
from huume.worker import KeptWorker

ROOT = Path(__file__).resolve().parent.parent
FIRST = (
    ("check", "--deploy", "--fail-level", "ERROR"),
    ("migrate_schemas", "--verbosity", "0"),
    ("collectstatic", "--noinput", "--verbosity", "0"),
)
GRACE = 30  # seconds that requests under way have to end in
# A redirect URI's query holds a code and state, a deep link its target: gunicorn's own 4,094 bytes are tight.
LONGEST_LINE = 8190
# What gunicorn understands (its docs, "Signal Handling"), but for those that are about processes of its own.
PASSED_ON = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGTTIN,
    signal.SIGTTOU,
)


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


def serve(command: list[str]) -> int:
    """Until gunicorn ends. Returns its exit status, or 128 and the number of the signal that ended it."""
    server = subprocess.Popen(child_command(command), cwd=ROOT, start_new_session=True)  # noqa: S603
    worker = KeptWorker(grace=GRACE)

    def pass_on(number: int, _frame: object) -> None:
        server.send_signal(number)
        if number == signal.SIGHUP:
            worker.renew()

    for number in PASSED_ON:
        signal.signal(number, pass_on)
    with worker:
        status = server.wait()
    return 128 - status if status < 0 else status


def main() -> None:
    """Serves until it is told to stop, or exits 1 with what the failing step said."""
    if (ROOT / ".env").is_file():
        environ.Env.read_env(ROOT / ".env")
    if not os.environ.get("EMAIL_URL"):
        print("EMAIL_URL is not set: mails, with the links and codes in them, are printed here.", file=sys.stderr)
    command = gunicorn_command(bind_from(os.environ), workers=workers_from(os.environ))
    for step in FIRST:
        if subprocess.run([sys.executable, ROOT / "manage.py", *step], cwd=ROOT).returncode:  # noqa: S603
            sys.exit(1)
    sys.exit(serve(command))


if __name__ == "__main__":
    main()
