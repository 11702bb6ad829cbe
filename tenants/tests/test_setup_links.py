"""Rules of setup links that no page shows."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone

from accounts.models import HistoryEntry
from huume.setup.tests.setup_cast import ADA, CONTACT, make_link, make_session, provider_of
from tenants import setup_links
from tenants.models import SetupLink, SetupSession, Tenant


@pytest.mark.parametrize(("email", "days"), [("", 7), ("it", 7), ("a@b@c.example", 7), (CONTACT, 0), (CONTACT, 31)])
def test_what_is_refused_leaves_the_standing_link(acme: Tenant, email: str, days: int) -> None:
    standing, _token = make_link(acme)
    with pytest.raises(ValidationError):
        setup_links.make(standing.provider, email, by=ADA, days=days)
    standing.refresh_from_db()
    assert standing.is_active


def test_a_link_whose_mail_cannot_be_queued_was_never_made(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    standing, _token = make_link(acme)

    def broken(link: SetupLink, token: str) -> None:
        raise OSError("the queue is away")

    monkeypatch.setattr("tenants.emails.setup_link", broken)
    with pytest.raises(OSError, match="queue"):
        setup_links.send(standing.provider, CONTACT, by=ADA)
    standing.refresh_from_db()
    assert standing.is_active
    assert SetupLink.objects.count() == 1
    assert not HistoryEntry.objects.filter(kind="setup_link.sent").exists()


def test_going_live_ends_the_link_of_that_provider_alone(acme: Tenant) -> None:
    link, _token = make_link(acme)
    other, _token = make_link(acme, "second")
    setup_links.finish(link.provider)
    link.refresh_from_db()
    other.refresh_from_db()
    assert (link.end, other.is_active) == (SetupLink.End.DONE, True)


def test_what_has_ended_is_not_ended_again(acme: Tenant) -> None:
    link, _token = make_link(acme)
    assert setup_links.revoke(link, ADA)
    assert not setup_links.revoke(link, ADA)
    setup_links.finish(link.provider)
    link.refresh_from_db()
    assert link.end == SetupLink.End.REVOKED
    assert HistoryEntry.objects.filter(kind="setup_link.revoked").count() == 1


@pytest.mark.parametrize(("email", "shown"), [("it@acme.example", "i…@acme.example"), ("é@x.example", "é…@x.example")])
def test_an_address_is_masked(email: str, shown: str) -> None:
    assert setup_links.masked(email) == shown


def test_no_two_tokens_are_alike(acme: Tenant) -> None:
    provider = provider_of(acme)
    tokens = {setup_links.make(provider, CONTACT, by=ADA)[1] for _each in range(5)}
    assert len(tokens) == 5
    assert {len(token) for token in tokens} == {43}


def test_daily_takes_old_sessions_away_and_leaves_links(acme: Tenant, globex: Tenant) -> None:
    now = timezone.now()
    kept, _token = make_link(acme)
    make_session(kept, expires_at=now - timedelta(hours=23))
    for tenant in (acme, globex):
        link, _token = make_link(tenant, "second")
        make_session(link, expires_at=now - timedelta(hours=25))
    call_command("daily", verbosity=0)
    call_command("daily", verbosity=0)
    assert [session.link for session in SetupSession.objects.all()] == [kept]
    assert SetupLink.objects.count() == 3
