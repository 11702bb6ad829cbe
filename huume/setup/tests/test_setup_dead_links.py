"""A link that opens nothing says why and whom to ask, to those alone who hold it; everybody else learns nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from huume.setup.tests.setup_cast import ADA, CONTACT, enter_setup, make_link, provider_of
from huume.testing import ClientFor, TenantClient
from tenants import setup_links
from tenants.actor import COMMAND
from tenants.models import IdentityProvider, SetupLink, SetupSession, Tenant


def run_out(link: SetupLink) -> None:
    SetupLink.objects.filter(pk=link.pk).update(expires_at=timezone.now())


def revoked(link: SetupLink) -> None:
    setup_links.revoke(link, ADA)


def replaced(link: SetupLink) -> None:
    setup_links.make(link.provider, CONTACT, by=ADA)


def done(link: SetupLink) -> None:
    setup_links.finish(link.provider)


def guessed(link: SetupLink) -> None:
    setup_links.close_guessed(link, "203.0.113.7")


ENDS = [
    (run_out, "This link has run out"),
    (revoked, "This link was taken back"),
    (replaced, "There is a newer link"),
    (done, "The setup is done"),
    (guessed, "This link is closed"),
]


@pytest.mark.parametrize(("end", "words"), ENDS)
def test_it_says_why_and_whom_to_ask(
    acme: Tenant, client_for: ClientFor, end: Callable[[SetupLink], None], words: str
) -> None:
    link, token = make_link(acme)
    end(link)
    browser = client_for(acme)
    answer = browser.get(f"/setup/{token}/")
    page = answer.content.decode()
    assert answer.status_code == 410
    assert words in page
    assert f"setup_link_{end.__name__}" in page
    assert ("ada@huume.example" in page) == (end is not done)
    assert token not in page
    assert not browser.cookies
    link.refresh_from_db()
    assert link.opened_at is None


@pytest.mark.parametrize(("end", "words"), ENDS)
def test_whoever_had_opened_it_is_told_at_the_next_step(
    acme: Tenant, client_for: ClientFor, end: Callable[[SetupLink], None], words: str
) -> None:
    link, token = make_link(acme)
    for method, address in (("get", "/setup/"), ("post", "/setup/send-code/"), ("post", "/setup/code/")):
        browser = client_for(acme)
        browser.cookies[settings.SETUP_LINK_COOKIE_NAME] = token
        if link.ended_at is None and not link.has_run_out:
            end(link)
            link.refresh_from_db()
        answer = getattr(browser, method)(address)
        assert answer.status_code == 410
        assert words in answer.content.decode()
        assert browser.cookies[settings.SETUP_LINK_COOKIE_NAME].value == ""
    assert link.mails == link.tries == 0


@pytest.mark.parametrize(("end", "words"), [each for each in ENDS if each[0] in (revoked, replaced, done)])
def test_its_sessions_end_with_it(
    acme: Tenant, client_for: ClientFor, end: Callable[[SetupLink], None], words: str
) -> None:
    browser = client_for(acme)
    link = enter_setup(browser, acme)
    assert browser.get("/setup/")["Location"] == "/setup/guide/"
    end(link)
    assert setup_links.session_of(browser.cookies[settings.SETUP_COOKIE_NAME].value, acme) is None
    answer = browser.get("/setup/")
    assert answer.status_code == 410
    assert words in answer.content.decode()


@pytest.mark.parametrize("end", [run_out, guessed])
def test_a_session_goes_on_where_its_link_ran_out_or_was_guessed_at(
    acme: Tenant, client_for: ClientFor, end: Callable[[SetupLink], None]
) -> None:
    browser = client_for(acme)
    _link, token = make_link(acme)
    enter_setup(browser, acme)
    end(SetupLink.objects.get(ended_at=None))
    assert browser.get("/setup/")["Location"] == "/setup/guide/"
    assert browser.get(f"/setup/{token}/").status_code == 410, "the first one was replaced"


def test_a_link_that_ran_out_leads_whoever_is_in_back_to_the_guide(acme: Tenant, client_for: ClientFor) -> None:
    link, token = make_link(acme)
    browser, key = client_for(acme), setup_links.new_secret()
    SetupSession.objects.create(
        link=link, key_digest=setup_links.digest(key), expires_at=timezone.now() + timedelta(hours=1)
    )
    browser.cookies[settings.SETUP_COOKIE_NAME] = key
    run_out(link)
    assert browser.get(f"/setup/{token}/")["Location"] == "/setup/"


def test_two_hours_later_the_session_is_over_and_the_link_is_not(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    link = enter_setup(browser, acme)
    SetupSession.objects.update(expires_at=timezone.now())
    answer = browser.get("/setup/")
    assert answer.status_code == 410
    assert "Your setup session is over" in answer.content.decode()
    assert link.is_active


@pytest.mark.parametrize("path", ["/setup/", f"/setup/{'A' * 43}/", "/setup/a/", "/setup/%C3%A9%00%22%3E/"])
def test_everything_unknown_reads_alike(acme: Tenant, globex: Tenant, client_for: ClientFor, path: str) -> None:
    make_link(globex)
    answer = client_for(acme).get(path)
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "That is no setup link" in page
    assert "ada@huume.example" not in page
    assert "Globex" not in page


def test_a_link_of_another_tenant_is_unknown_here(acme: Tenant, globex: Tenant, client_for: ClientFor) -> None:
    """Whether it holds or not."""
    link, token = make_link(globex)
    for _each in range(2):
        answer = client_for(acme).get(f"/setup/{token}/")
        assert answer.status_code == 404
        assert "That is no setup link" in answer.content.decode()
        revoked(link)
    link.refresh_from_db()
    assert link.opened_at is None


def test_made_by_a_command_it_names_the_account_manager(acme: Tenant, client_for: ClientFor) -> None:
    link, token = setup_links.make(provider_of(acme), CONTACT, by=COMMAND)
    revoked(link)
    assert "your account manager at Huume" in client_for(acme).get(f"/setup/{token}/").content.decode()
    Tenant.objects.filter(pk=acme.pk).update(account_manager="grace@huume.example")
    assert "grace@huume.example" in client_for(acme).get(f"/setup/{token}/").content.decode()


def test_while_the_tenant_is_suspended_nothing_opens(acme: Tenant, client_for: ClientFor) -> None:
    _link, token = make_link(acme)
    inside, outside = client_for(acme), client_for(acme)
    outside.cookies[settings.SETUP_LINK_COOKIE_NAME] = token
    enter_setup(inside, acme, slug="second")
    acme.suspend()
    for browser, path in ((outside, "/setup/"), (outside, f"/setup/{token}/"), (inside, "/setup/guide/")):
        answer = browser.get(path)
        assert answer.status_code == 403
        assert "tenant_suspended" in answer.content.decode()
    key = inside.cookies[settings.SETUP_COOKIE_NAME].value
    assert setup_links.session_of(key, acme) is None
    acme.resume()
    assert outside.get("/setup/").status_code == 200
    assert setup_links.session_of(key, acme)


def test_a_suspension_that_another_process_has_not_heard_of_yet_holds_too(acme: Tenant, client_for: ClientFor) -> None:
    _link, token = make_link(acme)
    browser: TenantClient = client_for(acme)
    browser.get(f"/setup/{token}/")
    # Without the signals that make this process forget the tenant it knows.
    Tenant.objects.filter(pk=acme.pk).update(suspended_at=timezone.now())
    assert browser.get("/setup/").status_code == 403
    assert browser.post("/setup/send-code/").status_code == 403
    assert SetupLink.objects.get().mails == 0


def test_with_the_provider_its_links_are_gone(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    _link, token = make_link(acme)
    browser.get(f"/setup/{token}/")
    IdentityProvider.objects.filter(tenant=acme).delete()
    assert browser.get("/setup/").status_code == 404
