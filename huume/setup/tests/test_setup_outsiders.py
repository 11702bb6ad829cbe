"""Every setup page, tried by everybody without a setup session of that very provider: none gets in, nothing changes."""

from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from huume.setup import urls
from huume.setup.tests.setup_cast import enter_setup, make_link
from huume.testing import ClientFor, TenantClient
from tenants.models import IdentityProvider, ProviderCheck, SetupLink, SetupSession, Tenant

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
# The way in, for whoever holds a link.
DOORS = {"setup", "setup-open", "setup-send-code", "setup-code", "setup-leave"}
BEHIND = {
    "setup-guide",
    "setup-step",
    "setup-print",
    "setup-details",
    "setup-check",
    "setup-check-run",
    "setup-test",
    "setup-live",
}


@pytest.fixture
def provider(acme: Tenant) -> IdentityProvider:
    make_link(acme)
    return IdentityProvider.objects.get(tenant=acme)


def addresses(provider: IdentityProvider) -> Iterator[str]:
    """Of every page behind the door."""
    check = ProviderCheck.objects.create(provider=provider)
    values = {"step": "create", "pk": check.pk}
    for pattern in urls.urlpatterns:
        if pattern.name in BEHIND:
            yield reverse(pattern.name, kwargs={name: values[name] for name in pattern.pattern.converters})


def state() -> list[Any]:
    return [
        list(IdentityProvider.objects.order_by("pk").values_list("pk", "status", "issuer", "client_id", "steps_done")),
        list(ProviderCheck.objects.values_list("started_at", flat=True)),
    ]


def tried(browser: TenantClient, method: str, path: str) -> Any:
    sent = {"client_id": "0oa1", "domain": "evil.example", "client_secret": "s"} if method == "POST" else {}
    return getattr(browser, method.lower())(path, sent) if sent else getattr(browser, method.lower())(path)


def test_every_page_is_named_in_one_of_the_lists() -> None:
    assert {pattern.name for pattern in urls.urlpatterns} == DOORS | BEHIND


@pytest.mark.parametrize("method", METHODS)
def test_who_has_no_session_is_sent_to_the_door(
    acme: Tenant, provider: IdentityProvider, client_for: ClientFor, method: str
) -> None:
    paths = list(addresses(provider))
    before = state()
    for path in paths:
        answer = tried(client_for(acme), method, path)
        assert (answer.status_code, answer["Location"]) == (302, "/setup/"), path
    assert state() == before


@pytest.mark.parametrize("method", METHODS)
def test_a_user_administrators_session_opens_none(
    acme: Tenant, provider: IdentityProvider, client_for: ClientFor, method: str
) -> None:
    person = User.objects.create(name="Alice Reed", email="alice.reed@acme.example")
    paths = list(addresses(provider))
    before = state()
    for path in paths:
        assert tried(client_for(acme, person), method, path)["Location"] == "/setup/", path
    assert state() == before


@pytest.mark.parametrize("method", METHODS)
def test_mallorys_setup_session_is_nothing_at_acme(
    acme: Tenant, globex: Tenant, provider: IdentityProvider, client_for: ClientFor, method: str
) -> None:
    at_home = client_for(globex)
    enter_setup(at_home, globex, email="mallory@globex.example")
    assert at_home.get("/setup/guide/").status_code == 302
    assert at_home.get("/setup/guide/create/").status_code == 200
    paths, before = list(addresses(provider)), state()
    for path in paths:
        stranger = client_for(acme)
        stranger.cookies = SimpleCookie({name: cookie.value for name, cookie in at_home.cookies.items()})
        assert tried(stranger, method, path)["Location"] == "/setup/", path
    assert state() == before


@pytest.mark.parametrize("end", ["revoked", "expired", "suspended"])
def test_a_session_that_ended_opens_none(acme: Tenant, client_for: ClientFor, end: str) -> None:
    browser = client_for(acme)
    link = enter_setup(browser, acme)
    paths = list(addresses(link.provider))
    if end == "revoked":
        SetupLink.objects.filter(pk=link.pk).update(ended_at=timezone.now(), end=SetupLink.End.REVOKED)
    elif end == "expired":
        SetupSession.objects.update(expires_at=timezone.now())
    else:
        Tenant.objects.filter(pk=acme.pk).update(suspended_at=timezone.now())
    for path in paths:
        answer = browser.get(path)
        assert answer.status_code in {302, 403}, path
        assert b"authresp" not in answer.content


def test_a_setup_session_opens_nothing_of_the_portal(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    for path in ("/", "/people/", "/roles/", "/sign-ins/", "/history/", "/profile/"):
        assert browser.get(path)["Location"].startswith("/sign-in/"), path


def test_nothing_is_taken_without_the_token_of_the_form(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme, enforce_csrf_checks=True)
    link = enter_setup(browser, acme)
    paths, before = list(addresses(link.provider)), state()
    for path in [*paths, "/setup/send-code/", "/setup/code/", "/setup/leave/"]:
        assert tried(browser, "POST", path).status_code == 403, path
    assert state() == before


def test_none_of_them_is_on_the_staff_host(staff: Tenant, client_for: ClientFor) -> None:
    browser = client_for(staff)
    for path in ("/setup/", "/setup/guide/", f"/setup/{'x' * 43}/"):
        assert browser.get(path).status_code == 404
