"""A sign-in over TLS on a domain of its own: cookies, Strict-Transport-Security, the sign-out address."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from huume.tests.certified_cast import PEOPLE, SECRET, application
from huume.tests.certified_provider import CertifiedProvider
from huume.tests.tls_portal import DOMAIN, TlsPortal

pytestmark = [pytest.mark.xdist_group("journeys"), pytest.mark.timeout(240)]
OWN_HOST = "portal.acme.example"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsPortal]:
    process = TlsPortal(tmp_path_factory.mktemp("tls"))
    client = application(f"https://acme.{DOMAIN}:{process.port}", "okta")
    with CertifiedProvider(okta_like=True, clients=[client], people=PEOPLE) as okta, process:
        process.manage("provision_tenant", "acme", "--name", "Acme Homes", "--host", OWN_HOST)
        process.manage(
            *["configure_provider", "acme", "okta", "--issuer", okta.issuer, "--client-id", "acme-okta"],
            *["--client-secret-stdin", "--activate"],
            stdin=SECRET,
        )
        yield process


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with chromium.new_context(ignore_https_errors=True) as window:
        yield window.new_page()


def cookies(page: Page, address: str) -> dict[str, Any]:
    return {cookie["name"]: cookie for cookie in page.context.cookies(address)}


def test_cookies_and_sign_out(portal: TlsPortal, page: Page) -> None:
    address = f"https://acme.{DOMAIN}:{portal.port}"
    page.goto(address)
    page.get_by_role("link", name="Okta").click()
    assert set(cookies(page, address)) == {"__Host-attempt"}, "no session before somebody is signed in"
    page.get_by_role("button", name="Carol Marsh").click()
    expect(page.get_by_text("carol.marsh@acme.example").first).to_be_visible()

    held = cookies(page, address)
    assert {"__Host-session", "__Host-csrf"} <= set(held)
    for cookie in held.values():
        # A cookie with the prefix has no Domain: the browser itself keeps it from any other host.
        assert cookie["name"].startswith("__Host-")
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
        assert (cookie["domain"], cookie["path"]) == (f"acme.{DOMAIN}", "/")

    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.get_by_role("button", name="Sign out").first.click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page.get_by_text("You are signed out")).to_be_visible()
    at_the_provider = next(urlsplit(request.url).query for request in asked if "/oauth2/v1/logout?" in request.url)
    assert parse_qs(at_the_provider)["post_logout_redirect_uri"] == [address]
    assert "__Host-session" not in cookies(page, address)


@pytest.mark.parametrize(
    ("host", "policy"),
    [
        (f"acme.{DOMAIN}", "max-age=31536000; includeSubDomains; preload"),
        (DOMAIN, "max-age=31536000; includeSubDomains; preload"),
        (OWN_HOST, "max-age=31536000"),
    ],
)
def test_strict_transport_security(portal: TlsPortal, host: str, policy: str) -> None:
    assert portal.get(f"{host}:{portal.port}", "/sign-in/").headers["Strict-Transport-Security"] == policy


def test_addresses_come_from_the_register(portal: TlsPortal) -> None:
    answer = portal.get(f"ACME.{DOMAIN}:1234", "/oidc/okta/start/")
    sent = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert sent["redirect_uri"] == [f"https://acme.{DOMAIN}:{portal.port}/oauth2/okta/authresp"]
