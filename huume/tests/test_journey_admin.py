"""In Chromium: an account manager enrols a second factor, adds a customer, and switches its provider live."""

import time
from base64 import b32decode
from collections.abc import Iterator

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import Browser, Page, expect

from huume.tests.certified_cast import PEOPLE, SECRET, application
from huume.tests.certified_provider import CertifiedProvider
from huume.tests.pages import expect_good, open_window, watched
from huume.tests.portal_process import PortalProcess

pytestmark = [pytest.mark.xdist_group("journeys-admin"), pytest.mark.timeout(240)]
PASSWORD = "a long walk by the canal"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    with PortalProcess(tmp_path_factory.mktemp("admin"), STAFF_SECOND_FACTOR="true") as process:
        process.manage("add_account_manager", "ada@huume.example", "--password-stdin", stdin=PASSWORD)
        yield process


@pytest.fixture(scope="module")
def okta(portal: PortalProcess) -> Iterator[CertifiedProvider]:
    clients = [application(f"http://acme.localhost:{portal.port}", "okta")]
    with CertifiedProvider(okta_like=True, clients=clients, people=PEOPLE) as provider:
        yield provider


def code(key: str) -> str:
    totp = TOTP(b32decode(key.replace(" ", "")))
    totp.time = time.time()
    return f"{totp.token():06d}"


def enrol(page: Page, staff_host: str) -> None:
    page.goto(f"{staff_host}/")
    expect_good(page, "staff-sign-in")
    page.locator("#id_username").fill("Ada@huume.example")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.goto(f"{staff_host}/admin/tenants/tenant/")
    expect(page.get_by_role("heading", name="Set up your second step")).to_be_visible()
    expect_good(page, "staff-enrol")
    page.locator("#id_code").fill(code(page.locator("code.exact").inner_text()))
    page.get_by_role("button", name="Set up").click()
    expect(page.locator(".codes")).to_be_visible()
    expect_good(page, "staff-recovery-codes")


def add_tenant(page: Page, staff_host: str) -> None:
    page.goto(f"{staff_host}/admin/tenants/tenant/add/")
    page.locator("#id_name").fill("Acme Homes")
    page.locator("#id_schema_name").fill("www")
    page.locator("[name=_save]").click()
    expect(page.get_by_text("is reserved")).to_be_visible()
    page.locator("#id_schema_name").fill("acme")
    page.locator("[name=_save]").click()
    expect(page.locator(".messagelist")).to_contain_text("Acme Homes")


def add_provider(page: Page, staff_host: str, issuer: str) -> None:
    page.goto(f"{staff_host}/admin/tenants/identityprovider/add/")
    page.locator("#id_tenant").select_option(label="Acme Homes")
    page.locator("#id_slug").fill("okta")
    page.locator("#id_domain").fill("not a domain")
    page.locator("#id_client_id").fill("acme-okta")
    page.locator("#id_secret").fill(SECRET)
    page.locator("[name=_save]").click()
    expect(page.locator(".errornote")).to_be_visible()
    assert SECRET not in page.content()
    page.locator("#id_domain").fill(issuer)
    page.locator("#id_secret").fill(SECRET)
    page.locator("[name=_continue]").click()
    expect(page.get_by_text("/oauth2/okta/authresp")).to_be_visible()
    assert SECRET not in page.content()
    expect_good(page, "staff-provider")
    page.get_by_role("link", name="Switch live").click()
    expect(page.get_by_text("The live check has not been made")).to_be_visible()
    expect_good(page, "staff-switch-live")
    page.get_by_role("button", name="Switch live").click()
    expect(page.locator(".messagelist")).to_contain_text("Not switched live")
    page.get_by_label("Switch it live anyway").check()
    page.get_by_role("button", name="Switch live").click()
    expect(page.locator(".messagelist")).to_contain_text("is live")


def test_from_nothing_to_a_customer_who_signs_in(
    chromium: Browser, portal: PortalProcess, okta: CertifiedProvider
) -> None:
    staff_host, acme = f"http://localhost:{portal.port}", f"http://acme.localhost:{portal.port}"
    ada = open_window(chromium).new_page()
    errors = watched(ada, staff_host)
    enrol(ada, staff_host)
    add_tenant(ada, staff_host)
    add_provider(ada, staff_host, okta.issuer)
    ada.goto(f"{staff_host}/admin/tenants/tenant/")
    expect_good(ada, "staff-tenants")

    dan = open_window(chromium).new_page()
    dan.goto(acme)
    dan.get_by_role("link", name="Okta").click()
    dan.get_by_role("button", name="Dan Frost").click()
    reference = dan.locator(".reference").inner_text()

    ada.goto(f"{staff_host}/admin/sign-ins/")
    ada.locator("#id_reference").fill(reference.lower())
    ada.get_by_role("button", name="Look it up").click()
    expect(ada.get_by_text("must be assigned")).to_be_visible()
    expect_good(ada, "staff-why")
    # The admin's own refusals of a form are answered with 200; nothing else may fail.
    assert errors == []
