"""Signing in from the provider's side, as by the tile on Okta's dashboard (OpenID Connect Core 4)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.models import Attempt, SignIn, User
from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, callback, configure_okta, sign_in
from tenants.models import Tenant

PATH = "/oidc/okta/initiate/"
HOME = "http://acme.localhost:8000"


def sent_to(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 302, answer.content
    return parse_qs(urlsplit(answer["Location"]).query)


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        "https://evil.example",
        "//",
        "{issuer}.evil.example",
        "{issuer}/oauth2/default",
        "{issuer}\x00",
        "x" * 10_000,
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_issuer_is_refused_and_begins_nothing(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, issuer: str, method: str
) -> None:
    configure_okta(acme, okta)
    answer = getattr(client_for(acme), method)(PATH, {"iss": issuer.format(issuer=okta.issuer)})
    assert answer.status_code == 400
    assert b"initiate_other_issuer" in answer.content
    assert b"evil" not in answer.content
    assert not Attempt.objects.exists()
    assert not SignIn.objects.exists()


def test_the_issuer_of_another_provider_of_the_tenant_is_refused(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    with FakeProvider() as second:
        configure_okta(acme, second, slug="northside")
        assert client_for(acme).get(PATH, {"iss": second.issuer}).status_code == 400
        assert client_for(acme).get("/oidc/northside/initiate/", {"iss": second.issuer}).status_code == 302


def test_no_issuer_is_refused(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    assert client_for(acme).get(PATH).status_code == 400
    assert client_for(acme).post(f"{PATH}?iss={okta.issuer}").status_code == 400


def test_a_disabled_provider_is_not_begun_with(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta).disable()
    answer = client_for(acme).get(PATH, {"iss": okta.issuer})
    assert answer.status_code == 403
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "head"])
def test_other_methods_are_not_for_it(acme: Tenant, okta: FakeProvider, client_for: ClientFor, method: str) -> None:
    configure_okta(acme, okta)
    assert getattr(client_for(acme, enforce_csrf_checks=True), method)(PATH).status_code == 405
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("ending", ["", "/"])
def test_the_tile_begins_a_sign_in_without_any_token_of_ours(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, method: str, ending: str
) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme, enforce_csrf_checks=True)
    headers = {"HTTP_ORIGIN": okta.issuer, "HTTP_SEC_FETCH_SITE": "cross-site"}
    begun = getattr(browser, method)(PATH, {"iss": okta.issuer + ending}, **headers)
    assert begun["Location"].startswith(f"{okta.issuer}/oauth2/v1/authorize?")
    back = browser.get(callback(okta.authorize(begun["Location"], person="Alice")))
    assert (back.status_code, back["Location"]) == (302, "/")
    assert User.objects.get().email == "alice.reed@acme.example"


def test_the_login_hint_is_passed_on(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    sent = sent_to(client_for(acme).get(PATH, {"iss": okta.issuer, "login_hint": "alice+x@acme.example&prompt=none"}))
    assert sent["login_hint"] == ["alice+x@acme.example&prompt=none"]
    assert "prompt" not in sent


@pytest.mark.parametrize("hint", ["a" * 10_000, "\x00\r\nX: y", "\u202e" * 300, "\U0001f512" * 300, " "])
def test_an_odd_login_hint_is_cut_and_cleaned(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, hint: str
) -> None:
    configure_okta(acme, okta)
    answer = client_for(acme).post(PATH, {"iss": okta.issuer, "login_hint": hint})
    (passed_on,) = sent_to(answer).get("login_hint", [""])
    assert len(passed_on) <= 254
    assert passed_on == "" or passed_on.isprintable()
    assert len(answer["Location"]) < 8000


@pytest.mark.parametrize(
    ("target", "landing"),
    [
        ("/people/?q=1", "/people/?q=1"),
        (f"{HOME}/people/?q=1", "/people/?q=1"),
        (f"{HOME}/", "/"),
        (HOME, "/"),
        ("", "/"),
        (f"{HOME}//evil.example/", "/"),
        (f"{HOME}@evil.example/", "/"),
        (f"{HOME}.evil.example/", "/"),
        ("http://acme.localhost:80000/people/", "/"),
        ("http://acme.localhost/people/", "/"),
        ("https://acme.localhost:8000/people/", "/"),
        ("http://globex.localhost:8000/people/", "/"),
        ("https://evil.example/people/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        (f"{HOME}/\\evil.example", "/"),
        (f"{HOME}/" + "a" * 10_000, "/"),
    ],
)
def test_the_target_is_a_page_of_this_very_host(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, target: str, landing: str
) -> None:
    configure_okta(acme, okta)
    assert client_for(acme).get(PATH, {"iss": okta.issuer, "target_link_uri": target}).status_code == 302
    assert Attempt.objects.get().next_path == landing


def test_a_tile_begins_afresh_even_with_a_session(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    user = User.objects.create(email="carol.marsh@acme.example")
    sign_in(browser, acme, user)
    states = {sent_to(browser.get(PATH, {"iss": okta.issuer}))["state"][0] for _twice in range(2)}
    assert len(states) == 2
    assert Attempt.objects.count() == 2
    assert browser.get("/").status_code == 200, "beginning ends no session"


def test_another_site_cannot_sign_a_browser_in_as_somebody_else(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    """It may begin a sign-in, but the answer to its own one is worth nothing in a browser that it did not begin in."""
    configure_okta(acme, okta)
    attacker, victim = client_for(acme), client_for(acme)
    begun = attacker.get(PATH, {"iss": okta.issuer})
    victim.get(PATH, {"iss": okta.issuer})
    answer = victim.get(callback(okta.authorize(begun["Location"], person="Mallory")))
    assert answer.status_code == 400
    assert not User.objects.exists()


def test_a_refusal_without_a_record_carries_a_reference_to_the_log(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    answer = client_for(acme).get("/oidc/okta/initiate/", {"iss": "https://elsewhere.example"})
    assert answer.status_code == 400
    assert f'class="reference">{answer["X-Request-Id"]}<' in answer.content.decode()
