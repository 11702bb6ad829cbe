"""Mail on its way: queued with what it tells of, sealed until it is sent, sent once, and nothing of it left behind."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from django.core import mail as outgoing
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.serializers import serialize
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from django_tenants.utils import schema_context

from accounts.tests.access_cast import apart, on_own_connection, table_held, wait_for_waiting
from huume.testing import Mails, work_off_queue
from tenants.mail_text import Value
from tenants.models import Mail, Tenant
from tenants.outbox import queue_mail, queue_to_each
from tenants.schemas import current_schema
from tenants.tasks import claim, deliver, purge_mail, retry_mail
from tenants.tests.mail_server import let_pass

CODE = "271828"


def queue_code(tenant: Tenant, to: str = "it@acme.example", *, minutes: int = 15) -> Mail:
    context: dict[str, Value] = {"tenant": tenant.name, "ask": "ada@huume.example", "code": CODE, "minutes": minutes}
    expires_at = timezone.now() + timedelta(minutes=minutes)
    return queue_mail("setup_code", to, tenant=tenant, context=context, expires_at=expires_at)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "it@acme.example\nBcc: all@acme.example",
        "it@acme.example, x@x.example",
        "a" * 250 + "@acme.example",
    ],
)
def test_what_is_no_address_is_refused_and_nothing_queued(acme: Tenant, address: str) -> None:
    with pytest.raises(ValidationError):
        queue_code(acme, address)
    assert not Mail.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_of_several_the_bad_addresses_are_passed_over(acme: Tenant, mails: Mails) -> None:
    context = {"tenant": "Acme", "ask": "Ada", "address": "https://acme.example"}
    queue_to_each("welcome", ["", "a@acme.example", "no address", "a@acme.example"], tenant=acme, context=context)
    assert [sent.to for sent in mails()] == [["a@acme.example"]]


def test_mail_for_nobody_at_all_is_logged(acme: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    assert queue_to_each("welcome", [""], tenant=acme, context={}) == []
    assert caplog.messages == ["mail for nobody"]


def test_mail_of_a_transaction_that_failed_is_never_sent(acme: Tenant, mails: Mails) -> None:
    with transaction.atomic():
        queue_code(acme)
        transaction.set_rollback(True)
    assert mails() == []


def test_nothing_of_it_can_be_read_while_it_waits(acme: Tenant) -> None:
    queue_code(acme)
    kept = serialize("json", [*Mail.objects.all(), *DBTaskResult.objects.all()])
    ciphertext = Mail.objects.get().sealed_text.ciphertext
    assert ciphertext
    assert CODE not in kept + ciphertext
    (task,) = DBTaskResult.objects.all()
    assert task.args_kwargs == {"args": [str(Mail.objects.get().pk)], "kwargs": {}}


def test_sent_it_is_wiped_and_no_log_line_has_held_it(
    acme: Tenant, mails: Mails, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    queue_code(acme)
    (sent,) = mails()
    assert CODE in str(sent.body)
    kept = Mail.objects.get()
    assert (bool(kept.sealed_text), kept.error, kept.given_up_at) == (False, "", None)
    assert kept.sent_at
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "mail sent" in logged
    assert CODE not in logged
    assert "it@acme.example" not in logged


def test_it_says_that_a_machine_wrote_it_and_is_known_again(acme: Tenant, mails: Mails) -> None:
    kept = queue_code(acme)
    headers = mails()[0].message()
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Message-ID"] == f"<{kept.pk}@localhost>"
    assert headers["From"] == "Huume <no-reply@localhost>"


def test_queue_that_is_worked_off_again_sends_nothing_twice(acme: Tenant, mails: Mails) -> None:
    kept = queue_code(acme, minutes=60)
    assert len(mails()) == 1
    assert deliver.call(str(kept.pk)) == "nothing to do"
    let_pass(timedelta(minutes=10))
    assert len(mails()) == 1


def test_code_that_has_run_out_is_wiped_and_not_sent(acme: Tenant, mails: Mails) -> None:
    queue_code(acme, minutes=15)
    let_pass(timedelta(minutes=16))
    assert mails() == []
    kept = Mail.objects.get()
    assert kept.given_up_at
    assert not kept.sealed_text


def test_mail_of_a_worker_that_died_half_way_goes_out_after_the_lease(acme: Tenant, mails: Mails) -> None:
    kept = queue_code(acme)
    DBTaskResult.objects.all().delete()
    assert claim(str(kept.pk))
    assert mails() == []
    let_pass(timedelta(minutes=2))
    assert len(mails()) == 1


def test_tenants_mails_do_not_mix(acme: Tenant, globex: Tenant, mails: Mails) -> None:
    queue_code(acme, "it@acme.example")
    queue_code(globex, "it@globex.example")
    said = {sent.to[0]: str(sent.body) for sent in mails()}
    assert "Acme Homes" in said["it@acme.example"]
    assert "Globex" not in said["it@acme.example"]
    assert "Globex Housing" in said["it@globex.example"]


def test_it_is_sent_in_its_tenants_schema_and_the_worker_goes_back(
    globex: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, seen = queue_code(globex), []

    def look(mail: Mail) -> str:
        seen.append(current_schema())
        return "sent"

    monkeypatch.setattr("tenants.tasks.send", look)
    with schema_context("public"):
        assert deliver.call(str(kept.pk)) == "sent"
        assert current_schema() == "public"
    assert seen == ["globex"]


def test_two_workers_at_once_send_it_once(staff: Tenant) -> None:
    kept = apart(staff, lambda: queue_code(staff, "once@huume.example"))
    try:
        with ThreadPoolExecutor(2) as threads:
            with table_held("public.tenants_mail"):
                running = [
                    threads.submit(on_own_connection, staff, partial(deliver.call, str(kept.pk)))
                    for _worker in range(2)
                ]
                wait_for_waiting(2)
            outcomes = sorted(future.result() for future in running)
    finally:
        apart(staff, lambda: (Mail.objects.all().delete(), DBTaskResult.objects.all().delete()))
    assert outcomes == ["nothing to do", "sent"]
    assert [sent.to for sent in outgoing.outbox] == [["once@huume.example"]]


def test_daily_sends_what_the_queue_has_lost(acme: Tenant) -> None:
    queue_code(acme)
    DBTaskResult.objects.all().delete()
    call_command("daily")
    assert len(outgoing.outbox) == 1
    assert retry_mail() == 0


def test_mails_done_with_thirty_days_ago_go_and_the_others_stay(acme: Tenant) -> None:
    queue_code(acme, "old@acme.example")
    work_off_queue()
    let_pass(timedelta(days=31))
    queue_code(acme, "sent@acme.example")
    work_off_queue()
    waiting = queue_code(acme, "waiting@acme.example")
    removed = purge_mail()
    assert removed == {"mails": 1, "queued tasks": 1}
    assert set(Mail.objects.values_list("recipient", flat=True)) == {"sent@acme.example", waiting.recipient}
