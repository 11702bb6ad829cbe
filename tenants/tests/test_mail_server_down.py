"""The mail server is away, hangs, refuses or dies: nothing is lost, and nothing that it says is kept."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult

from huume.testing import work_off_queue
from tenants.models import Mail, Tenant
from tenants.outbox import queue_mail
from tenants.tasks import GIVEN_UP_AFTER, PATIENCE, retry_mail
from tenants.tests.mail_server import let_pass, mail_server, no_mail_server
from tenants.tests.test_mail import CODE, queue_code

LINK = "https://acme.example/setup/token-of-the-link/"


def queue_link(tenant: Tenant, to: str = "it@acme.example") -> Mail:
    context = {"tenant": "Acme", "ask": "Ada", "address": LINK, "asker": "Ada", "directory": "Okta", "until": "Monday"}
    return queue_mail("setup_link", to, tenant=tenant, context=context)


def test_no_mail_server_keeps_the_mail_and_says_why(acme: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    queue_link(acme)
    with no_mail_server():
        work_off_queue()
    kept = Mail.objects.get()
    assert (kept.error, kept.tries, kept.sent_at, kept.given_up_at) == ("ConnectionRefusedError", 1, None, None)
    assert kept.sealed_text
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == ["mail not sent"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("hangs", "SMTPServerDisconnected"),
        ("refuses_recipient", "SMTPRecipientsRefused"),
        ("refuses_content", "SMTPDataError 554"),
        ("dies_after_data", "SMTPServerDisconnected"),
    ],
)
def test_faulty_mail_server_loses_nothing_and_its_words_are_not_kept(
    acme: Tenant, fault: str, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    queue_link(acme)
    with mail_server(fault) as server:
        work_off_queue()
        assert Mail.objects.get().error == error
        server.fault = ""
        let_pass(timedelta(minutes=1))
        work_off_queue()
        assert len(server.received) == 1
    logged = " ".join(str(vars(record)) for record in caplog.records)
    queued = str(list(DBTaskResult.objects.values()))
    for secret in ("token-of-the-link", "it@acme.example", "no such mailbox"):
        assert secret not in logged + queued
    kept = Mail.objects.get()
    assert (bool(kept.sealed_text), kept.error, kept.tries) == (False, "", 2)
    assert kept.sent_at


def test_it_waits_longer_each_time(acme: Tenant) -> None:
    queue_link(acme)
    with no_mail_server():
        for minutes in (1, 5, 15, 60, 6 * 60, 24 * 60, 24 * 60):
            work_off_queue()
            tries = Mail.objects.get().tries
            let_pass(timedelta(minutes=minutes, seconds=-5))
            work_off_queue()
            assert Mail.objects.get().tries == tries
            let_pass(timedelta(seconds=6))
        work_off_queue()
    assert Mail.objects.get().tries == 8


def test_after_seven_days_it_is_given_up_and_wiped(acme: Tenant) -> None:
    queue_link(acme)
    with no_mail_server():
        work_off_queue()
        let_pass(GIVEN_UP_AFTER)
        work_off_queue()
    kept = Mail.objects.get()
    assert kept.given_up_at
    assert not kept.sealed_text
    with mail_server() as server:
        let_pass(timedelta(days=2))
        work_off_queue()
        assert retry_mail() == 0
    assert server.received == []


def test_code_that_would_come_too_late_is_given_up_at_once(acme: Tenant) -> None:
    kept = queue_code(acme, minutes=1)
    with no_mail_server():
        work_off_queue()
    kept.refresh_from_db()
    assert kept.given_up_at
    assert kept.error == "ConnectionRefusedError"
    assert not kept.sealed_text


def test_daily_sends_what_had_to_wait(acme: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    queue_link(acme)
    with no_mail_server():
        work_off_queue()
    let_pass(timedelta(minutes=1))
    with mail_server() as server:
        call_command("daily")
        call_command("daily")
    assert len(server.received) == 1
    assert "sent now: 1." in capsys.readouterr().out


def test_daily_does_not_wait_for_a_server_that_is_away_again_and_again(acme: Tenant) -> None:
    for number in range(PATIENCE + 2):
        queue_link(acme, f"it{number}@acme.example")
    with no_mail_server():
        assert retry_mail() == 0
    assert Mail.objects.filter(tries=1).count() == PATIENCE
    with mail_server() as server:
        work_off_queue()
    assert len(server.received) == 2


def test_it_goes_out_whole(acme: Tenant) -> None:
    queue_code(acme)
    with mail_server() as server:
        work_off_queue()
    (received,) = server.received
    assert "Content-Type: text/plain" in received
    assert "Content-Type: text/html" in received
    assert received.count(CODE) == 2
