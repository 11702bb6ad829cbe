"""`make serve`: what a production server does before it listens, what it answers, and how it ends."""

import base64
import http.client
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from huume.serve_logs import LineFormatter
from huume.tests.children import children_of, ended, wait_for
from tenants.tests.mail_server import MailServer, mail_server

ROOT = Path(__file__).resolve().parents[2]
SERVE = [sys.executable, "-m", "huume.serve"]
# One worker: most of it is against one running server.
pytestmark = pytest.mark.xdist_group("serve")


def environment(folder: Path, **changed: str) -> dict[str, str]:
    production = {
        "HUUME_DATA_DIR": str(folder),
        "STATIC_ROOT": str(folder / "static"),
        "DATABASE_URL": "",
        "DATABASE_POOL": "4",
        "BASE_DOMAIN": "localhost:8000",
        "OIDC_ALLOW_LOCAL_PROVIDERS": "false",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
    return os.environ | production | changed


def refused(folder: Path, **changed: str) -> str:
    """The one line that the server says instead of starting."""
    done = subprocess.run(
        SERVE, env=environment(folder, **changed), cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_missing_secret_stops_it_with_one_sentence(tmp_path: Path) -> None:
    assert refused(tmp_path, SECRET_KEY="") == (
        "SECRET_KEY is not set. It is required when DEBUG is false: see .env.example."
    )


@pytest.mark.parametrize("number", ["0", "two", "-1"])
def test_bad_number_of_workers_stops_it_with_one_sentence(tmp_path: Path, number: str) -> None:
    assert refused(tmp_path, WEB_CONCURRENCY=number).startswith(f"WEB_CONCURRENCY is {number!r}.")


def test_log_line_of_the_server_holds_no_query() -> None:
    try:
        raise ValueError("GET /oauth2/okta/authresp?code=sesame&state=open HTTP/1.1")
    except ValueError:
        failure = sys.exc_info()
    said = "Error handling request /oauth2/okta/authresp?code=sesame&state=open"
    record = logging.LogRecord("gunicorn.error", logging.ERROR, __file__, 1, said, (), failure)
    line = LineFormatter().format(record)
    assert json.loads(line)["message"] == "Error handling request /oauth2/okta/authresp?…"
    assert "ValueError" in json.loads(line)["traceback"]
    assert "sesame" not in line


class Served:
    """A production server on a socket file of its own, which sends its mail to the port given."""

    def __init__(self, folder: Path, name: str, mail_port: int = 9) -> None:
        self.folder = folder
        self.environment = environment(folder, EMAIL_URL=f"smtp://127.0.0.1:{mail_port}")
        self.socket, self.log = folder / f"{name}.sock", folder / f"{name}.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                SERVE,
                env=self.environment | {"BIND": f"unix:{self.socket}", "WEB_CONCURRENCY": "1"},
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    def wait(self) -> None:
        deadline = time.monotonic() + 90
        while not self.socket.exists():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def get(self, path: str, host: str) -> tuple[int, str, str]:
        """Status, content type and body."""
        connection = http.client.HTTPConnection("localhost", timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(60)
        connection.sock.connect(str(self.socket))
        try:
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type", ""), answer.read().decode()
        finally:
            connection.close()

    def worker(self) -> int:
        """Its process id, once there is one."""
        return wait_for(lambda: children_of(self.process.pid, "db_worker"))[0]

    def queue_mail(self) -> None:
        subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", QUEUE], env=self.environment, cwd=ROOT, check=True
        )


QUEUE = """
from tenants.models import Tenant
from tenants.outbox import queue_mail
context = {"tenant": "Huume", "ask": "Ada", "address": "http://localhost/s3same"}
queue_mail("welcome", "ada@huume.example", tenant=Tenant.objects.get(), context=context)
"""


@pytest.fixture(scope="module")
def post() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, post: MailServer) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("serve"), "first", post.port)
    try:
        server.wait()
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def test_fresh_database_is_ready_and_healthy(served: Served) -> None:
    assert served.get("/healthz", "anything.example")[0] == 200


def test_unknown_host_gets_a_plain_404_that_names_nobody(served: Served) -> None:
    status, kind, body = served.get("/", "nobody.localhost:8000")
    assert (status, kind, body) == (404, "text/plain; charset=utf-8", "There is nothing here.\n")


def test_static_files_are_collected_under_names_that_change_with_them(served: Served) -> None:
    static = served.folder / "static"
    names: dict[str, str] = json.loads((static / "staticfiles.json").read_text())["paths"]
    assert names["huume.css"] != "huume.css"
    assert served.get(f"/static/{names['huume.css']}", "localhost:8000")[0] == 200


def test_nothing_asked_for_is_in_the_log(served: Served) -> None:
    served.get("/oauth2/okta/authresp?code=sesame&state=open", "localhost:8000")
    assert "sesame" not in served.log.read_text()


def test_mail_that_is_queued_is_sent_by_its_worker(served: Served, post: MailServer) -> None:
    before = len(post.received)
    served.queue_mail()
    wait_for(lambda: post.received[before:])
    assert "To: ada@huume.example" in post.received[-1]
    assert "http://localhost/s3same" in post.received[-1]
    assert "s3same" not in served.log.read_text()


def test_worker_that_is_killed_is_followed_by_another_one(served: Served, post: MailServer) -> None:
    first, before = served.worker(), len(post.received)
    os.kill(first, signal.SIGKILL)
    served.queue_mail()
    wait_for(lambda: post.received[before:])
    assert served.worker() != first
    lines = [line for line in served.log.read_text().splitlines() if "worker" in line]
    said = [json.loads(line)["message"] for line in lines]
    assert "the worker ended with status -9, another one starts in 1 s" in said
    assert [message.split()[0] for message in said].count("Starting") == 2


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_however_it_ends_no_process_of_it_is_left(served: Served, how: signal.Signals) -> None:
    server = Served(served.folder, f"ends-{how.name}")
    try:
        server.wait()
        left = [server.worker(), *wait_for(lambda: children_of(server.process.pid, "gunicorn"))]
        server.process.send_signal(how)
        status = server.process.wait(30)
        assert status == (-signal.SIGKILL if how == signal.SIGKILL else 0)
        assert wait_for(lambda: [all(ended(process) for process in left)])
    finally:
        server.process.kill()
        server.process.wait()


def test_it_ends_with_gunicorn(served: Served) -> None:
    server = Served(served.folder, "without")
    try:
        server.wait()
        worker = server.worker()
        (gunicorn,) = wait_for(lambda: children_of(server.process.pid, "gunicorn"))
        os.kill(gunicorn, signal.SIGKILL)
        assert server.process.wait(30) == 128 + signal.SIGKILL
        assert ended(worker)
    finally:
        server.process.kill()
        server.process.wait()


def test_second_start_finds_all_done_and_sigterm_ends_it_cleanly(served: Served) -> None:
    server = Served(served.folder, "second")
    try:
        server.wait()
        assert server.get("/healthz", "localhost")[0] == 200
        left = [server.worker(), *children_of(server.process.pid, "gunicorn")]
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
        assert [ended(process) for process in left] == [True, True]
        assert "Traceback" not in server.log.read_text()
    finally:
        server.process.kill()
        server.process.wait()
