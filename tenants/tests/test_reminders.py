"""Before a client secret runs out: 30, 7 and 1 days ahead, once each, to contact and account manager."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from huume.testing import Mails
from tenants.models import IdentityProvider, Tenant
from tenants.reminders import nearest_due, remind

EXPIRES = date(2031, 3, 1)


@pytest.fixture
def expiring(acme: Tenant, acme_provider: IdentityProvider) -> IdentityProvider:
    Tenant.objects.filter(pk=acme.pk).update(account_manager="ada@huume.example")
    return changed(acme_provider, secret_expires_on=EXPIRES)


def changed(provider: IdentityProvider, **changes: Any) -> IdentityProvider:
    IdentityProvider.objects.filter(pk=provider.pk).update(**changes)
    provider.refresh_from_db()
    return provider


@pytest.fixture
def on_day(monkeypatch: pytest.MonkeyPatch, acme: Tenant) -> Any:
    """on_day(days): how many reminders go out with so many days left."""

    def run(days: int, hour: int = 3) -> int:
        day = EXPIRES - timedelta(days=days)
        monkeypatch.setattr(timezone, "now", lambda: datetime(day.year, day.month, day.day, hour, tzinfo=UTC))
        return remind(acme)

    return run


@pytest.mark.parametrize(("days", "due"), [(31, None), (30, 30), (8, 30), (7, 7), (2, 7), (1, 1), (0, 1), (-5, 1)])
def test_nearest_due(days: int, due: int | None) -> None:
    assert nearest_due(days) == due


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "draft"},
        {"status": "disabled"},
        {"secret_expires_on": None},
        {"auth_method": "private_key_jwt"},
        {"secret_expires_on": EXPIRES + timedelta(days=365)},
    ],
)
def test_nobody_is_reminded(expiring: IdentityProvider, on_day: Any, changes: dict[str, Any]) -> None:
    changed(expiring, **changes)
    assert on_day(7) == 0


def test_where_nobodys_address_is_known_it_is_not_done_with(expiring: IdentityProvider, on_day: Any) -> None:
    Tenant.objects.filter(pk=expiring.tenant_id).update(account_manager="", contact="")
    assert on_day(7) == 0
    Tenant.objects.filter(pk=expiring.tenant_id).update(contact="it@acme.example")
    assert on_day(6) == 1


def test_each_of_three_days_once(expiring: IdentityProvider, on_day: Any, mails: Mails) -> None:
    counts = {days: on_day(days) for days in range(40, -5, -1)}
    assert {days for days, count in counts.items() if count} == {30, 7, 1}
    assert {mail.to[0] for mail in mails()} == {"it@acme.example", "ada@huume.example"}


def test_the_same_day_twice_reminds_once(expiring: IdentityProvider, on_day: Any) -> None:
    assert [on_day(7), on_day(7)] == [1, 0]


@pytest.mark.parametrize(("runs", "sent"), [((31, 20, 10), [0, 1, 0]), ((40, 5, 4), [0, 1, 0]), ((2, 0), [1, 1])])
def test_missed_days_are_made_up_for_by_one_mail(
    expiring: IdentityProvider, on_day: Any, runs: tuple[int, ...], sent: list[int]
) -> None:
    assert [on_day(days) for days in runs] == sent


def test_that_it_has_run_out_is_said_once_too(expiring: IdentityProvider, on_day: Any, mails: Mails) -> None:
    assert [on_day(-3), on_day(-4)] == [1, 0]
    assert "has run out" in mails()[0].subject


def test_a_new_date_begins_anew(expiring: IdentityProvider, on_day: Any) -> None:
    assert on_day(1) == 1
    changed(expiring, secret_expires_on=EXPIRES + timedelta(days=6))
    assert on_day(1) == 1


def test_a_provider_that_is_submitted_is_reminded_of_too(expiring: IdentityProvider, on_day: Any) -> None:
    changed(expiring, status="submitted")
    assert on_day(30) == 1


def test_daily_reminds_and_a_second_run_does_not(expiring: IdentityProvider, mails: Mails) -> None:
    changed(expiring, secret_expires_on=timezone.localdate() + timedelta(days=7), status="submitted")
    for _again in range(2):
        call_command("daily", stdout=StringIO())
    subjects = [mail.subject for mail in mails()]
    assert subjects == ["The client secret of Acme Homes runs out in 7 days"] * 2


def test_days_are_those_of_london(acme: Tenant, acme_provider: IdentityProvider, monkeypatch: Any) -> None:
    """Half past midnight there in summer is still yesterday by UTC."""
    changed(acme_provider, secret_expires_on=date(2031, 7, 31))
    monkeypatch.setattr(timezone, "now", lambda: datetime(2031, 6, 30, 22, 59, tzinfo=UTC))
    assert remind(acme) == 0
    monkeypatch.setattr(timezone, "now", lambda: datetime(2031, 6, 30, 23, 1, tzinfo=UTC))
    assert remind(acme) == 1
