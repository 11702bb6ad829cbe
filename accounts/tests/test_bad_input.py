"""What nobody sends by mistake, at every address of the way in: an answer in words, and never a crash."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import FakePayload

from accounts.models import Attempt, Session, SignIn
from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, callback, configure_okta
from tenants.models import Tenant

PATHS = ("/", "/sign-in/", "/oidc/okta/start/", "/oidc/okta/initiate/", "/oauth2/okta/authresp", "/sign-out/")
NAMES = ("next", "prompt", "iss", "login_hint", "target_link_uri", "state", "code", "error", "error_description")
ODD = {
    "long": "a" * 10_000,
    "NUL": "a\x00b",
    "line breaks": "a\r\nSet-Cookie: session=x\r\n\r\n",
    "marks of direction": "\u202egnp.ecila",
    "replacement": "\ufffd",
    "outside the first plane": "\U0001f512" * 500,
    "percent signs": "%" * 3000,
    "markup": "<script>alert(1)</script>",
}


def is_answered_in_words(answer: Any) -> bool:
    assert answer.status_code in {200, 302, 400, 403, 404, 405, 413}, answer.status_code
    assert b"<script>alert" not in answer.content
    return True


@pytest.mark.parametrize("value", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("path", PATHS)
def test_odd_parameters(acme: Tenant, okta: FakeProvider, client_for: ClientFor, path: str, value: str) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    issuer = {"iss": okta.issuer} if "initiate" in path else {}
    assert is_answered_in_words(browser.get(path, dict.fromkeys(NAMES, value) | issuer))
    assert is_answered_in_words(browser.post(path, dict.fromkeys(NAMES, value) | issuer))
    assert is_answered_in_words(browser.get(path, {value: [value, value]}))
    assert not Session.objects.exists()


@pytest.mark.parametrize("value", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("name", ["state", "code", "iss", "error"])
def test_an_odd_part_of_a_true_answer(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, name: str, value: str
) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    back = callback(okta.authorize(browser.get("/oidc/okta/start/")["Location"], person="Alice"))
    path, _mark, query = back.partition("?")
    parts = dict(part.split("=", 1) for part in query.split("&")) | {name: value}
    answer = browser.get(path, parts)
    assert answer.status_code in {400, 403, 502}
    assert is_answered_in_words(answer) if answer.status_code != 502 else name == "code"
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "query", ["next=%00", "next=%ff%fe", "%00=%00", "next=%", "state=%c0%af", "&&&=&=", "a" * 8000]
)
@pytest.mark.parametrize("path", PATHS)
def test_queries_that_no_browser_makes(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, path: str, query: str
) -> None:
    configure_okta(acme, okta)
    assert is_answered_in_words(client_for(acme).get(f"{path}?{query}"))


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "a" * 10_000,
        "\u00e9\u00e9",
        '"\\012\\015"',
        '"\\000"',
        "a;b",
        "x" * 43 + "\\",
        "../../etc",
        "'" * 43,
        "x" * 42,
    ],
)
def test_a_browser_key_that_is_not_of_our_making_is_not_kept(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, cookie: str
) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme, HTTP_COOKIE=f"attempt={cookie}; session={cookie}; csrf={cookie}")
    begun = browser.get("/oidc/okta/start/")
    assert begun.status_code == 302
    key = begun.cookies["attempt"].value
    assert len(key) == 43
    assert key != cookie
    back = callback(okta.authorize(begun["Location"], person="Alice"))
    assert browser.get(back, HTTP_COOKIE=f"attempt={cookie}").status_code == 400
    assert client_for(acme, HTTP_COOKIE=f"attempt={key}").get(back).status_code == 302


def test_the_key_of_a_browser_stays_for_its_other_tabs(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    keys = {browser.get("/oidc/okta/start/").cookies["attempt"].value for _tab in range(2)}
    assert len(keys) == 1


@pytest.mark.parametrize(
    "agent", ["a" * 10_000, "x\u202ey", "x\x00y", "\xff\xfe", "<script>alert(1)</script>", "one\r\ntwo"]
)
def test_an_odd_browser_is_written_down_in_one_clean_line(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, agent: str
) -> None:
    configure_okta(acme, okta)
    assert client_for(acme, HTTP_USER_AGENT=agent).get("/oidc/okta/start/").status_code == 302
    written = SignIn.objects.get().user_agent
    assert len(written) <= 300
    assert written.isprintable()


@pytest.mark.parametrize("path", [*PATHS, "/nowhere/", "/people/1/"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_two_megabytes_are_refused_unread(acme: Tenant, client_for: ClientFor, path: str, kind: str) -> None:
    body = FakePayload(b"a" * 2 * 1024 * 1024)
    sent: dict[str, Any] = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body)), "wsgi.input": body}
    answer = client_for(acme, enforce_csrf_checks=True).post(path, **sent)
    assert answer.status_code == 413
    assert b"too_large" in answer.content
    assert not body.read_started


def test_a_file_of_two_megabytes_is_refused(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    """Django bounds the fields of a form and not its files, which would go to the disk."""
    configure_okta(acme, okta)
    file = SimpleUploadedFile("large", b"a" * 2 * 1024 * 1024)
    answer = client_for(acme).post("/oidc/okta/initiate/", {"iss": okta.issuer, "file": file})
    assert answer.status_code == 413
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "\u0663", "9" * 5000], ids=range(5))
def test_a_length_that_is_none_is_not_believed(acme: Tenant, client_for: ClientFor, length: str) -> None:
    answer = client_for(acme).post("/oidc/okta/initiate/", CONTENT_LENGTH=length)
    assert answer.status_code in {400, 404, 413}


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "application/x-www-form-urlencoded; charset=no"]
)
def test_a_form_that_cannot_be_read_is_refused(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, kind: str
) -> None:
    configure_okta(acme, okta)
    answer = client_for(acme).generic("POST", "/oidc/okta/initiate/", b"iss=x\x00\xff&&=", content_type=kind)
    assert answer.status_code == 400
    assert b"<h1" in answer.content
