"""In Chromium: the readiness board with a customer in every situation, and the page that switches one live."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from huume.tests.pages import expect_good, open_window, watched
from huume.tests.portal_process import PortalProcess
from huume.tests.readiness_cast import SITUATIONS

pytestmark = [pytest.mark.xdist_group("journeys-readiness"), pytest.mark.timeout(240)]
PASSWORD = "a long walk by the canal"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    with PortalProcess(tmp_path_factory.mktemp("readiness"), STAFF_SECOND_FACTOR="false") as process:
        process.manage("add_account_manager", "ada@huume.example", "--password-stdin", stdin=PASSWORD)
        process.manage("shell", "--command", "from huume.tests.readiness_cast import cast; cast()")
        process.manage("provision_tenant", "acme", "--name", "Acme Homes", "--contact", "it@acme.example")
        process.manage("shell", "--command", "from huume.tests.readiness_cast import ready_row; ready_row('acme')")
        yield process


@pytest.fixture
def ada(chromium: Browser, portal: PortalProcess) -> Page:
    page = open_window(chromium).new_page()
    page.goto(f"http://localhost:{portal.port}/")
    page.locator("#id_username").fill("ada@huume.example")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    return page


def provider_of_acme(portal: PortalProcess) -> str:
    ((key,),) = portal.sql(
        "SELECT p.id FROM tenants_identityprovider p JOIN tenants_tenant t ON t.id = p.tenant_id"
        " WHERE t.schema_name = 'acme'"
    )
    return str(key)


def test_from_the_board_to_live(ada: Page, portal: PortalProcess) -> None:
    staff_host = f"http://localhost:{portal.port}"
    errors = watched(ada, staff_host)
    ada.goto(f"{staff_host}/admin/")
    ada.locator("#content").get_by_role("link", name="How far every customer is").click()
    expect(ada.locator(".readiness tbody tr:not(.group)")).to_have_count(len(SITUATIONS) + 1)
    expect_good(ada, "staff-readiness")

    ada.get_by_label("Search").fill("acme")
    ada.get_by_role("button", name="Show").click()
    expect(ada.locator(".readiness tbody tr:not(.group)")).to_have_count(1)
    expect(ada.get_by_role("link", name="Send the link Acme Homes")).to_be_visible()
    ada.goto(f"{staff_host}/admin/going-live/{provider_of_acme(portal)}/")
    expect(ada.get_by_text("Nobody has made a test sign-in")).to_be_visible()
    expect_good(ada, "staff-going-live-doubts")
    ada.get_by_role("button", name="Switch live").click()
    expect(ada.locator(".messagelist")).to_contain_text("Not switched live")
    ada.get_by_label("Switch it live anyway").check()
    ada.get_by_role("button", name="Switch live").click()
    expect(ada.locator(".messagelist")).to_contain_text("is live")
    expect(ada).to_have_url(f"{staff_host}/admin/readiness/")
    ada.goto(f"{staff_host}/admin/tenants/identityprovider/{provider_of_acme(portal)}/change/")
    expect(ada.locator(".way")).to_contain_text("First sign-in")
    expect_good(ada, "staff-provider-live")

    ada.goto(f"{staff_host}/admin/readiness/?q=nobody+at+all")
    expect_good(ada, "staff-readiness-nobody")
    assert errors == []


def test_the_pages_of_a_tenant_and_of_what_is_live(ada: Page, portal: PortalProcess) -> None:
    ada.goto(f"http://localhost:{portal.port}/admin/going-live/{provider_of_acme(portal)}/")
    expect_good(ada, "staff-going-live-live")
    ada.goto(f"http://localhost:{portal.port}/admin/readiness/?q=acme")
    ada.get_by_role("link", name="Acme Homes").first.click()
    expect(ada.get_by_role("link", name="Setup link")).to_be_visible()
    expect_good(ada, "staff-tenant")
