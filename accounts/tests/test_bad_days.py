"""A server killed in the middle of a sign-in, and a database restarted under a running server: real processes."""

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from accounts.tests.fake_provider import FakeProvider
from huume import postgres
from huume.crypto import generate_key
from huume.serve import gunicorn_command
from huume.testing import callback

pytestmark = pytest.mark.xdist_group("bad-days")
ROOT = Path(__file__).parents[2]
SET_UP = """
import sys, types
import django
django.setup()
from django.core.management import call_command
from huume.testing import configure_okta
from tenants.provision import provision
call_command("migrate_schemas", verbosity=0)
configure_okta(provision("acme", "Acme Homes")[0], types.SimpleNamespace(issuer=sys.argv[1]))
"""


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


class Answer(NamedTuple):
    status: int
    location: str
    text: str


class Browser:
    """On acme's host, wherever the server listens."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request("GET", path, headers={"Host": "acme.localhost:8000", "Cookie": cookies})
            response = connection.getresponse()
            for header in response.headers.get_all("Set-Cookie", []):
                self.cookies |= {name: cookie.value for name, cookie in SimpleCookie(header).items()}
            return Answer(response.status, response.headers.get("Location", ""), response.read().decode())
        finally:
            connection.close()

    def answered(self, okta: FakeProvider, person: str) -> str:
        """A sign-in begun; the address that the provider sends the browser back to."""
        return callback(okta.authorize(self.get("/oidc/okta/start/").location, person=person))


class Product:
    """gunicorn with an embedded PostgreSQL of its own. The listening socket outlives a killed server."""

    def __init__(self, data_dir: Path, issuer: str) -> None:
        self.home = data_dir / "postgres"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "huume.settings",
            "HUUME_DATA_DIR": str(data_dir),
            "DATABASE_URL": "",
            "DATABASE_POOL": "4",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ENCRYPTION_KEYS": generate_key(),
        }
        subprocess.run([sys.executable, "-c", SET_UP, issuer], cwd=ROOT, env=self.environment, check=True)
        self.start()

    def start(self) -> None:
        handle = self.listener.fileno()
        command = gunicorn_command(f"fd://{handle}", workers=1, log_level="warning")
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, pass_fds=[handle], start_new_session=True
        )

    def end(self, number: int) -> None:
        """Ends the master and its workers, all of one process group."""
        os.killpg(self.process.pid, number)
        self.process.wait(20)

    def rows(self, statement: str) -> list[Any]:
        where = {"host": str(postgres.socket_folder(self.home)), "port": postgres.PORT, "user": "huume"}
        with psycopg.connect(dbname="huume", options="-c search_path=acme", **where) as connection:  # type: ignore[arg-type]
            return connection.execute(statement).fetchall()

    def restart_database(self, number: int) -> None:
        before = int((self.home / "cluster" / "postmaster.pid").read_text().split()[0])
        os.kill(before, number)
        wait_for(lambda: postgres.answering_pid(self.home) not in {None, before}, "the database does not come back")

    def close(self) -> None:
        with suppress(ProcessLookupError):
            self.end(signal.SIGTERM)
        self.listener.close()
        wait_for(lambda: postgres.answering_pid(self.home) is None, "the database does not stop")


@pytest.fixture(scope="module")
def directory() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        yield provider


@pytest.fixture
def okta(directory: FakeProvider) -> Iterator[FakeProvider]:
    yield directory
    directory.mend()
    directory.forget()


@pytest.fixture(scope="module")
def product(directory: FakeProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("bad-days"), directory.issuer)
    yield product
    product.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["stopped", "killed"])
def test_the_next_request_after_a_restart_of_the_database_works(
    product: Product, okta: FakeProvider, number: int
) -> None:
    browser = Browser(product.port)
    assert browser.get(browser.answered(okta, "Alice")).status == 302
    assert browser.get("/").status == 200

    product.restart_database(number)

    page = browser.get("/")
    assert page.status == 200
    assert "alice.reed@acme.example" in page.text


def test_a_sign_in_goes_through_a_restart_of_the_database(product: Product, okta: FakeProvider) -> None:
    browser = Browser(product.port)
    back = browser.answered(okta, "Bob")
    product.restart_database(signal.SIGINT)
    assert browser.get(back).status == 302
    assert "bob.lund@acme.example" in browser.get("/").text


def test_a_server_killed_while_the_provider_is_asked_leaves_nothing_half_made(
    product: Product, okta: FakeProvider
) -> None:
    browser = Browser(product.port)
    back = browser.answered(okta, "Carol")
    okta.break_rule("token", "hang")
    dropped: list[bool] = []

    def go_back() -> None:
        with suppress(http.client.HTTPException, OSError):
            browser.get(back)
            return
        dropped.append(True)

    waiting = threading.Thread(target=go_back)
    waiting.start()
    wait_for(lambda: okta.calls_to("token"), "the provider is not asked")
    product.end(signal.SIGKILL)
    waiting.join()
    okta.mend()
    product.start()

    assert dropped
    assert browser.get(back).status == 400, "an answer is good once, whatever came of it"
    assert product.rows("SELECT 1 FROM accounts_user WHERE email LIKE 'carol%'") == []
    assert product.rows("SELECT 1 FROM accounts_identity WHERE subject LIKE '%Carol%'") == []
    assert product.rows("SELECT 1 FROM accounts_session WHERE subject LIKE '%Carol%'") == []
    assert product.rows("SELECT 1 FROM accounts_attempt") == []
    assert product.rows("SELECT outcome FROM accounts_signin ORDER BY at DESC LIMIT 1") == [("started",)]
    assert browser.get(browser.answered(okta, "Carol")).status == 302
    assert "carol.marsh@acme.example" in browser.get("/").text
