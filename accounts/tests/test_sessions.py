"""Sessions: new at each sign-in, of limited age, good for one tenant, and gone with what they stand on."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts.models import Session, User
from accounts.sessions import SessionStore
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.own_domain import HOST, own_domain, register_at
from huume.testing import (
    ClientFor,
    TenantClient,
    arrive,
    callback,
    configure_okta,
)
from tenants.models import Tenant

__all__ = ["own_domain"]
HOUR = 3600


def is_in(browser: TenantClient) -> bool:
    return bool(browser.get("/").status_code == 200)


def make_older(browser: TenantClient, *, begun: int = 0, idle: int = 0) -> None:
    """The session begun, or last used, so many seconds earlier; its row is kept from expiring by itself."""
    session = browser.session
    session["started"] -= begun
    session["seen"] -= idle
    session.save()
    Session.objects.filter(pk=session.session_key).update(expire_date=timezone.now() + timedelta(days=1))


# A new one at each sign-in.


def test_a_planted_session_key_is_not_kept(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    browser, planted = client_for(acme), "p1anted0p1anted0p1anted0p1anted0"
    browser.cookies["session"] = planted
    assert arrive(browser, okta, "Alice").status_code == 302
    assert browser.cookies["session"].value not in {planted, ""}
    assert not Session.objects.filter(pk=planted).exists()
    browser.cookies["session"] = planted
    assert not is_in(browser)


def test_signing_in_as_another_person_ends_the_earlier_session(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    arrive(browser, okta, "Bob")
    session = browser.session
    session["something of Bob's"] = "left behind"
    session.save()
    bobs = browser.cookies["session"].value

    arrive(browser, okta, "Alice")

    row = Session.objects.get(user__email="alice.reed@acme.example")
    assert Session.objects.count() == 1
    assert row.pk != bobs
    assert "something of Bob's" not in browser.session
    browser.cookies["session"] = bobs
    assert not is_in(browser)


def test_signing_in_again_makes_a_new_key_and_a_new_csrf_token(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    arrive(browser, okta, "Alice")
    browser.get("/")
    before = {name: browser.cookies[name].value for name in ("session", "csrf")}
    arrive(browser, okta, "Alice")
    browser.get("/")
    assert all(browser.cookies[name].value != value for name, value in before.items())
    assert Session.objects.count() == 1


# Limited in age and idleness.


def test_twelve_hours_are_the_longest(acme: Tenant, carol: User, client_for: ClientFor) -> None:
    browser = client_for(acme, carol)
    make_older(browser, begun=12 * HOUR - 60)
    assert is_in(browser)
    make_older(browser, begun=120)
    assert not is_in(browser)


def test_an_hour_is_the_longest_pause(acme: Tenant, carol: User, client_for: ClientFor) -> None:
    browser = client_for(acme, carol)
    make_older(browser, idle=HOUR - 60)
    assert is_in(browser)
    make_older(browser, idle=HOUR + 60)
    assert not is_in(browser)


def test_use_puts_the_pause_off_but_not_the_end(acme: Tenant, carol: User, client_for: ClientFor) -> None:
    browser = client_for(acme, carol)
    for _pause in range(3):
        make_older(browser, begun=HOUR // 2, idle=HOUR // 2)
        assert is_in(browser)
    assert browser.session["seen"] - browser.session["started"] > HOUR


@pytest.mark.parametrize(("session_minutes", "idle_minutes"), [(10, None), (None, 10)])
def test_a_tenant_may_have_shorter_limits(
    acme: Tenant, carol: User, client_for: ClientFor, session_minutes: int | None, idle_minutes: int | None
) -> None:
    acme.session_minutes, acme.idle_minutes = session_minutes, idle_minutes
    acme.save()
    browser = client_for(acme, carol)
    make_older(browser, begun=9 * 60, idle=9 * 60)
    assert is_in(browser)
    make_older(browser, begun=11 * 60, idle=11 * 60)
    assert not is_in(browser)


def test_a_tenant_has_no_longer_limits(acme: Tenant, carol: User, client_for: ClientFor) -> None:
    acme.session_minutes = acme.idle_minutes = 100_000
    acme.save()
    browser = client_for(acme, carol)
    make_older(browser, idle=HOUR + 60)
    assert not is_in(browser)


@pytest.mark.parametrize("idle_minutes", [1, 4])
def test_a_short_pause_is_counted_from_the_last_use(
    acme: Tenant, carol: User, client_for: ClientFor, idle_minutes: int
) -> None:
    acme.idle_minutes = idle_minutes
    acme.save()
    browser = client_for(acme, carol)
    for _use in range(3):
        make_older(browser, idle=idle_minutes * 40)
        assert is_in(browser)


# Good for one tenant.


def test_a_session_of_another_tenant_is_nothing(
    acme: Tenant, globex: Tenant, alice: User, client_for: ClientFor
) -> None:
    elsewhere = client_for(globex)
    elsewhere.cookies = client_for(acme, alice).cookies
    assert not is_in(elsewhere)


def test_a_row_of_another_tenant_is_nothing_either(
    acme: Tenant, globex: Tenant, alice: User, client_for: ClientFor
) -> None:
    here = client_for(acme, alice)
    row = Session.objects.get()
    with tenant_context(globex):
        User.objects.create(pk=alice.pk, name="Somebody Else")
        row.save(force_insert=True)
    elsewhere = client_for(globex)
    elsewhere.cookies = here.cookies
    assert is_in(here)
    assert not is_in(elsewhere)


# Cookies.


def test_cookies_on_localhost(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    arrive(browser, okta, "Alice")
    browser.get("/")
    assert set(browser.cookies) == {"session", "csrf", "attempt"}
    for cookie in browser.cookies.values():
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert (cookie["secure"], cookie["domain"]) == ("", "")


def test_cookies_on_our_own_domain(own_domain: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(own_domain, okta)
    register_at(okta, HOST)
    browser = TenantClient(HOST)
    begun = browser.get("/oidc/okta/start/", secure=True)
    browser.get(callback(okta.authorize(begun["Location"], person="Alice")), secure=True)
    assert browser.get("/", secure=True).status_code == 200
    assert set(browser.cookies) == {"__Host-session", "__Host-csrf", "__Host-attempt"}
    for cookie in browser.cookies.values():
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")


def test_without_tls_nothing_but_a_redirect_on_our_own_domain(own_domain: Tenant) -> None:
    answer = TenantClient(HOST).get("/oidc/okta/start/?next=/x/")
    assert (answer.status_code, answer["Location"]) == (301, f"https://{HOST}/oidc/okta/start/?next=/x/")
    assert not answer.cookies


# None before somebody is signed in.


def test_no_session_before_somebody_is_signed_in(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    for path in ("/", "/sign-in/", "/people/", "/nowhere/", "/oauth2/okta/authresp", "/oidc/okta/initiate/"):
        browser.get(path)
    browser.post("/sign-out/")
    arrive(browser, okta, "Dan")
    okta.break_rule("wrong_nonce")
    assert arrive(browser, okta, "Alice").status_code == 403
    assert not Session.objects.exists()
    assert "session" not in browser.cookies


# What they hold.


def test_the_id_token_is_kept_encrypted(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    okta.style = "rfc9207"
    provider = configure_okta(acme, okta)
    arrive(client_for(acme), okta, "Alice")
    row = Session.objects.get(user__email="alice.reed@acme.example")
    assert (row.provider, row.subject) == (provider.pk, "00uAliceReed00000001")
    assert row.provider_session
    held: dict[str, Any] = SessionStore().decode(row.session_data)
    assert held["id_token"]
    everything = json.dumps([held, *(str(getattr(row, field.attname)) for field in row._meta.fields)])
    assert "eyJ" not in everything
