"""The emergency link: good once, for fifteen minutes, at its tenant, by its button; and the hour that it gives."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts.models import Role, Session, SignIn, User
from accounts.tests.emergency_cast import PAGE, REASON, Outage, approved, enter, follow, outage
from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, TenantClient
from tenants.models import EmergencyAccess, Tenant

COOKIE = "emergency"


@pytest.fixture
def there(acme: Tenant, okta: FakeProvider) -> Outage:
    return outage(acme, okta)


@pytest.fixture
def token(there: Outage) -> str:
    return approved(there)[1]


@pytest.fixture
def browser(there: Outage, client_for: ClientFor) -> TenantClient:
    return client_for(there.tenant)


def assert_dead(browser: TenantClient, token: str) -> str:
    """By page and by button alike; gives the page's text."""
    shown, pressed = follow(browser, token).get(PAGE), browser.post(PAGE)
    assert (shown.status_code, pressed.status_code) == (404, 404)
    assert not Session.objects.exists()
    text = re.sub(r"<[^>]+>|\s+", " ", shown.content.decode())
    assert "Alice" not in text
    assert REASON not in text
    return text


def change(**values: Any) -> None:
    EmergencyAccess.objects.update(**values)


# Refused.


def test_a_second_click_finds_nothing(there: Outage, token: str, client_for: ClientFor) -> None:
    browser = enter(client_for(there.tenant), token)
    assert follow(browser, token).post(PAGE).status_code == 404
    assert follow(client_for(there.tenant), token).post(PAGE).status_code == 404
    assert Session.objects.count() == 1
    assert browser.get("/profile/").status_code == 200


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(minutes=-1), timedelta(days=-1)])
def test_not_once_it_has_run_out(browser: TenantClient, token: str, lifetime: timedelta) -> None:
    change(expires_at=timezone.now() + lifetime)
    assert_dead(browser, token)


def test_not_without_an_approval(browser: TenantClient, token: str) -> None:
    change(approved=False)
    assert_dead(browser, token)


@pytest.mark.parametrize("token", ["x" * 43, "x", "..", "\u202e", "%00", "x" * 5000])
def test_guessed_ones_are_answered_like_dead_ones(there: Outage, client_for: ClientFor, token: str) -> None:
    used = approved(there)[1]
    change(used_at=timezone.now())
    assert assert_dead(client_for(there.tenant), token) == assert_dead(client_for(there.tenant), used)


def test_no_cookie_no_way_in(browser: TenantClient, token: str) -> None:
    assert browser.get(PAGE).status_code == browser.post(PAGE).status_code == 404


def suspended_person(there: Outage) -> None:
    User.objects.filter(pk=there.alice.pk).update(is_active=False)


def no_administrator_any_more(there: Outage) -> None:
    there.alice.groups.set(Role.objects.filter(name="Staff"))


def deleted_person(there: Outage) -> None:
    SignIn.objects.filter(user=there.alice).update(user=None)
    there.alice.delete()


@pytest.mark.parametrize("meanwhile", [suspended_person, no_administrator_any_more, deleted_person])
def test_not_for_a_person_who_may_not_any_more(
    there: Outage, browser: TenantClient, token: str, meanwhile: Callable[[Outage], None]
) -> None:
    meanwhile(there)
    assert follow(browser, token).post(PAGE).status_code == 404
    assert not Session.objects.exists()
    assert EmergencyAccess.objects.get().used_at is None


def test_not_at_a_tenant_that_is_suspended_meanwhile(there: Outage, browser: TenantClient, token: str) -> None:
    """The host's tenant may be cached as it was before, so the button looks once more."""
    follow(browser, token)
    Tenant.objects.filter(pk=there.tenant.pk).update(suspended_at=timezone.now())
    assert browser.post(PAGE).status_code in {403, 404}
    assert not Session.objects.exists()


def test_one_tenants_link_is_nothing_at_another(
    there: Outage, globex: Tenant, token: str, mallory: User, client_for: ClientFor
) -> None:
    with tenant_context(globex):
        assert_dead(client_for(globex), token)
    assert enter(client_for(there.tenant), token)


def test_mallorys_own_link_is_nothing_at_acme(
    there: Outage, globex: Tenant, token: str, mallory: User, client_for: ClientFor
) -> None:
    """Even where the number of the person is that of somebody at acme."""
    change(tenant=globex, user=there.alice.pk)
    assert_dead(client_for(there.tenant), token)


def test_the_button_needs_the_token_of_the_form(there: Outage, token: str, client_for: ClientFor) -> None:
    browser = follow(client_for(there.tenant, enforce_csrf_checks=True), token)
    assert browser.post(PAGE).status_code == 403
    assert not Session.objects.exists()
    sent = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(PAGE).content.decode())
    assert sent
    assert browser.post(PAGE, {"csrfmiddlewaretoken": sent[1]}).status_code == 302


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_links_own_address_is_for_reading_alone(browser: TenantClient, token: str, method: str) -> None:
    assert getattr(browser, method)(f"{PAGE}{token}/").status_code == 405


# A scanner, and the page.


def test_a_scanner_that_follows_links_spends_nothing(browser: TenantClient, token: str) -> None:
    for _time in range(3):
        assert browser.head(f"{PAGE}{token}/").status_code == 302
        assert follow(browser, token).get(PAGE).status_code == browser.head(PAGE).status_code == 200
    assert EmergencyAccess.objects.get().used_at is None
    assert not Session.objects.exists()


def test_the_token_leaves_the_address_and_is_sent_nowhere(there: Outage, browser: TenantClient, token: str) -> None:
    answer = browser.get(f"{PAGE}{token}/")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert token not in answer["Location"]
    cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["max-age"]) == (True, "Lax", "/", 900)
    assert token not in browser.get(PAGE).content.decode()


def test_the_page_says_who_why_and_how_long(there: Outage, browser: TenantClient, token: str) -> None:
    change(reason="<b>Okta</b> is down")
    page = follow(browser, token).get(PAGE).content.decode()
    for words in (
        "Alice Reed",
        "&lt;b&gt;Okta&lt;/b&gt; is down",
        "ada@huume.example",
        "ben@huume.example",
        "one hour",
    ):
        assert words in page
    assert "<b>Okta" not in page


def test_no_token_in_the_log(
    there: Outage, token: str, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    client_for(there.tenant, enforce_csrf_checks=True).post(f"{PAGE}{token}/")
    enter(client_for(there.tenant), token).post(PAGE)
    assert token not in "\n".join(str(vars(line)) for line in caplog.records)
