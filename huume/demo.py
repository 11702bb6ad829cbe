"""`make demo`: the whole product on this machine, with a directory to sign in at. Ctrl-C stops it.

PORT, PROVIDER_PORT and HUUME_DATA_DIR come from the environment; everything else the demo sets itself, so that neither
.env nor a variable that is meant for production reaches it.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from huume.child import child_command
from huume.demo_state import TENANTS, WAITING, DemoError, State, load_state, only_copy
from huume.postgres import PostgresError
from huume.worker import KeptWorker

if TYPE_CHECKING:
    from accounts.tests.fake_provider import FakeProvider

ROOT = Path(__file__).resolve().parent.parent
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PORT_PATIENCE = 4.0  # seconds: a server whose demo was killed is gone by then
READY_PATIENCE = 60.0  # seconds
GRACE = 2  # seconds that requests under way have to end in
WORKERS = 2


@dataclass(frozen=True)
class Demo:
    folder: Path
    port: int
    provider_port: int

    @property
    def base_domain(self) -> str:
        return "localhost" if self.port == 80 else f"localhost:{self.port}"

    def address(self, tenant: str = "") -> str:
        return f"http://{tenant}{'.' if tenant else ''}{self.base_domain}"


def chosen_port(name: str, default: int) -> int:
    """The port that the variable `name` of the environment asks for. Raises DemoError."""
    typed = os.environ.get(name, "").strip() or str(default)
    if not (typed.isascii() and typed.isdigit() and 0 < int(typed) < 65536):
        raise DemoError(f"{name} is {typed!r}. It must be a number from 1 to 65535.")
    return int(typed)


def chosen() -> Demo:
    folder = Path(os.environ.get("HUUME_DATA_DIR") or ROOT / ".data").resolve()
    return Demo(folder, chosen_port("PORT", 8000), chosen_port("PROVIDER_PORT", 9000))


def set_environment(demo: Demo, state: State) -> None:
    os.environ.update(
        DJANGO_SETTINGS_MODULE="huume.settings",
        HUUME_DATA_DIR=str(demo.folder),
        BASE_DOMAIN=demo.base_domain,
        SECRET_KEY=state.secret_key,
        ENCRYPTION_KEYS=state.encryption_key,
        DATABASE_URL="",
        DATABASE_POOL="8",
        DEBUG="false",
        BEHIND_PROXY="0",
        SIGN_IN_RATE="300",
        STAFF_SECOND_FACTOR="false",
        OIDC_ALLOW_LOCAL_PROVIDERS="true",
        EMAIL_URL="consolemail://",
        HUUME_OUTBOX="true",
        CACHE_URL="locmemcache://",
        LOG_LEVEL="WARNING",
        HUUME_DURABLE="true",
        # Nothing is collected there, so static files come from where they lie, never from an older `make serve`.
        STATIC_ROOT=str(demo.folder / "static"),
    )
    for name in ("DEFAULT_FROM_EMAIL", "WEB_CONCURRENCY", "GUNICORN_CMD_ARGS"):
        os.environ.pop(name, None)


@contextmanager
def step(what: str) -> Iterator[None]:
    print(f"{what + ' ':.<38} ", end="", flush=True)
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f"{time.monotonic() - begun:4.1f} s", flush=True)


def run(demo: Demo) -> None:
    """Returns when the demo was told to stop. Raises DemoError, PostgresError or OSError."""
    with ExitStack() as stack:
        stack.enter_context(only_copy(demo.folder, demo.address()))
        state = load_state(demo.folder)
        set_environment(demo, state)
        listener = stack.enter_context(listen(demo.port))
        with step("Starting the directory"):
            issuer = stack.enter_context(directory(demo, state)).address
        prepare(state, issuer)
        with step("Starting the portal"):
            log = stack.enter_context(open(demo.folder / "demo.log", "a"))
            server = stack.enter_context(portal(listener, log))
            stack.enter_context(KeptWorker(grace=GRACE, log=log, changed={"LOG_LEVEL": "INFO"}))
            wait_until_ready(demo, server)
        print(guide(demo, state), flush=True)
        server.wait()
        raise DemoError(f"The portal stopped by itself; {demo.folder / 'demo.log'} says why.")


def prepare(state: State, issuer: str) -> None:
    with step("Starting PostgreSQL"):
        import django

        django.setup()
    from django.core.management import call_command
    from django.db import connection, connections

    from huume.demo_seed import seed

    with step("Bringing the database up to date"):
        call_command("migrate_schemas", verbosity=0)
    with step(f"Preparing {len(TENANTS) + len(WAITING)} organisations"):
        seed(state, issuer)
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]  # of Django's PostgreSQL backend


@contextmanager
def listen(port: int) -> Iterator[socket.socket]:
    """The portal's port, taken before anything is started. Raises DemoError."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        deadline = time.monotonic() + PORT_PATIENCE
        while True:
            try:
                listener.bind(("127.0.0.1", port))
                listener.listen(512)
                break
            except OSError as error:
                if time.monotonic() > deadline or isinstance(error, PermissionError):
                    raise port_taken(port, "PORT", 8001, error) from error
                time.sleep(0.1)
        yield listener


def port_taken(port: int, name: str, other: int, error: OSError) -> DemoError:
    if isinstance(error, PermissionError):
        return DemoError(f"You may not use port {port}. Choose one above 1023: make demo {name}={other}")
    return DemoError(
        f"Port {port} is in use by another program. Stop that one, or choose another port: make demo {name}={other}"
    )


@contextmanager
def directory(demo: Demo, state: State) -> Iterator["FakeProvider"]:
    """The provider that everybody signs in at, in a thread of this process. Raises DemoError."""
    from accounts.tests.fake_provider import FakeProvider, demo_people, huume_client

    clients = [
        replace(huume_client(tenant, host=demo.address(tenant).removeprefix("http://")), secrets=[secret], name=name)
        for (tenant, name), secret in zip(TENANTS.items(), state.client_secrets.values(), strict=True)
    ]
    provider = FakeProvider(
        port=demo.provider_port,
        host="localhost",
        people=demo_people(),
        clients=clients,
        console=True,
        kept_in=demo.folder / "console.json",
    )
    try:
        provider.start()
    except OSError as error:
        raise port_taken(demo.provider_port, "PROVIDER_PORT", 9001, error) from error
    try:
        yield provider
    finally:
        provider.stop()


@contextmanager
def portal(listener: socket.socket, log: TextIO) -> Iterator[subprocess.Popen[bytes]]:
    """Gunicorn in a process group of its own, gone afterwards."""
    from huume.serve import gunicorn_command

    command = gunicorn_command(f"fd://{listener.fileno()}", workers=WORKERS, grace=GRACE, log_level="warning")
    server = subprocess.Popen(  # noqa: S603
        child_command(command),
        cwd=ROOT,
        env=os.environ | {"LOG_LEVEL": "INFO", "PYTHONUNBUFFERED": "1"},
        pass_fds=[listener.fileno()],
        stdin=subprocess.DEVNULL,
        stderr=log,
        start_new_session=True,
    )
    listener.close()
    try:
        yield server
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(GRACE + 2)
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def wait_until_ready(demo: Demo, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", demo.port, timeout=READY_PATIENCE)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise DemoError(f"The portal does not start; {demo.folder / 'demo.log'} says why.")


def guide(demo: Demo, state: State) -> str:
    from huume.demo_seed import ACCOUNT_MANAGER

    width = max(len(demo.address("globex")), len(f"{demo.address()}/admin/")) + 2
    rows = [
        (f"{demo.address()}/admin/", ACCOUNT_MANAGER, f"password {state.password}"),
        (demo.address("acme"), "Alice", "user administrator: lets people in, gives roles and teams"),
        ("", "Bob", "has a role and a team"),
        ("", "Carol", "has never signed in: waits until Alice lets her in"),
        ("", "Dan", "is not assigned to Huume in the directory: is refused"),
        (demo.address("globex"), "Mallory", "user administrator of another organisation"),
    ]
    lines = [f"  {where:<{width}}{who:<19}{what}" for where, who, what in rows]
    return "\n".join(
        [
            "\nHuume is running. Open, and be:\n",
            *lines,
            f"\n{onboarding(demo)}",
            "  The directory asks for no password: choose a person on its page.",
            "  Browsers find *.localhost on this machine by themselves.",
            f"  Mail: {demo.address()}/outbox/ shows what the portal sends; none of it leaves this machine.",
            f"  Data and log: {demo.folder}; delete it to start afresh.",
            "\nCtrl-C stops it.",
        ]
    )


def onboarding(demo: Demo) -> str:
    """How to bring the customer that waits live, in the order in which things are needed."""
    name, directory = WAITING["harbour"], f"http://localhost:{demo.provider_port}"
    rows = [
        (f"{demo.address()}/admin/readiness/", f"Ada: send {name} its setup link"),
        (f"{demo.address()}/outbox/", "the mails to its IT contact: the link, then the code"),
        (f"{directory}/console/", f"its directory’s console. Okta domain: {directory.removeprefix('http://')}"),
    ]
    width = max(len(where) for where, _what in rows) + 2
    lines = [f"  {where:<{width}}{what}" for where, what in rows]
    begun = f"{name} begins without sign-in. Bring it live, mistakes and all:\n"
    return "\n".join([begun, *lines, ""])


def _stop(_number: int, _frame: object) -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> None:
    for number in SIGNALS:
        signal.signal(number, _stop)
    try:
        run(chosen())
    except KeyboardInterrupt:
        print("\nStopped.", flush=True)
    except (DemoError, PostgresError) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"The demo cannot start: {error}.")


if __name__ == "__main__":
    main()
