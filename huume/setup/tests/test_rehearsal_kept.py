"""What a directory said of a tester is kept for the setup session alone; that there was a test, for thirteen months."""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.utils import timezone

from huume.setup.tests.setup_cast import make_link, make_session
from tenants.models import SetupSession, Tenant, TrialSignIn

SAID = {"name": "Alice Reed", "email": "alice.reed@acme.example"}


def trial(tenant: Tenant, *, session_ended: timedelta, at: timedelta) -> TrialSignIn:
    link, _token = make_link(tenant)
    make_session(link, expires_at=timezone.now() - session_ended)
    session = SetupSession.objects.get(link=link)
    return TrialSignIn.objects.create(
        provider=link.provider, session=session, claims=SAID, at=timezone.now() - at, warnings=["no_phone"]
    )


def daily() -> None:
    call_command("daily", stdout=StringIO())


def test_it_goes_with_the_session(acme: Tenant) -> None:
    over = trial(acme, session_ended=timedelta(days=2), at=timedelta(days=2))
    open_still = trial(acme, session_ended=timedelta(hours=-1), at=timedelta(hours=1))
    daily()
    for each in (over, open_still):
        each.refresh_from_db()
    assert (over.claims, over.session, over.warnings) == ({}, None, ["no_phone"])
    assert open_still.claims == SAID


def test_tests_of_more_than_thirteen_months_ago_go(acme: Tenant) -> None:
    trial(acme, session_ended=timedelta(days=398), at=timedelta(days=398))
    younger = trial(acme, session_ended=timedelta(days=396), at=timedelta(days=396))
    daily()
    assert list(TrialSignIn.objects.values_list("pk", flat=True)) == [younger.pk]
