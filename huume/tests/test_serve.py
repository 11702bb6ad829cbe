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
    """A production server on a socket file of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.socket, self.log = folder / f"{name}.sock", folder / f"{name}.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                SERVE,
                env=environment(folder, BIND=f"unix:{self.socket}", WEB_CONCURRENCY="1"),
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


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("serve"), "first")
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


def test_second_start_finds_all_done_and_sigterm_ends_it_cleanly(served: Served) -> None:
    server = Served(served.folder, "second")
    try:
        server.wait()
        assert server.get("/healthz", "localhost")[0] == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
        assert "Traceback" not in server.log.read_text()
    finally:
        server.process.kill()
        server.process.wait()
