"""Signing out ends the session here and at the provider, and nothing signs in again by itself."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from accounts.models import Attempt, Session, User
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.fake_provider_cast import FakePerson
from accounts.tests.own_domain import HOST, own_domain, register_at
from huume.crypto import generate_key
from huume.testing import ClientFor, TenantClient, arrive, callback, configure_okta
from tenants.models import IdentityProvider, Tenant

__all__ = ["own_domain"]
SIGNED_OUT_PAGE = "/sign-in/?signed-out"


@pytest.fixture
def browser(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> TenantClient:
    """Carol's, signed in; it sends what a form's hidden field holds or nothing is done."""
    configure_okta(acme, okta)
    browser = client_for(acme, enforce_csrf_checks=True)
    arrive(browser, okta, "Carol")
    return browser


def token_of(browser: TenantClient, path: str = "/") -> str:
    page = browser.get(path).content.decode()
    return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def sign_out(browser: TenantClient, **extra: Any) -> Any:
    token = token_of(browser)
    assert token
    return browser.post("/sign-out/", {"csrfmiddlewaretoken": token}, **extra)


def is_in(browser: TenantClient) -> bool:
    return bool(browser.get("/").status_code == 200)


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
def test_by_post_alone(browser: TenantClient, method: str) -> None:
    answer = getattr(browser, method)("/sign-out/", HTTP_X_CSRFTOKEN=token_of(browser))
    assert answer.status_code == 405
    assert is_in(browser)


@pytest.mark.parametrize("token", [None, "", "x" * 64, "wrong"])
def test_not_without_the_token_of_the_form(browser: TenantClient, token: str | None) -> None:
    token_of(browser)
    answer = browser.post("/sign-out/", {} if token is None else {"csrfmiddlewaretoken": token})
    assert answer.status_code == 403
    assert b"form_expired" in answer.content
    assert is_in(browser)


def test_not_from_another_site(browser: TenantClient) -> None:
    assert sign_out(browser, HTTP_ORIGIN="https://evil.example").status_code == 403
    assert is_in(browser)


def test_somebody_without_a_session_is_shown_the_way_in(acme: Tenant, client_for: ClientFor) -> None:
    assert client_for(acme).post("/sign-out/")["Location"].startswith("/sign-in/")


def test_the_session_ends_here_and_at_the_provider(browser: TenantClient, okta: FakeProvider) -> None:
    before = browser.cookies["session"].value

    there = sign_out(browser)["Location"]

    assert not Session.objects.exists()
    browser.cookies["session"] = before
    assert not is_in(browser)
    assert there.startswith(f"{okta.issuer}/oauth2/v1/logout?")
    sent = parse_qs(urlsplit(there).query)
    assert sent["post_logout_redirect_uri"] == ["http://acme.localhost:8000"]
    assert sent["state"] == ["signed-out"]
    assert sent["id_token_hint"][0].count(".") == 2
    assert sent["client_id"] == ["acme-client"]


def test_the_provider_sends_the_browser_back_to_a_page_that_waits(browser: TenantClient, okta: FakeProvider) -> None:
    back = requests.get(sign_out(browser)["Location"], allow_redirects=False, timeout=5)
    assert (back.status_code, back.headers["Location"]) == (302, "http://acme.localhost:8000?state=signed-out")
    Attempt.objects.all().delete()

    page = browser.get("/?state=signed-out", follow=True)

    assert page.status_code == 200
    assert "You are signed out" in page.content.decode()
    assert b'/oidc/okta/start/?next=%2F"' in page.content
    assert b"http-equiv" not in page.content.lower()
    assert not Attempt.objects.exists(), "nothing has begun by itself"


def test_whoever_is_signed_in_is_not_told_otherwise(browser: TenantClient) -> None:
    page = browser.get("/?state=signed-out")
    assert page.status_code == 200
    assert "You are signed out" not in page.content.decode()


def test_somebody_else_may_sign_in_afterwards(browser: TenantClient, okta: FakeProvider) -> None:
    sign_out(browser)
    assert arrive(browser, okta, "Alice").status_code == 302
    assert b"alice.reed@acme.example" in browser.get("/").content


def test_a_provider_without_a_sign_out_of_its_own(browser: TenantClient) -> None:
    provider = IdentityProvider.objects.get()
    provider.metadata_document = {
        name: value for name, value in provider.metadata_document.items() if name != "end_session_endpoint"
    }
    provider.save()
    assert sign_out(browser)["Location"] == SIGNED_OUT_PAGE
    assert "You are signed out" in browser.get(SIGNED_OUT_PAGE).content.decode()
    assert not Session.objects.exists()


def test_a_lost_encryption_key_keeps_nobody_in(browser: TenantClient, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [generate_key()]
    assert sign_out(browser)["Location"] == SIGNED_OUT_PAGE
    assert not Session.objects.exists()


def test_an_id_token_too_long_for_an_address_keeps_nobody_in(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    okta.thin = False
    okta.add_person(FakePerson("00uCarol", "C" * 8000, "Marsh", "carol.marsh@acme.example"))
    browser = client_for(acme, enforce_csrf_checks=True)
    assert arrive(browser, okta, "00uCarol").status_code == 302
    assert sign_out(browser)["Location"] == SIGNED_OUT_PAGE
    assert not Session.objects.exists()


def test_a_sign_out_page_on_an_origin_that_the_form_may_not_lead_to(browser: TenantClient) -> None:
    """The browser would not follow, and the person would take the page that stays for being signed in still."""
    provider = IdentityProvider.objects.get()
    provider.metadata_document = provider.metadata_document | {"end_session_endpoint": "https://other.example/logout"}
    provider.save()
    assert sign_out(browser)["Location"] == SIGNED_OUT_PAGE


@pytest.mark.parametrize("end", ["disable", "delete"])
def test_a_provider_that_has_gone_meanwhile(browser: TenantClient, end: str) -> None:
    token = token_of(browser)
    getattr(IdentityProvider.objects.get(), end)()
    answer = browser.post("/sign-out/", {"csrfmiddlewaretoken": token})
    assert answer["Location"].startswith("/sign-in/")
    assert not Session.objects.exists()


def test_a_row_of_a_provider_that_is_not_there(browser: TenantClient) -> None:
    """As where the row went without the product: the session is there, its provider is not."""
    token = token_of(browser)
    IdentityProvider.objects.all()._raw_delete("default")  # no signals, as by hand
    assert browser.post("/sign-out/", {"csrfmiddlewaretoken": token})["Location"] == SIGNED_OUT_PAGE
    assert not Session.objects.exists()


def form_action(answer: Any) -> set[str]:
    policy = {part.split()[0]: set(part.split()[1:]) for part in answer["Content-Security-Policy"].split(";")}
    return policy["form-action"]


def test_every_page_with_the_form_lets_it_lead_to_the_provider(browser: TenantClient, okta: FakeProvider) -> None:
    for path in ("/", "/profile/", "/people/"):
        answer = browser.get(path)
        assert b'action="/sign-out/"' in answer.content
        assert form_action(answer) == {"'self'", okta.issuer}
    User.objects.get().groups.set([])
    assert b"Waiting for access" in browser.get("/").content
    assert form_action(browser.get("/")) == {"'self'", okta.issuer}


def test_a_page_for_anybody_lets_forms_lead_nowhere(acme: Tenant, client_for: ClientFor) -> None:
    assert form_action(client_for(acme).get("/sign-in/")) == {"'self'"}


def test_on_our_own_domain_the_address_is_https_without_a_slash(own_domain: Tenant, okta: FakeProvider) -> None:
    configure_okta(own_domain, okta)
    register_at(okta, HOST)
    browser = TenantClient(HOST)
    begun = browser.get("/oidc/okta/start/", secure=True)
    browser.get(callback(okta.authorize(begun["Location"], person="Carol")), secure=True)
    there = browser.post("/sign-out/", secure=True)["Location"]
    assert parse_qs(urlsplit(there).query)["post_logout_redirect_uri"] == [f"https://{HOST}"]
    back = requests.get(there, allow_redirects=False, timeout=5)
    assert back.headers["Location"] == f"https://{HOST}?state=signed-out"
