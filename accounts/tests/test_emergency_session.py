"""The session of an emergency link: an hour, on every page said so, on record in two places."""

import re
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts import access
from accounts.models import HistoryEntry, Session, SignIn
from accounts.tests.emergency_cast import Outage, approved, enter, outage
from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, TenantClient, sign_in
from tenants.models import EmergencyAccess, Tenant


@pytest.fixture
def there(acme: Tenant, okta: FakeProvider) -> Outage:
    return outage(acme, okta)


@pytest.fixture
def token(there: Outage) -> str:
    return approved(there)[1]


@pytest.fixture
def browser(there: Outage, client_for: ClientFor) -> TenantClient:
    return client_for(there.tenant)


def test_the_button_signs_in_once(there: Outage, browser: TenantClient, token: str) -> None:
    assert enter(browser, token).get("/people/").status_code == 200
    session = Session.objects.get()
    assert (session.user_id, session.provider) == (there.alice.pk, None)
    assert EmergencyAccess.objects.get().used_at
    assert "emergency" not in {name for name, cookie in browser.cookies.items() if cookie.value}


def test_the_session_of_before_is_gone(there: Outage, browser: TenantClient, token: str) -> None:
    sign_in(browser, there.tenant, there.amir)
    enter(browser, token)
    assert [session.user_id for session in Session.objects.all()] == [there.alice.pk]


def test_every_page_says_until_when(there: Outage, browser: TenantClient, token: str) -> None:
    enter(browser, token)
    until = timezone.localtime(timezone.now() + timedelta(hours=1))
    times = {(until - timedelta(minutes=minutes)).strftime("%H:%M") for minutes in (0, 1)}
    for path in ("/", "/people/", "/profile/", "/history/"):
        found = re.search(r"signed in by an emergency link until (\d\d:\d\d)", browser.get(path).content.decode())
        assert found, path
        assert found[1] in times


def test_so_does_the_page_of_one_who_has_lost_the_role(there: Outage, browser: TenantClient, token: str) -> None:
    enter(browser, token)
    there.alice.groups.clear()
    for path, status in (("/", 200), ("/people/", 403)):
        answer = browser.get(path)
        assert answer.status_code == status
        assert "signed in by an emergency link until" in answer.content.decode()


def test_other_sessions_say_nothing_of_it(there: Outage, client_for: ClientFor) -> None:
    assert "emergency link" not in client_for(there.tenant, there.alice).get("/people/").content.decode()


def test_after_an_hour_it_is_over_however_active(there: Outage, browser: TenantClient, token: str) -> None:
    enter(browser, token)
    assert browser.get("/people/").status_code == 200
    session = browser.session
    session["until"] -= 3600
    session.save()
    Session.objects.update(expire_date=timezone.now() + timedelta(hours=1))
    assert browser.get("/people/").status_code == 302


def test_it_lasts_an_hour_where_others_last_longer(there: Outage, browser: TenantClient, token: str) -> None:
    enter(browser, token)
    left = Session.objects.get().expire_date - timezone.now()
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    session = browser.session
    session["seen"] = session["started"] = int(time.time()) + 1800
    session.save()
    assert Session.objects.get().expire_date - timezone.now() <= timedelta(hours=1)
    assert browser.cookies[settings.SESSION_COOKIE_NAME]["max-age"] <= 3600


def test_a_shorter_rule_of_the_tenant_holds_too(there: Outage, browser: TenantClient, token: str) -> None:
    there.tenant.idle_minutes = 5
    there.tenant.save()
    enter(browser, token)
    assert Session.objects.get().expire_date - timezone.now() <= timedelta(minutes=5)


def test_sign_out_works_without_a_provider(there: Outage, browser: TenantClient, token: str) -> None:
    answer = enter(browser, token).post("/sign-out/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?signed-out")
    assert not Session.objects.exists()


def test_suspending_the_person_ends_it(there: Outage, browser: TenantClient, token: str) -> None:
    enter(browser, token)
    access.suspend(there.alice, by=there.amir)
    assert browser.get("/people/").status_code == 302


def test_it_stands_out_among_the_sign_ins(there: Outage, browser: TenantClient, token: str) -> None:
    page = enter(browser, token).get("/sign-ins/").content.decode()
    assert "<code>emergency_link</code>" in page
    assert "Signed in by an emergency link while the directory was down" in page
    record = SignIn.objects.get(reason="emergency_link")
    assert (record.outcome, record.user, record.ip_address) == ("succeeded", there.alice, "127.0.0.1")


def test_it_is_in_both_histories(there: Outage, staff: Tenant, browser: TenantClient, token: str) -> None:
    enter(browser, token)
    reference = SignIn.objects.get(reason="emergency_link").reference
    for tenant, key in ((there.tenant, str(there.alice.pk)), (staff, f"acme:{there.alice.pk}")):
        with tenant_context(tenant):
            entry = HistoryEntry.objects.get(kind="emergency.redeemed")
            assert (entry.actor_kind, entry.actor, entry.ip_address) == ("user", key, "127.0.0.1")
            assert entry.after["reference"] == reference


def test_nothing_is_linked_by_it(there: Outage, browser: TenantClient, token: str) -> None:
    before = there.alice.identities.count()
    enter(browser, token)
    assert there.alice.identities.count() == before
