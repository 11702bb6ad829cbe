"""The guide and the hand-over form in Chromium: wide, narrow, light, dark, on paper."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.tests.fake_provider import FakeProvider
from huume.tests.pages import PICTURES, expect_good, open_window, watched
from huume.tests.portal_process import PortalProcess

pytestmark = [pytest.mark.xdist_group("journeys"), pytest.mark.timeout(240)]
ENTER = """
from django.conf import settings
from tenants.models import Tenant
from huume.setup.tests.setup_cast import make_link, make_session, provider_of
tenant = Tenant.objects.get(schema_name="acme")
provider_of(tenant, "{slug}", "{kind}")
print("cookie", settings.SETUP_COOKIE_NAME, make_session(make_link(tenant, "{slug}")[0]))
"""
STEPS = ["create", "name", "grant", "redirect", "sign-out", "access", "scopes", "assignments", "tile", "credentials"]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    process = PortalProcess(tmp_path_factory.mktemp("guide"), OIDC_ALLOW_LOCAL_PROVIDERS="1")
    with process:
        process.manage("provision_tenant", "acme", "--name", "Acme Homes")
        yield process


def entered(chromium: Browser, portal: PortalProcess, slug: str = "okta", kind: str = "okta") -> Page:
    """A page of a browser that is in a setup session."""
    said = portal.manage("shell", "--verbosity", "0", "-c", ENTER.format(slug=slug, kind=kind))
    _word, name, key = next(line for line in said.splitlines() if line.startswith("cookie")).split()
    window = open_window(chromium)
    window.add_cookies([{"name": name, "value": key, "url": address_of(portal)}])
    return window.new_page()


def address_of(portal: PortalProcess) -> str:
    return f"http://acme.localhost:{portal.port}"


def test_the_guide_from_end_to_end(chromium: Browser, portal: PortalProcess) -> None:
    page, address = entered(chromium, portal), address_of(portal)
    errors = watched(page, address)
    page.goto(f"{address}/setup/guide/")
    for step in STEPS:
        expect(page).to_have_url(f"{address}/setup/guide/{step}/")
        expect_good(page, f"guide-{step}")
        page.get_by_role("button", name="Done, next step").click()
    expect(page).to_have_url(f"{address}/setup/details/")
    assert not errors


def test_a_value_is_copied_exactly(chromium: Browser, portal: PortalProcess) -> None:
    page, address = entered(chromium, portal), address_of(portal)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    page.goto(f"{address}/setup/guide/sign-out/")
    page.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == address


def test_on_a_phone_the_steps_fold_into_one_line(chromium: Browser, portal: PortalProcess) -> None:
    page, address = entered(chromium, portal), address_of(portal)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/setup/guide/redirect/")
    steps = page.get_by_role("link", name="Grant type")
    expect(steps).to_be_hidden()
    page.get_by_text("All steps", exact=True).click()
    expect(steps).to_be_visible()


def test_paper_has_every_step_and_no_button(chromium: Browser, portal: PortalProcess) -> None:
    page, address = entered(chromium, portal), address_of(portal)
    errors = watched(page, address)
    page.goto(f"{address}/setup/print/")
    expect_good(page, "guide-print")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name=re.compile("Client ID, secret and domain"))).to_be_visible()
    assert page.get_by_role("button").count() == 0
    assert not page.get_by_role("link", name="Download huume-logo.png").is_visible()
    if PICTURES:
        page.pdf(path=Path(PICTURES) / "guide-print.pdf", format="A4")
        page.screenshot(path=Path(PICTURES) / "guide-paper.png", full_page=True)
    assert not errors


def test_the_details_and_what_is_wrong_with_them(chromium: Browser, portal: PortalProcess) -> None:
    page, address = entered(chromium, portal), address_of(portal)
    errors = watched(page, address)
    page.goto(f"{address}/setup/details/")
    expect_good(page, "details")
    page.get_by_label("Okta domain").fill("acme")
    page.get_by_label("Client ID").fill("acme client")
    page.locator("#id_client_secret").fill("••••••••••")
    page.get_by_label("First user administrator").fill("alice")
    page.get_by_role("button", name="Hand over and check").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("#id_client_secret")).to_have_value("")
    expect(page.get_by_label("Okta domain")).to_have_value("acme")
    expect_good(page, "details-wrong")
    page.get_by_label("With no secret at all").check()
    expect(page.locator("#id_client_secret")).to_be_hidden()
    expect(page.get_by_text(f"{address}/oidc/okta/jwks.json")).to_be_visible()
    expect_good(page, "details-key")
    assert not errors


def test_another_issuer_is_confirmed_and_handed_over(chromium: Browser, portal: PortalProcess) -> None:
    page, address = entered(chromium, portal), address_of(portal)
    with FakeProvider() as okta:
        page.goto(f"{address}/setup/details/")
        page.get_by_label("Okta domain").fill(okta.issuer.replace("127.0.0.1", "localhost"))
        page.get_by_label("Client ID").fill(" acme-client ")
        page.locator("#id_client_secret").fill("acme-secret")
        page.get_by_role("button", name="Hand over and check").click()
        expect_good(page, "details-another-issuer")
        page.get_by_label(f"Yes, {okta.issuer} is ours").check()
        page.locator("#id_client_secret").fill("acme-secret")
        page.get_by_role("button", name="Hand over and check").click()
        expect(page).to_have_url(re.compile("/setup/check/"))


def test_the_guide_for_any_provider(chromium: Browser, portal: PortalProcess) -> None:
    page, address = entered(chromium, portal, "northside", "oidc"), address_of(portal)
    for step in ("create", "redirect", "credentials"):
        page.goto(f"{address}/setup/guide/{step}/")
        expect_good(page, f"guide-oidc-{step}")
