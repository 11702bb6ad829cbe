"""From the link in a mail to a setup session, and out again: what the contact does, and what it leaves behind."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from huume.setup.tests.setup_cast import ADA, CONTACT, enter_setup, make_link, provider_of
from huume.testing import ClientFor, Mails, TenantClient
from tenants import setup_links
from tenants.models import SetupLink, SetupSession, Tenant

LINK = re.compile(r"http://acme\.localhost:8000(/setup/[A-Za-z0-9_-]{43}/)")
CODE = re.compile(r"\b([0-9]{3}[  ]?[0-9]{3})\b")


def code_in(mails: Mails) -> str:
    """The code in the newest mail to the contact."""
    found = CODE.search(str(mails()[-1].body))
    assert found, mails()[-1].body
    return found[1]


@pytest.fixture
def browser(acme: Tenant, client_for: ClientFor) -> TenantClient:
    return client_for(acme, enforce_csrf_checks=True)


def press(browser: TenantClient, page: str, action: str, **values: str) -> Any:
    """Sends a form of that page as a browser does."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(page).content.decode())
    assert token, page
    return browser.post(action, {"csrfmiddlewaretoken": token[1], **values})


def test_the_way_in(acme: Tenant, browser: TenantClient, mails: Mails) -> None:
    setup_links.send(provider_of(acme), CONTACT, by=ADA)
    (mail,) = mails()
    assert mail.to == [CONTACT]
    found = LINK.search(str(mail.body))
    assert found
    opened = browser.get(found[1])
    assert (opened.status_code, opened["Location"]) == (302, "/setup/")
    assert "Send the code to i…@acme.example" in browser.get("/setup/").content.decode()

    sent = press(browser, "/setup/", "/setup/send-code/")
    assert (sent.status_code, sent["Location"]) == (302, "/setup/code/")
    entered = press(browser, "/setup/code/", "/setup/code/", code=code_in(mails))
    assert (entered.status_code, entered["Location"]) == (302, "/setup/guide/")
    assert browser.cookies[settings.SETUP_LINK_COOKIE_NAME].value == ""

    link, session = SetupLink.objects.get(), SetupSession.objects.get()
    assert session.link == link
    assert link.opened_at
    assert link.entered_at
    assert setup_links.session_of(browser.cookies[settings.SETUP_COOKIE_NAME].value, acme) == session
    assert browser.get("/setup/")["Location"] == "/setup/guide/"


def test_no_portal_session_is_made(acme: Tenant, browser: TenantClient, mails: Mails) -> None:
    _link, token = make_link(acme)
    browser.get(f"/setup/{token}/")
    press(browser, "/setup/", "/setup/send-code/")
    press(browser, "/setup/code/", "/setup/code/", code=code_in(mails))
    assert settings.SESSION_COOKIE_NAME not in browser.cookies
    assert browser.get("/people/")["Location"].startswith("/sign-in/")


def test_nothing_is_sent_without_the_token_of_the_form(acme: Tenant, browser: TenantClient, mails: Mails) -> None:
    _link, token = make_link(acme)
    browser.get(f"/setup/{token}/")
    for address in ("/setup/send-code/", "/setup/code/", "/setup/leave/"):
        assert browser.post(address, {"code": "123456"}).status_code == 403
    assert mails() == []
    assert SetupLink.objects.get().tries == 0


def test_opening_it_twice_spends_nothing(acme: Tenant, client_for: ClientFor) -> None:
    link, token = make_link(acme)
    for browser in (client_for(acme), client_for(acme)):
        assert browser.head(f"/setup/{token}/")["Location"] == "/setup/"
        assert browser.get(f"/setup/{token}/")["Location"] == "/setup/"
        assert browser.get("/setup/").status_code == 200
    link.refresh_from_db()
    assert (link.mails, link.tries, link.code_digest, link.entered_at) == (0, 0, "", None)
    assert link.opened_at


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_a_link_is_only_read(acme: Tenant, browser: TenantClient, method: str) -> None:
    link, token = make_link(acme)
    assert getattr(browser, method)(f"/setup/{token}/").status_code == 405
    link.refresh_from_db()
    assert link.opened_at is None


def test_a_link_entered_once_needs_a_new_code(acme: Tenant, client_for: ClientFor, mails: Mails) -> None:
    link, token = make_link(acme)
    first, second = client_for(acme), client_for(acme)
    for browser in (first, second):
        browser.get(f"/setup/{token}/")
    first.post("/setup/send-code/")
    code = code_in(mails)
    assert first.post("/setup/code/", {"code": code})["Location"] == "/setup/guide/"
    again = second.post("/setup/code/", {"code": code})
    assert again.status_code == 200
    assert "The code was used already" in again.content.decode()
    SetupLink.objects.update(code_sent_at=timezone.now() - timedelta(minutes=2))
    second.post("/setup/send-code/")
    assert second.post("/setup/code/", {"code": code_in(mails)})["Location"] == "/setup/guide/"
    link.refresh_from_db()
    assert (link.mails, link.tries) == (2, 0)


def test_two_people_with_one_link_are_both_in(acme: Tenant, client_for: ClientFor) -> None:
    """Each by a code of their own; neither puts the other out."""
    link, _token = make_link(acme)
    keys = [setup_links.new_secret() for _each in range(2)]
    for key in keys:
        expires_at = timezone.now() + SetupSession.LIFETIME
        SetupSession.objects.create(link=link, key_digest=setup_links.digest(key), expires_at=expires_at)
    assert all(setup_links.session_of(key, acme) for key in keys)
    leaver = client_for(acme)
    leaver.cookies[settings.SETUP_COOKIE_NAME] = keys[0]
    leaver.post("/setup/leave/")
    assert [setup_links.session_of(key, acme) is None for key in keys] == [True, False]


def test_leaving_ends_the_session_and_keeps_the_link(acme: Tenant, client_for: ClientFor) -> None:
    browser, copied = client_for(acme), client_for(acme)
    link = enter_setup(browser, acme)
    copied.cookies[settings.SETUP_COOKIE_NAME] = browser.cookies[settings.SETUP_COOKIE_NAME].value
    assert copied.get("/setup/")["Location"] == "/setup/guide/"

    assert browser.post("/setup/leave/")["Location"] == "/setup/?left"
    assert "You have left the setup" in browser.get("/setup/?left").content.decode()
    assert copied.get("/setup/").status_code == 404
    link.refresh_from_db()
    assert link.is_active


def test_leaving_twice_is_no_mistake(acme: Tenant, client_for: ClientFor) -> None:
    assert client_for(acme).post("/setup/leave/")["Location"] == "/setup/?left"
