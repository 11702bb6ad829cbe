"""The way into a setup in a browser, over TLS: what the browser keeps, and what it tells the servers it asks."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from huume.tests.tls_portal import DOMAIN, TlsPortal
from tenants import setup_codes
from tenants.models import SetupLink

pytestmark = [pytest.mark.xdist_group("journeys"), pytest.mark.timeout(240)]
HOST = f"acme.{DOMAIN}"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsPortal]:
    with TlsPortal(tmp_path_factory.mktemp("setup-tls")) as process:
        process.manage("provision_tenant", "acme", "--name", "Acme Homes", "--contact", "it@acme.example")
        yield process


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with chromium.new_context(ignore_https_errors=True) as window:
        yield window.new_page()


def new_link(portal: TlsPortal) -> str:
    found = re.match(r"https://\S+", portal.manage("send_setup_link", "acme", "--print"))
    assert found
    return found[0]


def put_code(portal: TlsPortal, code: str) -> None:
    """As if this were the code that the newest mail holds."""
    ((pk,),) = portal.sql("SELECT id FROM tenants_setuplink WHERE ended_at IS NULL")
    digest = setup_codes.code_digest(SetupLink(pk=pk), code)
    portal.sql(f"UPDATE tenants_setuplink SET code_digest = '{digest}' WHERE id = '{pk}'")


def cookies(page: Page, address: str) -> dict[str, Any]:
    return {cookie["name"]: cookie for cookie in page.context.cookies(address)}


def test_from_the_link_to_the_guide(portal: TlsPortal, page: Page) -> None:
    address = new_link(portal)
    token = address.rstrip("/").rpartition("/")[2]
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.goto(address)
    assert urlsplit(page.url).path == "/setup/"
    held = cookies(page, address)
    assert {"__Host-setup-link"} <= set(held) <= {"__Host-setup-link", "__Host-csrf"}

    page.get_by_role("button", name="Send the code to").click()
    put_code(portal, "123456")
    page.get_by_label("Code").fill("654 321")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("9 tries are left").first).to_be_visible()
    page.get_by_label("Code").fill("123 456")
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(re.compile(r"/setup/guide/"))

    held = cookies(page, address)
    assert "__Host-setup-link" not in held
    for name in ("__Host-setup", "__Host-csrf"):
        cookie = held[name]
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
        assert (cookie["domain"], cookie["path"]) == (HOST, "/")
    referers = {request.headers.get("referer", "") for request in asked}
    assert f"https://{HOST}:{portal.port}/setup/" in referers, "they are there to be seen"
    assert not any(token in referer for referer in referers)
    assert len([request for request in asked if token in request.url]) == 1


def test_a_dead_link_tells_nobody_where_it_was(portal: TlsPortal, page: Page) -> None:
    address = new_link(portal)
    new_link(portal)
    token = address.rstrip("/").rpartition("/")[2]
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.goto(address)
    expect(page.get_by_role("heading", name="There is a newer link")).to_be_visible()
    page.get_by_role("link", name="Go to the start page").click()
    expect(page).to_have_url(re.compile(r"/sign-in/"))
    assert len(asked) > 2
    assert [request for request in asked if token in request.headers.get("referer", "")] == []
