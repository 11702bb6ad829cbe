"""The token leaves the address bar at once, goes out by no Referer, and guessing for one is limited."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings

from huume.logs import JsonFormatter
from huume.setup.tests.setup_cast import enter_setup, make_link, set_code
from huume.testing import ClientFor, TenantClient
from tenants import setup_links
from tenants.models import SetupLink, SetupSession, Tenant


def walk(browser: TenantClient, token: str) -> list[Any]:
    """Every answer from the link to the guide, and out."""
    answers = [browser.get(f"/setup/{token}/"), browser.get("/setup/"), browser.post("/setup/send-code/")]
    set_code(SetupLink.objects.get(ended_at=None), "123456")
    answers += [browser.get("/setup/code/"), browser.post("/setup/code/", {"code": "654321"})]
    answers += [browser.post("/setup/code/", {"code": "123456"}), browser.get("/setup/")]
    return [*answers, browser.post("/setup/leave/"), browser.get("/setup/?left")]


def test_the_token_is_in_no_body_and_no_location(acme: Tenant, client_for: ClientFor) -> None:
    link, token = make_link(acme)
    answers = walk(client_for(acme), token)
    assert answers[0]["Location"] == "/setup/"
    for answer in answers:
        assert token not in answer.content.decode()
        assert token not in answer.headers.get("Location", "")
    setup_links.revoke(link, setup_links.contact(link))
    assert token not in client_for(acme).get(f"/setup/{token}/").content.decode()


def test_no_answer_is_kept_or_found_by_a_search(acme: Tenant, client_for: ClientFor) -> None:
    _link, token = make_link(acme)
    for answer in [*walk(client_for(acme), token), client_for(acme).get("/setup/nonsense/")]:
        assert answer["Cache-Control"] == "no-store, private"
        assert answer["X-Robots-Tag"] == "noindex, nofollow"


def test_nothing_under_a_links_address_says_where_it_was(acme: Tenant, client_for: ClientFor) -> None:
    link, token = make_link(acme)
    answers = [client_for(acme).get(f"/setup/{token}/"), client_for(acme).get(f"/setup/{'A' * 43}/")]
    setup_links.revoke(link, setup_links.contact(link))
    answers.append(client_for(acme).get(f"/setup/{token}/"))
    assert [answer.status_code for answer in answers] == [302, 404, 410]
    for answer in answers:
        assert answer["Referrer-Policy"] == "no-referrer"
        # A browser would send it without its origin, and it would be refused.
        assert "<form" not in answer.content.decode()


def test_pages_with_a_form_tell_no_other_site(acme: Tenant, client_for: ClientFor) -> None:
    _link, token = make_link(acme)
    for answer in walk(client_for(acme), token)[1:]:
        assert answer["Referrer-Policy"] == "same-origin"


def cookies_of(browser: TenantClient) -> dict[str, Any]:
    return {name: cookie for name, cookie in browser.cookies.items() if name.endswith(("setup", "setup-link"))}


@pytest.mark.parametrize("prefix", ["", "__Host-"])
def test_cookies(acme: Tenant, client_for: ClientFor, prefix: str) -> None:
    """On localhost, and as over https."""
    names = {"SETUP_LINK_COOKIE_NAME": f"{prefix}setup-link", "SETUP_COOKIE_NAME": f"{prefix}setup"}
    with override_settings(**names, SESSION_COOKIE_SECURE=bool(prefix)):
        _link, token = make_link(acme)
        browser = client_for(acme)
        browser.get(f"/setup/{token}/")
        (kept,) = [cookie for cookie in cookies_of(browser).values() if cookie.value]
        assert (kept.key, kept["max-age"]) == (f"{prefix}setup-link", 3600)
        walk_in(browser)
        assert cookies_of(browser)[f"{prefix}setup"]["max-age"] == 7200
        for cookie in cookies_of(browser).values():
            assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
            assert (bool(cookie["secure"]), cookie["domain"]) == (bool(prefix), "")


def walk_in(browser: TenantClient) -> None:
    browser.post("/setup/send-code/")
    set_code(SetupLink.objects.get(), "123456")
    assert browser.post("/setup/code/", {"code": "123456"})["Location"] == "/setup/guide/"


def test_the_names_have_the_prefix_of_the_session() -> None:
    prefix = settings.SESSION_COOKIE_NAME.removesuffix("session")
    assert f"{prefix}setup-link" == settings.SETUP_LINK_COOKIE_NAME
    assert f"{prefix}setup" == settings.SETUP_COOKIE_NAME


def test_guessing_tokens_is_limited_by_address(acme: Tenant, client_for: ClientFor) -> None:
    _link, token = make_link(acme)
    guesser = client_for(acme, REMOTE_ADDR="203.0.113.9")
    statuses = [guesser.get(f"/setup/{number:043d}/").status_code for number in range(31)]
    assert statuses == [404] * 30 + [429]
    answer = guesser.get(f"/setup/{token}/")
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert "too_many_setup_links" in answer.content.decode()
    assert client_for(acme, REMOTE_ADDR="203.0.113.10").get(f"/setup/{token}/").status_code == 302


def test_without_a_sign_in_rate_there_is_no_limit(acme: Tenant, client_for: ClientFor) -> None:
    with override_settings(SIGN_IN_RATE=0):
        browser = client_for(acme)
        assert {browser.get(f"/setup/{number:043d}/").status_code for number in range(32)} == {404}


def test_a_mistake_of_ours_does_not_write_the_token_down(
    acme: Tenant, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    _link, token = make_link(acme)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE public.tenants_setuplink RENAME COLUMN opened_at TO broken")
    browser = client_for(acme, raise_request_exception=False)
    with transaction.atomic():
        assert browser.get(f"/setup/{token}/").status_code == 500
        transaction.set_rollback(True)
    written = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    assert "Internal Server Error: /setup/" in written
    assert token not in written


def test_good_links_are_no_guesses(acme: Tenant, client_for: ClientFor) -> None:
    _link, token = make_link(acme)
    assert {client_for(acme).get(f"/setup/{token}/").status_code for _each in range(32)} == {302}


@pytest.mark.parametrize("email", ['"<script>x</script>"@acme.example', '"<b>@"@acme.example', "it'&co@acme.example"])
def test_markup_in_an_address_stays_text(acme: Tenant, client_for: ClientFor, email: str) -> None:
    link, token = make_link(acme)
    SetupLink.objects.update(email=email)
    Tenant.objects.filter(pk=acme.pk).update(name="<img src=x> & Co")
    link.provider.label = "<svg onload=x>"
    link.provider.save()
    browser = client_for(acme)
    for answer in walk(browser, token):
        assert not re.search(r"<(script>x|b>@|img src=x|svg onload)", answer.content.decode())


def test_the_digest_alone_is_kept(acme: Tenant, client_for: ClientFor) -> None:
    _link, token = make_link(acme)
    browser = client_for(acme)
    enter_setup(browser, acme, slug="second")
    rows = str([*SetupLink.objects.values(), *SetupSession.objects.values()])
    assert token not in rows
    assert browser.cookies[settings.SETUP_COOKIE_NAME].value not in rows
    assert len(token) == 43
