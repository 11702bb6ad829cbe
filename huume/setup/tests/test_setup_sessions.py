"""A setup session is of one provider of one tenant, and of nobody else's."""

import secrets

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory
from django_tenants.utils import tenant_context

from accounts.models import User
from huume.setup.access import SetupRequest, actor_of, with_setup_session
from huume.setup.tests.setup_cast import enter_setup, make_link
from huume.testing import ClientFor, TenantClient, live_provider_row
from tenants import setup_links
from tenants.models import IdentityProvider, SetupSession, Tenant


@with_setup_session
def whose(request: SetupRequest) -> HttpResponse:
    return HttpResponse(f"{request.provider.tenant.schema_name} {request.provider.slug} {actor_of(request).name}")


def ask(browser: TenantClient, tenant: Tenant) -> HttpResponse:
    """A page behind the code, as that browser sees it."""
    request = RequestFactory().get("/setup/guide/")
    request.COOKIES = {name: cookie.value for name, cookie in browser.cookies.items()}
    request.tenant = tenant  # type: ignore[attr-defined]  # as TenantMiddleware does
    answer = whose(request)
    assert isinstance(answer, HttpResponse)
    return answer


def test_without_a_session_everybody_is_sent_to_the_door(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    for key in ("", "x", secrets.token_urlsafe(32), "A" * 5000, "\x00é"):
        browser.cookies[settings.SETUP_COOKIE_NAME] = key
        answer = ask(browser, acme)
        assert (answer.status_code, answer["Location"]) == (302, "/setup/")


def test_a_session_of_globex_is_nothing_at_acme(acme: Tenant, globex: Tenant, client_for: ClientFor) -> None:
    """Mallory, IT contact of globex, takes her cookies to acme."""
    mallory = client_for(globex)
    enter_setup(mallory, globex, email="mallory@globex.example")
    with tenant_context(globex):
        assert ask(mallory, globex).content == b"globex okta mallory@globex.example"
    at_acme = client_for(acme)
    at_acme.cookies[settings.SETUP_COOKIE_NAME] = mallory.cookies[settings.SETUP_COOKIE_NAME].value
    assert ask(at_acme, acme)["Location"] == "/setup/"
    answer = at_acme.get("/setup/")
    assert answer.status_code == 404
    assert b"lobex" not in answer.content
    at_acme.post("/setup/leave/")
    assert SetupSession.objects.count() == 1


def test_a_link_cookie_of_globex_sends_no_code_at_acme(acme: Tenant, globex: Tenant, client_for: ClientFor) -> None:
    link, token = make_link(globex)
    at_acme = client_for(acme)
    at_acme.cookies[settings.SETUP_LINK_COOKIE_NAME] = token
    for path in ("/setup/send-code/", "/setup/code/"):
        assert at_acme.post(path, {"code": "123456"}).status_code == 404
    link.refresh_from_db()
    assert (link.mails, link.tries) == (0, 0)


def test_a_portal_session_opens_no_setup(acme: Tenant, client_for: ClientFor, alice: User) -> None:
    browser = client_for(acme, alice)
    assert browser.get("/people/").status_code == 200
    browser.cookies[settings.SETUP_COOKIE_NAME] = browser.cookies[settings.SESSION_COOKIE_NAME].value
    assert browser.get("/setup/guide/")["Location"] == "/setup/"


def test_a_session_is_of_its_own_provider_alone(acme: Tenant, client_for: ClientFor) -> None:
    first, second = client_for(acme), client_for(acme)
    enter_setup(first, acme, slug="okta")
    enter_setup(second, acme, slug="second", email="sam@acme.example")
    assert ask(first, acme).content == b"acme okta it@acme.example"
    assert ask(second, acme).content == b"acme second sam@acme.example"


def test_a_new_link_wins_over_a_session_of_another_provider(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme, slug="okta")
    link, token = make_link(acme, "second", "sam@acme.example")
    browser.get(f"/setup/{token}/")
    assert browser.cookies[settings.SETUP_COOKIE_NAME].value == ""
    assert "s…@acme.example" in browser.get("/setup/").content.decode()
    assert setup_links.session_of(browser.cookies[settings.SETUP_LINK_COOKIE_NAME].value, acme) is None
    assert link.is_active


def test_a_dead_link_of_another_provider_leaves_the_session_alone(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme, slug="okta")
    link, token = make_link(acme, "second")
    setup_links.revoke(link, setup_links.contact(link))
    assert browser.get(f"/setup/{token}/").status_code == 410
    assert ask(browser, acme).content == b"acme okta it@acme.example"


def test_the_provider_is_read_as_it_is_now(acme: Tenant, client_for: ClientFor) -> None:
    live_provider_row(acme)
    browser = client_for(acme)
    enter_setup(browser, acme)
    IdentityProvider.objects.update(slug="renamed")
    assert ask(browser, acme).content == b"acme renamed it@acme.example"


def test_pages_behind_the_code_are_not_kept(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    answer = ask(browser, acme)
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("path", ["/setup/guide/", "/setup/print/", "/setup/details/", "/setup/check/", "/setup/live/"])
def test_every_page_of_the_setup_is_closed(acme: Tenant, client_for: ClientFor, path: str) -> None:
    for method in ("get", "post"):
        answer = getattr(client_for(acme), method)(path)
        assert (answer.status_code, answer["Location"]) == (302, "/setup/")
