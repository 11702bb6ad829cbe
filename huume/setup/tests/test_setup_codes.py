"""The code: to the contact alone, five mails, ten wrong tries, fifteen minutes, once."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import HistoryEntry
from huume.logs import JsonFormatter
from huume.setup.tests.setup_cast import CONTACT, make_link, set_code
from huume.setup.tests.test_setup_entering import code_in
from huume.testing import ClientFor, Mails, TenantClient
from tenants import setup_codes, setup_links
from tenants.models import SetupLink, SetupSession, Tenant
from tenants.setup_links import SetupRefused


@pytest.fixture
def link(acme: Tenant) -> SetupLink:
    return make_link(acme)[0]


def later(**ago: int) -> None:
    SetupLink.objects.filter(ended_at=None).update(code_sent_at=timezone.now() - timedelta(**ago))


def refused(link: SetupLink, typed: str) -> str:
    with pytest.raises(SetupRefused) as refusal:
        setup_codes.enter(link, typed)
    return refusal.value.code


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "12a456", "१२३४५६", "123456\x00", "1" * 5000, "<b>1</b>", "' or 1=1"]
)
def test_what_is_no_six_digits_is_no_try(link: SetupLink, typed: str) -> None:
    setup_codes.send_code(link)
    assert refused(link, typed) == "setup_code_malformed"
    link.refresh_from_db()
    assert link.tries == 0


@pytest.mark.parametrize(
    "typed", ["123456", "123 456", " 123-456\n", "123\u00a0456", "1 2 3 4 5 6", "123\u2013456", "\u200b123456"]
)
def test_however_it_is_spaced_it_is_the_code(link: SetupLink, typed: str) -> None:
    setup_codes.send_code(link)
    set_code(link, "123456")
    session, key = setup_codes.enter(link, typed, "203.0.113.7", "Firefox")
    assert setup_links.session_of(key, link.provider.tenant) == session
    assert (session.ip_address, session.user_agent) == ("203.0.113.7", "Firefox")
    assert key not in str(SetupSession.objects.values())


def test_no_code_is_good_before_one_was_sent(link: SetupLink) -> None:
    assert refused(link, "000000") == "setup_code_late"
    assert link.tries == 0


def test_a_wrong_code_is_counted_and_said(acme: Tenant, client_for: ClientFor, mails: Mails) -> None:
    _link, token = make_link(acme)
    browser = client_for(acme)
    browser.get(f"/setup/{token}/")
    browser.post("/setup/send-code/")
    wrong = other(code_in(mails))
    answer = browser.post("/setup/code/", {"code": wrong})
    assert "9 tries are left" in answer.content.decode()
    assert wrong not in answer.content.decode()
    assert SetupLink.objects.get().tries == 1
    assert not SetupSession.objects.exists()


def test_it_works_once(link: SetupLink) -> None:
    setup_codes.send_code(link)
    set_code(link, "123456")
    setup_codes.enter(link, "123456")
    assert refused(link, "123456") == "setup_code_late"
    assert SetupSession.objects.count() == 1


def test_it_is_good_for_fifteen_minutes(link: SetupLink) -> None:
    setup_codes.send_code(link)
    set_code(link, "123456")
    later(minutes=15)
    assert refused(link, "123456") == "setup_code_late"
    later(minutes=14, seconds=50)
    assert setup_codes.enter(link, "123456")


def test_a_newer_code_takes_the_place_of_the_former(link: SetupLink, mails: Mails) -> None:
    setup_codes.send_code(link)
    former = code_in(mails)
    later(minutes=1)
    setup_codes.send_code(link)
    newest = code_in(mails)
    if former != newest:
        assert refused(link, former) == "setup_code_wrong"
    assert setup_codes.enter(link, newest)


def test_a_code_of_another_link_is_wrong(acme: Tenant, link: SetupLink) -> None:
    twin, _token = make_link(acme, "second")
    for each in (link, twin):
        setup_codes.send_code(each)
    set_code(link, "123456")
    set_code(twin, "654321")
    assert refused(twin, "123456") == "setup_code_wrong"
    # The same six digits leave other digests.
    assert setup_codes.code_digest(link, "123456") != setup_codes.code_digest(twin, "123456")


def test_a_second_press_within_a_minute_sends_nothing(acme: Tenant, client_for: ClientFor, mails: Mails) -> None:
    _link, token = make_link(acme)
    browser = client_for(acme)
    browser.get(f"/setup/{token}/")
    assert browser.post("/setup/send-code/")["Location"] == "/setup/code/"
    code = code_in(mails)
    assert browser.post("/setup/send-code/")["Location"] == "/setup/code/?recent"
    assert "less than a minute ago" in browser.get("/setup/code/?recent").content.decode()
    assert len(mails()) == SetupLink.objects.get().mails == 1
    assert browser.post("/setup/code/", {"code": code})["Location"] == "/setup/guide/"


def test_five_mails_and_no_more(acme: Tenant, client_for: ClientFor, mails: Mails) -> None:
    _link, token = make_link(acme)
    browser = client_for(acme)
    browser.get(f"/setup/{token}/")
    for _each in range(5):
        assert browser.post("/setup/send-code/").status_code == 302
        later(minutes=1)
    answer = browser.post("/setup/send-code/")
    assert answer.status_code == 403
    assert "setup_codes_used_up" in answer.content.decode()
    assert "ada@huume.example" in answer.content.decode()
    assert [mail.to for mail in mails()] == [[CONTACT]] * 5
    # The fifth code is as good as any.
    assert browser.post("/setup/code/", {"code": code_in(mails)})["Location"] == "/setup/guide/"


def test_ten_wrong_tries_across_resends_close_the_link(acme: Tenant, client_for: ClientFor, mails: Mails) -> None:
    _link, token = make_link(acme)
    browser: TenantClient = client_for(acme)
    browser.get(f"/setup/{token}/")
    answers: list[Any] = []
    for _mail in range(2):
        browser.post("/setup/send-code/")
        wrong = other(code_in(mails))
        answers += [browser.post("/setup/code/", {"code": wrong}) for _try in range(5)]
        later(minutes=1)
    assert [answer.status_code for answer in answers] == [200] * 9 + [410]
    link = SetupLink.objects.get()
    assert (link.tries, link.end) == (10, SetupLink.End.GUESSED)
    assert "closed" in str(mails()[-1].subject).lower() or "closed" in str(mails()[-1].body).lower()
    assert refused(link, "123456") == "setup_link_guessed"
    assert client_for(acme).get(f"/setup/{token}/").status_code == 410


def test_with_no_try_left_the_right_code_is_refused_too(link: SetupLink) -> None:
    """Even if nobody had closed the link."""
    setup_codes.send_code(link)
    set_code(link, "123456")
    SetupLink.objects.update(tries=SetupLink.MOST_TRIES)
    refused(link, "123456")
    assert not SetupSession.objects.exists()
    assert SetupLink.objects.get().tries == SetupLink.MOST_TRIES


def test_right_codes_are_no_wrong_tries(link: SetupLink) -> None:
    for _each in range(3):
        setup_codes.send_code(link)
        set_code(link, "123456")
        setup_codes.enter(link, "123456")
        later(minutes=1)
    link.refresh_from_db()
    assert (link.tries, link.mails) == (0, 3)


def test_a_dead_link_sends_no_code_and_takes_none(link: SetupLink, mails: Mails) -> None:
    setup_codes.send_code(link)
    code = code_in(mails)
    SetupLink.objects.update(ended_at=timezone.now(), end=SetupLink.End.REVOKED)
    assert refused(link, code) == "setup_link_ended"
    with pytest.raises(SetupRefused):
        setup_codes.send_code(link)
    assert len(mails()) == 1


def test_codes_and_tokens_are_in_no_log_and_no_history(
    acme: Tenant, client_for: ClientFor, mails: Mails, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    link, token = make_link(acme)
    browser = client_for(acme)
    browser.get(f"/setup/{token}/")
    browser.post(f"/setup/{token}/")
    client_for(acme, enforce_csrf_checks=True).post(f"/setup/{token}/")
    browser.get(f"/setup/{token[:-1]}/")
    browser.post("/setup/send-code/")
    code = code_in(mails)
    browser.post("/setup/code/", {"code": other(code)})
    browser.post("/setup/code/", {"code": code})
    setup_links.revoke(link, setup_links.contact(link))
    lines = [JsonFormatter().format(record) for record in caplog.records]
    kept = [str(row) for row in [*HistoryEntry.objects.values(), *SetupLink.objects.values()]]
    written = "\n".join([*lines, *kept])
    assert "wrong setup code" in written
    key = browser.cookies[settings.SETUP_COOKIE_NAME].value
    for secret in (token, token[:-1], code, other(code), key):
        assert secret not in written


def test_each_step_is_on_record(acme: Tenant, client_for: ClientFor, mails: Mails) -> None:
    link, token = make_link(acme)
    browser = client_for(acme, REMOTE_ADDR="203.0.113.7")
    for _each in range(2):
        browser.get(f"/setup/{token}/")
    browser.post("/setup/send-code/")
    code = code_in(mails)
    browser.post("/setup/code/", {"code": other(code)})
    browser.post("/setup/code/", {"code": code})
    setup_links.revoke(link, setup_links.contact(link))
    steps = ["shown", "opened", "code_sent", "wrong_code", "entered", "revoked"]
    entries = HistoryEntry.objects.filter(about=str(link.pk)).order_by("pk")
    assert [entry.kind for entry in entries] == [f"setup_link.{step}" for step in steps]
    assert [entry.actor_kind for entry in entries][:2] == ["staff", "contact"]
    assert entries[1].ip_address == "203.0.113.7"
