"""Break-glass, asked for and approved: only while the directory is down, and never by one account manager alone."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts import emergency
from accounts.attempts import digest
from accounts.emergency import ask, turn_down
from accounts.emergency_conditions import EmergencyRefused
from accounts.models import HistoryEntry, HistoryName, Role, SignIn, User
from accounts.tests.emergency_cast import REASON, Outage, administrator, manager, outage, signed_in
from accounts.tests.fake_provider import FakeProvider, huume_client
from huume.testing import Mails, configure_okta, make_user
from tenants.actor import COMMAND, Actor
from tenants.models import EmergencyAccess, ProviderCheck, Tenant

OVER = timedelta(days=30, minutes=1)


@pytest.fixture
def there(acme: Tenant, okta: FakeProvider) -> Outage:
    return outage(acme, okta)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(EmergencyRefused) as refused:
        act()
    assert str(refused.value)
    return refused.value.code


def refused_ask(there: Outage, *, user: User | None = None, reason: str = REASON, by: Actor | None = None) -> str:
    before = EmergencyAccess.objects.count()
    code = refusal(lambda: ask(there.tenant, (user or there.alice).pk, reason, by or there.ada))
    assert EmergencyAccess.objects.count() == before
    return code


def asked(there: Outage) -> EmergencyAccess:
    return ask(there.tenant, there.alice.pk, REASON, there.ada)


def refused_approval(there: Outage, found: EmergencyAccess, by: Actor | None = None) -> str:
    code = refusal(lambda: emergency.approve(found, by or there.ben))
    found.refresh_from_db()
    assert found.token_digest is None
    assert found.expires_at is None
    return code


def ago(found: EmergencyAccess, **time: int) -> None:
    EmergencyAccess.objects.filter(pk=found.pk).update(asked_at=timezone.now() - timedelta(**time))


def kinds(tenant: Tenant) -> list[str]:
    with tenant_context(tenant):
        return [kind for kind in HistoryEntry.objects.values_list("kind", flat=True) if kind.startswith("emergency.")]


# Asking.


@pytest.mark.parametrize("reason", ["", "too short", " " * 40, "\u200b" * 40, "x" * 501])
def test_a_reason_is_required(there: Outage, reason: str) -> None:
    assert refused_ask(there, reason=reason) == "no_reason"


@pytest.mark.parametrize("by", [COMMAND, Actor("user", key="7", name="alice@acme.example"), Actor("staff")])
def test_nobody_but_an_account_manager_asks(there: Outage, by: Actor) -> None:
    assert refused_ask(there, by=by) == "no_staff"


def test_not_for_a_suspended_tenant(there: Outage) -> None:
    Tenant.objects.get(pk=there.tenant.pk).suspend()
    assert refused_ask(there) == "tenant_suspended"


def test_not_for_huumes_own_staff(there: Outage, staff: Tenant) -> None:
    with pytest.raises(Tenant.DoesNotExist):
        ask(staff, int(there.ada.key), REASON, there.ada)


def test_only_for_a_user_administrator(there: Outage) -> None:
    staff = make_user("Bob Lund", roles=("Staff",))
    signed_in(staff)
    assert refused_ask(there, user=staff) == "not_administrator"


def test_not_for_one_of_another_tenant(there: Outage, mallory: User) -> None:
    mallory.pk = 987_654
    assert refused_ask(there, user=mallory) == "not_administrator"


def test_not_for_one_who_is_suspended(there: Outage) -> None:
    User.objects.filter(pk=there.alice.pk).update(is_active=False)
    assert refused_ask(there) == "not_administrator"


def test_not_for_one_whose_role_is_switched_off(there: Outage) -> None:
    Role.objects.filter(name="User administrator").update(is_active=False)
    assert refused_ask(there) == "not_administrator"


@pytest.mark.parametrize("values", [{"email_verified": False}, {"email": ""}])
def test_not_to_an_address_that_the_directory_has_not_verified(there: Outage, values: dict[str, object]) -> None:
    User.objects.filter(pk=there.alice.pk).update(**values)
    assert refused_ask(there) == "email_not_verified"


@pytest.mark.parametrize(
    "values",
    [
        {"at": timezone.now() - OVER},
        {"outcome": "refused"},
        {"outcome": "tested", "is_test": True},
        {"reason": "emergency_link"},
    ],
)
def test_not_for_one_who_has_not_signed_in_with_the_directory_lately(there: Outage, values: dict[str, object]) -> None:
    SignIn.objects.filter(user=there.alice).delete()
    signed_in(there.alice, **values)
    assert refused_ask(there) == "not_seen_lately"


def test_not_for_one_without_an_identity(there: Outage) -> None:
    there.alice.identities.all().delete()
    assert refused_ask(there) == "not_seen_lately"


def test_not_while_the_directory_answers(there: Outage) -> None:
    there.okta.start()
    with pytest.raises(EmergencyRefused, match="Okta answers, so people can sign in") as refused:
        asked(there)
    assert refused.value.code == "provider_answers"
    assert not EmergencyAccess.objects.exists()


def test_not_while_another_of_its_providers_answers(there: Outage) -> None:
    with FakeProvider(clients=[huume_client("acme", slug="second")]) as other:
        configure_okta(there.tenant, other, slug="second")
        assert refused_ask(there) == "provider_answers"
    assert len(asked(there).findings) == 2


def test_not_where_no_provider_is_live(there: Outage) -> None:
    there.provider.disable()
    assert refused_ask(there) == "no_live_provider"


def test_not_while_a_check_is_under_way(there: Outage) -> None:
    now = timezone.now()
    ProviderCheck.objects.create(provider=there.provider, asked_at=now, started_at=now)
    assert refused_ask(there) == "check_refused"


def test_one_request_at_a_time(there: Outage) -> None:
    asked(there)
    assert refused_ask(there, user=there.amir, by=there.ben) == "open_already"


def test_none_while_a_link_is_out(there: Outage) -> None:
    found = asked(there)
    emergency.approve(found, there.ben)
    ago(found, hours=2)
    assert refused_ask(there) == "open_already"


def test_three_a_day(there: Outage) -> None:
    for _number in range(3):
        turn_down(asked(there), there.ben)
    assert refused_ask(there) == "too_many"
    EmergencyAccess.objects.update(asked_at=timezone.now() - timedelta(hours=24, minutes=1))
    assert asked(there)


def test_what_is_asked_is_kept_with_what_the_check_said(there: Outage) -> None:
    found = asked(there)
    assert (found.user, found.user_name, found.reason) == (there.alice.pk, "Alice Reed", REASON)
    assert (found.asked_by, found.asked_by_key) == (there.ada.name, there.ada.key)
    assert found.findings[0]["provider"] == "Okta"
    assert "domain" in found.findings[0]["failed"]
    assert not found.approved
    assert found.token_digest is None


def test_account_managers_who_may_approve_are_mailed(there: Outage, mails: Mails) -> None:
    manager("idle@huume.example", is_superuser=False)
    manager("left@huume.example", is_active=False)
    asked(there)
    assert [(mail.to, REASON in mail.body) for mail in mails()] == [(["ben@huume.example"], True)]


# Approving.


def test_nobody_approves_what_they_asked_for(there: Outage) -> None:
    """Ada is a superuser, and has changed her name meanwhile."""
    found = asked(there)
    assert refused_approval(there, found, there.ada) == "own_request"
    assert refused_approval(there, found, replace(there.ada, name="somebody.else@huume.example")) == "own_request"


@pytest.mark.parametrize("by", [COMMAND, Actor("user", key="7"), Actor("staff", name="ben@huume.example")])
def test_nobody_but_an_account_manager_approves(there: Outage, by: Actor) -> None:
    assert refused_approval(there, asked(there), by) == "no_staff"


def test_not_after_an_hour(there: Outage) -> None:
    found = asked(there)
    ago(found, minutes=61)
    found.refresh_from_db()
    assert refused_approval(there, found) == "too_late"


def test_not_once_it_was_turned_down(there: Outage) -> None:
    found = asked(there)
    turn_down(found, there.ben)
    assert refused_approval(there, found) == "decided"


def test_not_twice(there: Outage, mails: Mails) -> None:
    found = asked(there)
    emergency.approve(found, there.ben)
    first = EmergencyAccess.objects.get().token_digest
    assert refusal(lambda: emergency.approve(found, there.ben)) == "decided"
    assert EmergencyAccess.objects.get().token_digest == first


def test_not_once_the_directory_is_back(there: Outage) -> None:
    found = asked(there)
    there.okta.start()
    assert refused_approval(there, found) == "provider_answers"


def test_not_once_the_tenant_is_suspended(there: Outage) -> None:
    found = asked(there)
    Tenant.objects.get(pk=there.tenant.pk).suspend()
    assert refused_approval(there, found) == "tenant_suspended"


def test_not_once_the_person_is_suspended(there: Outage) -> None:
    found = asked(there)
    User.objects.filter(pk=there.alice.pk).update(is_active=False)
    assert refused_approval(there, found) == "not_administrator"


def test_the_link_goes_to_the_person_and_the_others_are_told(there: Outage, mails: Mails) -> None:
    found = asked(there)
    mails()
    emergency.approve(found, there.ben)
    link, told = sorted(mails()[-2:], key=lambda mail: "emergency/" not in mail.body)
    assert (link.to, told.to) == ([there.alice.email], [there.amir.email])
    (token,) = re.findall(r"http://acme\.localhost:8000/emergency/([A-Za-z0-9_-]{43})/", str(link.body))
    assert token not in told.body
    found.refresh_from_db()
    assert found.token_digest == digest(token)
    assert found.expires_at is not None
    assert timedelta(minutes=14) < found.expires_at - timezone.now() <= timedelta(minutes=15)


def test_each_step_is_in_the_tenants_history_and_in_staffs(there: Outage, staff: Tenant, globex: Tenant) -> None:
    first = asked(there)
    turn_down(first, there.ben)
    second = asked(there)
    emergency.approve(second, there.ben)
    steps = ["emergency.approved", "emergency.asked", "emergency.turned_down", "emergency.asked"]
    assert kinds(there.tenant) == kinds(staff) == steps
    assert kinds(globex) == []


def test_a_history_tells_who_why_and_about_whom_without_a_name(there: Outage, staff: Tenant) -> None:
    found = asked(there)
    person = f"user:{there.alice.pk}"
    for tenant, key in ((there.tenant, person), (staff, f"acme:{person}")):
        with tenant_context(tenant):
            entry = HistoryEntry.objects.get(kind="emergency.asked")
            assert (entry.actor_kind, entry.actor, entry.ip_address) == ("staff", there.ada.key, "192.0.2.1")
            assert (entry.about, entry.after["person"], entry.after["reason"]) == (str(found.pk), key, REASON)
            assert HistoryName.objects.get(key=key).name == "Alice Reed"
            assert "Alice" not in str(HistoryEntry.objects.values().get(pk=entry.pk))


def test_it_is_no_way_around_the_last_administrator(there: Outage) -> None:
    """Only people who could sign in with the directory count there, and nothing of this makes anybody one."""
    before = list(User.objects.administrators().order_by("pk").values_list("pk", "identities__issuer"))
    emergency.approve(asked(there), there.ben)
    assert list(User.objects.administrators().order_by("pk").values_list("pk", "identities__issuer")) == before


def test_another_administrator_may_be_named(there: Outage) -> None:
    third = administrator("Asha Vale")
    assert ask(there.tenant, third.pk, REASON, there.ben).user == third.pk
