"""What cron runs once a day: old rows go, tenant by tenant, and one tenant's trouble is not the others'."""

from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.core.management import CommandError, call_command, load_command_class
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts.models import Attempt, Session, SignIn
from accounts.tests.access_cast import at_once
from tenants.models import Tenant


def daily() -> str:
    said = StringIO()
    call_command("daily", stdout=said)
    (line,) = said.getvalue().splitlines()
    return line


def session(key: str, *, ends_in: timedelta) -> Session:
    return Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + ends_in)


def sign_in(reference: str, *, ago: timedelta, outcome: str = "succeeded") -> SignIn:
    at = timezone.now() - ago
    return SignIn.objects.create(reference=reference, at=at, provider=uuid4(), provider_label="Okta", outcome=outcome)


def attempt(of: SignIn) -> Attempt:
    return Attempt.objects.create(
        state_digest=of.reference,
        provider=of.provider,
        sign_in=of,
        created_at=of.at,
        redirect_uri="",
        verifier="",
        nonce="",
    )


def test_a_tenant_that_fails_is_named_and_the_others_are_done(
    acme: Tenant, globex: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    for tenant in (acme, globex):
        with tenant_context(tenant):
            session("old", ends_in=timedelta(seconds=-1))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE acme.accounts_attempt RENAME TO broken")

    with pytest.raises(CommandError) as failed:
        daily()

    assert str(failed.value) == "1 of 3 tenants failed: acme (ProgrammingError). The log says why."
    assert [record.message for record in caplog.records] == ["daily failed"]
    assert Session.objects.filter(session_key="old").exists()
    with tenant_context(globex):
        assert not Session.objects.exists()


def test_expired_sessions_go_and_the_others_stay(acme: Tenant) -> None:
    session("over", ends_in=timedelta(seconds=-1))
    session("open", ends_in=timedelta(hours=1))
    assert "1 sessions" in daily()
    assert [left.session_key for left in Session.objects.all()] == ["open"]


def test_dead_attempts_go_and_their_sign_ins_say_that_nobody_came_back(acme: Tenant) -> None:
    dead = sign_in("dead", ago=Attempt.LIFETIME + timedelta(minutes=1), outcome="started")
    alive = sign_in("alive", ago=timedelta(minutes=1), outcome="started")
    attempt(dead)
    attempt(alive)
    assert "1 attempts" in daily()
    assert [left.sign_in for left in Attempt.objects.all()] == [alive]
    assert list(SignIn.objects.order_by("at").values_list("outcome", "reason")) == [
        ("abandoned", "never_came_back"),
        ("started", ""),
    ]


def test_sign_ins_older_than_thirteen_months_go(acme: Tenant) -> None:
    sign_in("older", ago=timedelta(days=398))
    sign_in("younger", ago=timedelta(days=396))
    assert "1 sign-ins" in daily()
    assert [left.reference for left in SignIn.objects.all()] == ["younger"]


def test_old_password_failures_of_staff_go(staff: Tenant) -> None:
    with tenant_context(staff):
        for username, days in (("old", 398), ("new", 1)):
            row = AccessAttempt.objects.create(username=username, ip_address="192.0.2.1", failures_since_start=1)
            AccessAttempt.objects.filter(pk=row.pk).update(attempt_time=timezone.now() - timedelta(days=days))
    assert "1 password failures" in daily()
    with tenant_context(staff):
        assert [left.username for left in AccessAttempt.objects.all()] == ["new"]


def test_what_is_removed_is_counted_over_all_tenants(acme: Tenant, globex: Tenant, staff: Tenant) -> None:
    for tenant in (acme, globex, staff):
        with tenant_context(tenant):
            session("over", ends_in=timedelta(seconds=-1))
    assert daily().startswith("3 tenants done. Removed: 3 sessions, 0 attempts, 0 sign-ins, 0 password failures, ")
    assert daily().startswith("3 tenants done. Removed: 0 sessions, 0 attempts, 0 sign-ins, 0 password failures, ")


def test_a_suspended_tenant_is_done_too(acme: Tenant) -> None:
    sign_in("older", ago=timedelta(days=398))
    acme.suspend()
    assert "1 sign-ins" in daily()


def test_two_at_once_both_end_well(acme: Tenant) -> None:
    assert at_once(acme, daily, daily, held="accounts_session") == [None, None]


def test_help_shows_a_line_for_cron() -> None:
    parser = load_command_class("huume", "daily").create_parser("manage.py", "daily")
    assert "15 3 * * * cd /srv/huume && .venv/bin/python manage.py daily" in " ".join(parser.format_help().split())
