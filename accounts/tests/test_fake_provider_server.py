"""The demo directory's server misbehaves on the wire as told, counts what it is asked, and runs alone."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from accounts.tests.fake_provider import FakeProvider
from accounts.tests.fake_provider_app import MYACCOUNT, VERSION, App

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def running() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        yield provider


@pytest.fixture
def app(running: FakeProvider) -> Iterator[App]:
    app = App(running)
    yield app
    app.close()


def raw_answer(app: App, seconds: float) -> bytes:
    """What of an answer has arrived after so many seconds, over a connection that is closed then."""
    url = urlsplit(app.provider.address)
    arrived = b""
    with socket.create_connection((url.hostname, url.port), timeout=5) as line:
        line.sendall(b"GET /oauth2/v1/keys HTTP/1.1\r\nHost: localhost\r\n\r\n")
        end = time.monotonic() + seconds
        while select.select([line], [], [], max(0, end - time.monotonic()))[0] and (data := line.recv(1)):
            arrived += data
    return arrived


def test_hanging_endpoint_says_nothing_until_mended(app: App) -> None:
    app.provider.break_rule("jwks", "hang")
    assert raw_answer(app, 0.2) == b""
    assert [call.status for call in app.provider.calls_to("jwks")] == [0]
    app.provider.mend()
    assert b"200 OK" in raw_answer(app, 0.2)


@pytest.mark.parametrize(("mode", "has_begun_its_body"), [("drip", True), ("drip_headers", False)])
def test_dripping_endpoint_sends_a_little_and_does_not_end(app: App, mode: str, has_begun_its_body: bool) -> None:
    app.provider.break_rule("jwks", mode)
    arrived = raw_answer(app, 0.3)
    assert 0 < len(arrived) < 200
    assert (b"\r\n\r\n{" in arrived) is has_begun_its_body


@pytest.mark.parametrize("mode", ["close", "truncated"])
def test_connection_ends_too_early(app: App, mode: str) -> None:
    app.provider.break_rule("userinfo", mode)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        app.get("/oauth2/v1/userinfo")


@pytest.mark.parametrize("mode", ["html", "deep", "empty", "bad_utf8"])
def test_answer_is_no_json_to_speak_of(app: App, mode: str) -> None:
    app.provider.break_rule("jwks", mode)
    answer = app.get("/oauth2/v1/keys")
    assert answer.status_code == 200
    with pytest.raises((ValueError, RecursionError)):
        json.loads(answer.content)


@pytest.mark.parametrize("mode", ["huge", "bomb"])
def test_answer_is_valid_but_ten_megabytes(app: App, mode: str) -> None:
    app.provider.break_rule("discovery", mode)
    answer = app.get("/.well-known/openid-configuration")
    assert len(answer.content) > 10_000_000
    assert (int(answer.headers["Content-Length"]) < 20_000) is (mode == "bomb")


def test_statuses_and_redirect(app: App) -> None:
    app.provider.break_rule("token", "status503")
    assert app.exchange("any").status_code == 503
    app.provider.break_rule("userinfo", "redirect_loopback")
    assert app.get("/oauth2/v1/userinfo").headers["Location"] == f"{app.provider.address}/redirected"


def test_one_myaccount_resource_can_fail_alone(app: App) -> None:
    token = app.tokens(scope=f"openid {MYACCOUNT}")["access_token"]
    app.provider.break_rule("myaccount/phones", "status500")
    assert app.get("/idp/myaccount/phones", token, **VERSION).status_code == 500
    assert app.get("/idp/myaccount/emails", token, **VERSION).status_code == 200


def test_slow_answer_is_the_right_one(app: App) -> None:
    app.provider.break_rule("jwks", "slow:0.25")
    with pytest.raises(requests.Timeout):
        requests.get(f"{app.provider.issuer}/oauth2/v1/keys", timeout=0.1)
    assert app.get("/oauth2/v1/keys").json()["keys"]


def test_calls_and_connections_are_counted(app: App) -> None:
    for _ in range(2):
        app.get("/oauth2/v1/keys")
    requests.get(f"{app.provider.issuer}/oauth2/v1/keys?again=yes", timeout=5)
    first, second, third = app.provider.calls_to("jwks")
    assert first.connection == second.connection != third.connection
    assert (third.method, third.path, third.status, third.query) == ("GET", "/oauth2/v1/keys", 200, {"again": "yes"})


def test_stopped_provider_is_gone_and_comes_back_at_the_same_address() -> None:
    provider = FakeProvider().start()
    app = App(provider)
    app.get("/oauth2/v1/keys")
    provider.stop()
    with pytest.raises(requests.ConnectionError):
        app.get("/oauth2/v1/keys")
    address = provider.address
    with provider:
        assert provider.address == address
        assert app.get("/oauth2/v1/keys").status_code == 200
    app.close()


def run_alone(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "accounts.tests.fake_provider", *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_runs_alone_until_it_is_told_to_stop(tmp_path: Path) -> None:
    config = tmp_path / "people.json"
    person = {"subject": "00u1", "given_name": "Erin", "family_name": "Holt", "email": "erin@acme.example"}
    client = {"client_id": "c", "secrets": ["s"], "redirect_uris": ["http://localhost/"], "granted_scopes": []}
    config.write_text(json.dumps({"people": [person], "clients": [client], "style": "rfc9207"}))
    with run_alone("--port", "0", "--host", "127.0.0.1", "--config", str(config)) as process:
        assert process.stdout
        word, address = process.stdout.readline().split()
        metadata = requests.get(f"{address}/.well-known/openid-configuration", timeout=5).json()
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(5) == 0
    assert (word, metadata["issuer"]) == ("ready", address)


def test_port_in_use_is_one_clear_sentence(app: App) -> None:
    port = str(urlsplit(app.provider.address).port)
    with run_alone("--port", port) as process:
        _, complaint = process.communicate(timeout=10)
    assert process.returncode == 1
    assert complaint == f"Port {port} is in use: stop the program that has it, or choose another with --port.\n"


def test_config_that_makes_no_sense_is_one_clear_sentence(tmp_path: Path) -> None:
    config = tmp_path / "people.json"
    config.write_text('{"people": [{"subjekt": "x"}]}')
    with run_alone("--port", "0", "--config", str(config)) as process:
        _, complaint = process.communicate(timeout=10)
    assert process.returncode == 1
    assert complaint.startswith(f"{config} does not describe a provider:")
    assert complaint.count("\n") == 1
