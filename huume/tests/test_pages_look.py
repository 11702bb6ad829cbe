"""What every page has: a language, a title of its own, one heading, a way out; and nothing that the policy forbids."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connections
from django.http import HttpRequest
from django.test import RequestFactory

from accounts.models import Role, SignIn, User
from huume import refusals
from huume.testing import ClientFor, live_provider_row, make_user
from tenants.models import IdentityProvider, Tenant

# A style or an event handler in an attribute, an address that runs, a script or style in the page itself.
INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)|<[^>]+\s(style|on\w+)\s*=|javascript:", re.IGNORECASE)
TOKEN = re.compile(
    r'<form method="post" action="/sign-out/"><input type="hidden" name="csrfmiddlewaretoken" value="\w+">'
)
AREAS = ("/people/", "/roles/", "/teams/", "/landlords/", "/sign-ins/", "/history/")


def title_of(page: str) -> str:
    return " ".join(re.findall(r"<title>(.*?)</title>", page, re.DOTALL))


def assert_well_made(page: str) -> None:
    assert page.startswith("<!doctype html>")
    assert '<html lang="en-gb">' in page
    assert page.count("<h1") == page.count("<main") == page.count("<title>") == 1
    assert title_of(page).partition(" · ")[0].strip()
    assert not INLINE.search(page)
    assert "http://" not in page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert len(re.findall(r'\sid="([^"]+)"', page)) == len(set(re.findall(r'\sid="([^"]+)"', page)))


def html(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    page: str = answer.content.decode()
    assert_well_made(page)
    return page


@pytest.mark.parametrize("wrong", ['<p style="x">', "<a onclick='x'>", "<script>x</script>", "<STYLE>x</STYLE>"])
def test_what_the_policy_forbids_would_be_found(wrong: str) -> None:
    assert INLINE.search(f"<body>{wrong}")
    assert not INLINE.search('<script src="/static/huume.js" defer></script><p class="style">one = two</p>')


REFUSALS: list[Callable[[HttpRequest], Any]] = [
    refusals.bad_request,
    refusals.forbidden,
    refusals.not_found,
    refusals.server_error,
    refusals.csrf_failure,
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_needs_no_tenant_user_session_or_database(refusal: Callable[[HttpRequest], Any]) -> None:
    request = RequestFactory().get("/somewhere/")
    assert not hasattr(request, "user")
    page = refusal(request).content.decode()
    assert_well_made(page)
    assert "Go to the start page" in page
    assert "sign-out" not in page


def test_a_refusal_does_not_ask_who_it_is(acme: Tenant) -> None:
    """With the database down, a page that looked the reader up would fail while it explains the failure."""

    class Unreachable:
        @property
        def is_authenticated(self) -> bool:
            raise ConnectionError("a refusal asked for the reader")

    request = RequestFactory().get("/")
    request.user = Unreachable()  # type: ignore[assignment]  # stands for what AuthenticationMiddleware leaves unread
    request.tenant = acme  # type: ignore[attr-defined]
    with connections["default"].execute_wrapper(no_statement):
        page = refusals.server_error(request).content.decode()
    assert "Acme Homes" in title_of(page)


def no_statement(*_args: Any) -> None:
    raise AssertionError("a refusal went to the database")


def test_a_suspended_tenant_is_not_sent_in_circles(acme: Tenant) -> None:
    request = RequestFactory().get("/")
    request.tenant = acme  # type: ignore[attr-defined]
    page = refusals.tenant_suspended(request).content.decode()
    assert_well_made(page)
    assert "Go to the start page" not in page


def test_a_refused_sign_in_can_be_read_out_to_support(acme: Tenant) -> None:
    request = RequestFactory().get("/")
    request.tenant = acme  # type: ignore[attr-defined]
    record = SignIn(reference="acme-7F3K2QMD")
    texts = {"title": "Okta did not let you through", "text": "Ask <b>Okta</b>."}
    action = {"action": "/oidc/okta/start/?next=%2F&prompt=login", "action_label": "Sign in as someone else"}
    page = refusals.refuse(request, 403, code="not_assigned", record=record, **texts, **action).content.decode()
    assert_well_made(page)
    assert '<strong class="reference">acme-7F3K2QMD</strong>' in page
    assert "Reason: <code>not_assigned</code>" in page
    assert 'href="/oidc/okta/start/?next=%2F&amp;prompt=login">Sign in as someone else</a>' in page
    assert "Ask &lt;b&gt;Okta" in page


def test_whoever_waits_is_refused_with_a_way_out(acme: Tenant, carol: User, client_for: ClientFor) -> None:
    for path in AREAS:
        page = html(client_for(acme, carol).get(path), 403)
        assert "You are signed in as <bdi>carol.marsh@acme.example</bdi>." in page
        assert TOKEN.search(page)


def test_a_monitor_that_asks_for_the_head_alone_gets_it(acme: Tenant, carol: User, client_for: ClientFor) -> None:
    assert client_for(acme).head("/", follow=True).status_code == 200
    assert client_for(acme, carol).head("/").status_code == 200
    assert client_for(acme, carol).head("/profile/").status_code == 200


def test_a_missing_page(acme: Tenant, client_for: ClientFor) -> None:
    assert "Page not found" in title_of(html(client_for(acme).get("/nowhere/"), 404))


def test_sign_in_has_a_button_for_each_provider_and_one_is_primary(acme: Tenant, client_for: ClientFor) -> None:
    live_provider_row(acme)
    other = live_provider_row(acme, "northside")
    other.label = "Northside <Housing>"
    other.save()
    page = html(client_for(acme).get("/sign-in/"))
    assert "Sign in to Acme Homes" in page
    assert re.search(r'primary" href="/oidc/okta/start/\?next=%2F">Continue with Okta<', page)
    assert re.search(r'wide" href="/oidc/northside/start/\?next=%2F">Continue with Northside &lt;Housing&gt;<', page)
    assert page.count("primary") == 1
    assert "the page you asked for" not in page


def test_sign_in_says_that_a_deep_link_is_kept(
    acme: Tenant, acme_provider: IdentityProvider, client_for: ClientFor
) -> None:
    page = html(client_for(acme).get("/sign-in/", {"next": "/people/?q=a"}))
    assert "the page you asked for" in page
    assert "?next=%2Fpeople%2F%3Fq%3Da" in page


def test_sign_in_without_a_live_provider_is_honest(
    acme: Tenant, acme_provider: IdentityProvider, client_for: ClientFor
) -> None:
    acme_provider.disable()
    page = html(client_for(acme).get("/sign-in/"))
    assert "Sign-in is being set up" in title_of(page)
    assert "Continue with" not in page


@pytest.mark.parametrize("query", [{"signed-out": ""}, {"next": "/?state=signed-out"}])
def test_signed_out_is_said(
    acme: Tenant, acme_provider: IdentityProvider, client_for: ClientFor, query: dict[str, str]
) -> None:
    page = html(client_for(acme).get("/sign-in/", query))
    assert "You are signed out." in page
    assert "the page you asked for" not in page
    assert "?next=%2F" in page


def test_waiting_names_who_can_let_in_and_no_address(
    acme: Tenant, alice: User, carol: User, client_for: ClientFor
) -> None:
    unnamed = User.objects.add_in_advance("chief@acme.example")
    unnamed.groups.set(Role.objects.filter(name="User administrator"))
    page = html(client_for(acme, carol).get("/"))
    assert "Carol Marsh" in page
    assert "carol.marsh@acme.example" in page
    assert re.findall(r"<li><strong><bdi>(.*?)</bdi>", page) == ["Alice Reed"]
    assert "alice.reed@" not in page
    assert "chief@" not in page
    assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in page
    assert TOKEN.search(page)


def test_waiting_has_no_gap_where_an_address_would_be(acme: Tenant, carol: User, client_for: ClientFor) -> None:
    User.objects.filter(pk=carol.pk).update(email="")
    assert "You are <strong><bdi>Carol Marsh</bdi></strong>." in html(client_for(acme, carol).get("/"))


def test_waiting_is_honest_where_nobody_can_let_in(acme: Tenant, carol: User, client_for: ClientFor) -> None:
    assert "has no user administrator yet" in html(client_for(acme, carol).get("/"))
    User.objects.add_in_advance("chief@acme.example").groups.set(Role.objects.filter(name="User administrator"))
    page = html(client_for(acme, carol).get("/"))
    assert "has not signed in yet" in page
    assert "chief@" not in page


def test_home_links_to_what_is_open_and_nothing_else(
    acme: Tenant, alice: User, bob: User, client_for: ClientFor
) -> None:
    administrators = html(client_for(acme, alice).get("/"))
    assert "alice.reed@acme.example" in administrators
    assert all(f'href="{path}"' in administrators for path in AREAS)
    staff = html(client_for(acme, bob).get("/"))
    assert "bob.lund@acme.example" in staff
    assert not any(f'href="{path}"' in staff for path in AREAS)
    assert re.search(r"<bdi>Staff</bdi>.*<bdi>Red</bdi>", staff, re.DOTALL)


def test_home_says_how_many_wait_to_whoever_may_let_them_in(
    acme: Tenant, alice: User, carol: User, client_for: ClientFor
) -> None:
    assert "1 person waits for access" in html(client_for(acme, alice).get("/"))
    make_user("Dev Patel")
    assert "2 people wait for access" in html(client_for(acme, alice).get("/"))
    manager = make_user("Mo Khan", roles=("Manager",))
    assert "waits for access" not in html(client_for(acme, manager).get("/"))


def test_profile_says_in_words_what_the_reader_may_do(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    page = html(client_for(acme, alice).get("/profile/"))
    assert "Managed by your directory, and refreshed at each sign-in." in page
    assert "<li>Give and take access</li>" in page
    assert "alice.reed@acme.example" in page


def test_profile_of_whoever_waits(acme: Tenant, carol: User, client_for: ClientFor) -> None:
    assert "You have no role yet" in html(client_for(acme, carol).get("/profile/"))


def test_every_page_of_the_portal_is_well_made(acme: Tenant, alice: User, bob: User, client_for: ClientFor) -> None:
    browser = client_for(acme, alice)
    paths = ("/", "/profile/", *AREAS, f"/people/{bob.pk}/", "/roles/add/", "/teams/add/", "/landlords/add/")
    pages = {path: html(browser.get(path)) for path in paths}
    assert len({title_of(page) for page in pages.values()}) == len(pages)
    for path, page in pages.items():
        assert TOKEN.search(page), path
        assert page.index('href="#content"') < page.index("<nav") < page.index('<main class="content" id="content"')
    for path in AREAS:
        assert f'<a href="{path}" aria-current="page">' in pages[path]
    assert '<a href="/people/" aria-current="true">' in pages[f"/people/{bob.pk}/"]


def test_markup_in_a_name_stays_text(acme: Tenant, acme_provider: IdentityProvider, client_for: ClientFor) -> None:
    eve = make_user("<img src=x onerror=alert(1)> Eve", roles=("Staff",), teams=("<b>Red</b>",))
    for path in ("/", "/profile/"):
        page = html(client_for(acme, eve).get(path))
        assert "<img" not in page
        assert "<b>" not in page


def test_what_pages_load_is_ours_and_is_there(acme: Tenant, client_for: ClientFor) -> None:
    loaded = re.findall(r'(?:src|href)="(/static/[^"]+)"', html(client_for(acme).get("/sign-in/")))
    assert sorted(loaded) == ["/static/favicon.svg", "/static/huume.css", "/static/huume.js"]
    assert all(finders.find(path.removeprefix(settings.STATIC_URL)) for path in loaded)


def test_a_page_without_a_tenant_is_huumes() -> None:
    request = RequestFactory().get("/")
    request.user = SimpleNamespace(is_authenticated=False)  # type: ignore[assignment]  # as anybody
    assert title_of(refusals.not_found(request).content.decode()) == "Page not found"
