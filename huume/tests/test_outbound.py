"""What the client to the outside world refuses, and what it lets through."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from huume.outbound import Client, Deadline, OutboundError, shared_client
from huume.tests.hostile_server import HostileServer


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture
def own_server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client(allow_local=True)
    yield made
    made.close()


@pytest.fixture
def hasty() -> Iterator[Client]:
    made = Client(allow_local=True, total_timeout=0.3)
    yield made
    made.close()


def refusal(client: Client, url: str, deadline: Deadline | None = None) -> OutboundError:
    with pytest.raises(OutboundError) as caught:
        client.get(url, deadline=deadline)
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "", "acme.okta.com", "http://acme.okta.com/", "ftp://acme.okta.com/", "file:///etc/passwd", "https://",
        "https:///x", "https://acme.okta.com:8443/", "https://acme.okta.com:99999/", "https://acme.okta.com:x/",
        "https://me@acme.okta.com/", "https://acme.okta.com@127.0.0.1/", "https://acme.okta.com\\@127.0.0.1/",
        "https://acme.okta.com/#x", "https://acme.okta.com/\r\nX: y", "https://acme.okta.com/a b", "https://[::1/",
        "https://ac%6de.okta.com/", "https://äcme.okta.com/", "https://acme.okta.com/" + "x" * 9000,
    ],
)  # fmt: skip
def test_an_address_that_must_not_be_called_is_refused(url: str) -> None:
    assert refusal(Client(), url).reason == "bad_url"


@pytest.mark.parametrize("path", ["/hang", "/drip-status", "/drip-headers", "/drip-body", "/drip-chunks"])
def test_a_slow_answer_is_cut_at_the_total_limit(hasty: Client, server: HostileServer, path: str) -> None:
    assert refusal(hasty, server.url + path).reason == "too_late"


@pytest.mark.parametrize("path", ["/hang", "/drip-headers", "/drip-body"])
def test_a_slow_answer_is_cut_at_the_deadline_of_the_request(client: Client, server: HostileServer, path: str) -> None:
    assert refusal(client, server.url + path, Deadline(0.2)).reason == "too_late"


def test_no_call_is_made_after_the_deadline(client: Client, own_server: HostileServer) -> None:
    assert refusal(client, own_server.url + "/ok", Deadline(0)).reason == "too_late"
    assert own_server.connections == 0


@pytest.mark.parametrize("path", ["/large", "/bomb"])
def test_a_large_answer_is_cut(client: Client, server: HostileServer, path: str) -> None:
    assert refusal(client, server.url + path).reason == "too_large"


def test_an_answer_of_just_the_limit_is_read(server: HostileServer) -> None:
    body = b'{"ok": true}'
    client = Client(allow_local=True, max_bytes=len(body))
    assert client.get(server.url + "/ok").body == body
    client.close()


def test_a_redirect_is_not_followed(client: Client, own_server: HostileServer) -> None:
    assert refusal(client, own_server.url + "/redirect").reason == "redirect"
    assert [path for _, path, _, _ in own_server.requests] == ["/redirect"]


def test_a_redirect_that_is_asked_for_is_an_answer_and_not_followed(client: Client, own_server: HostileServer) -> None:
    answer = client.get(own_server.url + "/redirect", redirects="answer")
    assert (answer.status, answer.headers["Location"]) == (302, "/ok")
    assert [path for _, path, _, _ in own_server.requests] == ["/redirect"]


def test_other_answers_are_as_ever_where_redirects_are_asked_for(client: Client, server: HostileServer) -> None:
    assert client.get(server.url + "/ok", redirects="answer").json() == {"ok": True}


@pytest.mark.parametrize("path", ["/hang-up", "/cut-short", "/not-http", "/broken-gzip"])
def test_a_broken_answer_is_unreachable(client: Client, server: HostileServer, path: str) -> None:
    assert refusal(client, server.url + path).reason == "unreachable"


@pytest.mark.parametrize(
    "path",
    ["/html", "/html-as-json", "/list", "/nan", "/infinite", "/huge-number", "/surrogate", "/nested", "/not-utf-8"],
)
def test_what_is_not_a_json_object_is_refused(client: Client, server: HostileServer, path: str) -> None:
    with pytest.raises(OutboundError) as caught:
        client.get_json(server.url + path)
    assert caught.value.reason == "not_json"


def test_an_object_is_not_a_list(client: Client, server: HostileServer) -> None:
    with pytest.raises(OutboundError) as caught:
        client.get(server.url + "/ok").json_list()
    assert caught.value.reason == "not_json"


def test_get_json_wants_status_200(client: Client, server: HostileServer) -> None:
    with pytest.raises(OutboundError) as caught:
        client.get_json(server.url + "/error")
    assert caught.value.reason == "status"


def test_a_header_that_would_split_the_request_is_refused(client: Client, own_server: HostileServer) -> None:
    with pytest.raises(OutboundError):
        client.get(own_server.url + "/ok", headers={"Authorization": "Bearer a\r\nX-Other: b"})
    assert own_server.connections == 0


def test_a_refusal_names_the_host_but_neither_path_nor_query(client: Client, server: HostileServer) -> None:
    error = refusal(client, server.url + "/hang-up?code=secret")
    assert "127.0.0.1" in str(error)
    assert "secret" not in str(error)
    assert "hang-up" not in str(error)


def test_a_status_that_is_an_error_is_an_answer(client: Client, server: HostileServer) -> None:
    answer = client.post_form(server.url + "/unauthorized", {"code": "x"})
    assert (answer.status, answer.json()) == (401, {"error": "invalid_client"})


def test_headers_are_read_in_any_case(client: Client, server: HostileServer) -> None:
    assert client.get(server.url + "/ok").headers["content-TYPE"] == "application/json"


@pytest.mark.parametrize(
    ("path", "value"),
    [("/gzip", {"ok": True}), ("/jwks", {"keys": []}), ("/twice", {"a": 2}), ("/emoji", {"name": "\N{GRINNING FACE}"})],
)
def test_json_in_its_other_forms_is_read(client: Client, server: HostileServer, path: str, value: object) -> None:
    assert client.get_json(server.url + path) == value


def test_a_form_is_sent_with_client_credentials(client: Client, own_server: HostileServer) -> None:
    client.post_form(own_server.url + "/ok?x=1", {"code": "a b&c"}, auth=("id-1_2~.", "s:ä"))
    method, path, headers, body = own_server.requests[0]
    assert (method, path, body) == ("POST", "/ok?x=1", b"code=a+b%26c")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"id-1_2~.:s%3A%C3%A4"


def test_path_and_query_are_sent_as_written(client: Client, own_server: HostileServer) -> None:
    client.get(own_server.url + "/a/../b//c?x=%7E&y")
    assert own_server.requests[0][1] == "/a/../b//c?x=%7E&y"


def test_only_gzip_is_asked_for_and_huume_named(client: Client, own_server: HostileServer) -> None:
    client.get(own_server.url + "/ok", headers={"Accept": "text/plain"})
    headers = own_server.requests[0][2]
    assert (headers["Accept-Encoding"], headers["User-Agent"], headers["Accept"]) == ("gzip", "Huume", "text/plain")


def test_cookies_are_not_kept(client: Client, server: HostileServer) -> None:
    client.get(server.url + "/cookie")
    assert client.get_json(server.url + "/cookie") == {"cookie": None}


def test_a_proxy_of_the_environment_is_not_used(
    client: Client, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client.get(server.url + "/ok").status == 200


def test_calls_share_one_connection_across_threads(client: Client, own_server: HostileServer) -> None:
    for path in ("/ok", "/gzip", "/unauthorized", "/list", "/ok"):
        thread = threading.Thread(target=client.get, args=(own_server.url + path,))
        thread.start()
        thread.join()
    assert (own_server.connections, len(own_server.requests)) == (1, 5)


def test_calls_of_many_threads_at_once_get_their_own_answers(client: Client, own_server: HostileServer) -> None:
    own_server.documents = {f"/{number}": {"number": number} for number in range(40)}
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: client.get_json(f"{own_server.url}/{number}"), range(40)))
    assert answers == list(own_server.documents.values())
    assert own_server.connections <= 8


def test_a_refused_answer_does_not_leave_its_rest_to_the_next_call(hasty: Client, server: HostileServer) -> None:
    refusal(hasty, server.url + "/redirect")
    refusal(hasty, server.url + "/large")
    assert hasty.get_json(server.url + "/ok") == {"ok": True}


def test_a_kept_connection_that_dies_when_used_is_replaced_for_get(client: Client, own_server: HostileServer) -> None:
    client.get(own_server.url + "/close-when-used-again")
    assert client.get_json(own_server.url + "/ok") == {"ok": True}
    assert own_server.connections == 2


def test_a_form_is_never_sent_twice(client: Client, own_server: HostileServer) -> None:
    client.get(own_server.url + "/close-when-used-again")
    with pytest.raises(OutboundError) as caught:
        client.post_form(own_server.url + "/ok", {"code": "x"})
    assert caught.value.reason == "unreachable"
    assert own_server.connections == 1


def test_a_form_goes_over_a_new_connection_where_the_kept_one_was_closed(
    client: Client, own_server: HostileServer
) -> None:
    client.get(own_server.url + "/unannounced-close")
    assert own_server.closed.wait(5)
    assert client.post_form(own_server.url + "/ok", {"code": "x"}).json() == {"ok": True}
    assert own_server.connections == 2


def test_a_get_is_tried_twice_at_most(client: Client, own_server: HostileServer) -> None:
    refusal(client, own_server.url + "/hang-up")
    assert len(own_server.requests) == 2


def test_the_client_of_a_process_is_one() -> None:
    assert shared_client(allow_local=True) is shared_client(allow_local=True)
    assert shared_client(allow_local=True) is not shared_client(allow_local=False)


def test_a_forked_child_makes_a_client_of_its_own() -> None:
    before = shared_client(allow_local=True)
    child = os.fork()
    if child == 0:
        os._exit(0 if shared_client(allow_local=True) is not before else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
