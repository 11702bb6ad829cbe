"""In Chromium: a customer's single sign-on goes live without a support call.

An account manager sends a setup link; an IT contact in another browser follows the guide, makes each mistake and is
told which, hands over, tests; the account manager switches live; a user signs in. Against the certified provider.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from huume.tests import mail_folder
from huume.tests.certified_cast import PEOPLE, application
from huume.tests.certified_provider import CertifiedProvider
from huume.tests.pages import expect_good, open_window, watched
from huume.tests.portal_process import PortalProcess

pytestmark = [pytest.mark.xdist_group("journeys-onboarding"), pytest.mark.timeout(300)]
PASSWORD = "a long walk by the canal"
SECRET, OTHER_SECRET = "hQ7-vT2_secret-of-the-app-Zk9", "of-another-app-4fJ_hd82Lk"
CONTACT, ADA, ALICE = "it@acme.example", "ada@huume.example", "alice.reed@acme.example"
LOOKED_AT = {"create", "redirect", "scopes"}
PLAIN = "openid profile email phone"


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("letters")


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, letters: Path) -> Iterator[PortalProcess]:
    folder, letter_box = tmp_path_factory.mktemp("onboarding"), mail_folder.email_url(letters)
    with PortalProcess(folder, STAFF_SECOND_FACTOR="false", EMAIL_URL=letter_box) as process:
        process.manage("add_account_manager", ADA, "--superuser", "--password-stdin", stdin=PASSWORD)
        process.manage("provision_tenant", "acme", "--name", "Acme Homes", "--contact", CONTACT)
        yield process


@pytest.fixture(scope="module")
def directory(portal: PortalProcess) -> Iterator[CertifiedProvider]:
    """Acme's apps in it: the right one, and one with each mistake that only the provider can know of."""
    address = f"http://acme.localhost:{portal.port}"
    right = {**application(address, "okta"), "client_secret": SECRET}
    astray = {**right, "client_id": "acme-astray", "redirect_uris": [f"{address}/oauth2/okta/authresp/"]}
    ungranted = {**right, "client_id": "acme-ungranted", "scope": PLAIN}
    with CertifiedProvider(okta_like=True, clients=[right, astray, ungranted], people=PEOPLE) as provider:
        yield provider


def sign_in_as_staff(page: Page, staff_host: str) -> None:
    page.goto(f"{staff_host}/admin/")
    page.locator("#id_username").fill(ADA)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def send_link(page: Page, staff_host: str) -> None:
    page.goto(f"{staff_host}/admin/tenants/tenant/")
    page.get_by_role("link", name="Acme Homes").first.click()
    page.get_by_role("link", name=re.compile("setup link", re.IGNORECASE)).first.click()
    expect_good(page, "staff-setup-link")
    page.get_by_role("button", name="Send the link").click()
    expect(page.locator(".messagelist")).to_contain_text(CONTACT)


def enter(page: Page, portal: PortalProcess, letters: Path) -> None:
    letter = mail_folder.newest_to(portal, letters, CONTACT)
    link = re.search(r"http://acme\S+/setup/\S+", letter)
    assert link, letter
    page.goto(link[0])
    assert page.url.endswith("/setup/")
    expect_good(page, "setup-door")
    page.get_by_role("button", name=re.compile("Send the code")).click()
    expect_good(page, "setup-code")
    code = re.search(r"\b(\d{3})\s?(\d{3})\b", mail_folder.newest_to(portal, letters, CONTACT))
    assert code
    page.get_by_label("Code").fill(f"{code[1]} {code[2]}")
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/setup/guide/**")


def follow_guide(page: Page, address: str) -> None:
    seen = []
    while "/setup/guide/" in page.url:
        seen.append(page.get_by_role("main").inner_text())
        step = page.url.rstrip("/").rpartition("/")[2]
        if step in LOOKED_AT:
            expect_good(page, f"setup-{step}")
        page.get_by_role("button", name=re.compile("Done")).click()
    whole = "\n".join(seen)
    for value in (f"{address}/oauth2/okta/authresp", f"{address}\n", f"{address}/oidc/okta/initiate/"):
        assert value in whole
    assert "okta.myAccount.profile.read" in whole


def hand_over(page: Page, address: str, issuer: str, client_id: str, secret: str) -> None:
    page.goto(f"{address}/setup/details/")
    page.get_by_label("Okta domain").fill(issuer.removeprefix("http://"))
    page.get_by_label("Client ID").fill(f" {client_id} ")
    page.locator("#id_client_secret").fill(secret)
    administrator = page.get_by_label("First user administrator")
    if administrator.count():
        administrator.fill(ALICE)
    page.locator("main form button.primary").click()
    expect(page.locator(".notice").last).to_be_visible()
    if page.get_by_role("button", name="Check now").count():
        page.get_by_role("button", name="Check now").click()
    expect(page.locator("ul.checks > li")).to_have_count(15, timeout=25_000)
    assert secret not in page.content()


def failed(page: Page) -> list[str]:
    return page.locator("ul.checks > li:has(.outcome.failed) > div > strong").all_inner_texts()


def test_from_a_setup_link_to_a_user_who_signs_in(
    chromium: Browser, portal: PortalProcess, directory: CertifiedProvider, letters: Path
) -> None:
    staff_host, address = f"http://localhost:{portal.port}", f"http://acme.localhost:{portal.port}"
    ada, contact = open_window(chromium).new_page(), open_window(chromium).new_page()
    errors = watched(contact, address)
    sign_in_as_staff(ada, staff_host)
    send_link(ada, staff_host)
    enter(contact, portal, letters)
    follow_guide(contact, address)
    expect_good(contact, "setup-details")
    make_each_mistake(contact, address, directory.issuer)
    hand_over(contact, address, directory.issuer, "acme-okta", SECRET)
    assert failed(contact) == []
    expect_good(contact, "setup-check-good")
    assert [error for error in errors if "429" not in error] == []

    rehearse(contact, address)
    switch_live(ada, staff_host)
    first_sign_in(chromium, portal, letters, address)
    board(ada, staff_host)


def make_each_mistake(page: Page, address: str, issuer: str) -> None:
    """A wrong secret, an unregistered redirect URI, scopes not granted: each is named before anyone signs in."""
    for client_id, secret, said in (
        ("acme-okta", OTHER_SECRET, "Client ID or client secret is wrong"),
        ("acme-astray", SECRET, "The sign-in redirect URI is not registered"),
        ("acme-ungranted", SECRET, "The scopes are not granted"),
    ):
        hand_over(page, address, issuer, client_id, secret)
        assert failed(page) == [said]
        expect_good(page, f"setup-check-{client_id}")


def rehearse(page: Page, address: str) -> None:
    page.goto(f"{address}/setup/test/")
    expect_good(page, "setup-test-before")
    page.get_by_role("button", name=re.compile("Sign in with Okta")).click()
    page.get_by_role("button", name="Alice Reed").click()
    page.wait_for_url(f"{address}/setup/test/")
    expect(page.get_by_text("It works.")).to_be_visible()
    expect(page.get_by_text(ALICE)).to_be_visible()
    expect_good(page, "setup-test")
    page.goto(f"{address}/")
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Alice")
    page.goto(f"{address}/setup/live/")
    expect(page.get_by_text("Your part is done")).to_be_visible()
    expect_good(page, "setup-live")


def switch_live(page: Page, staff_host: str) -> None:
    page.goto(f"{staff_host}/admin/readiness/")
    expect_good(page, "staff-readiness")
    page.get_by_role("row").filter(has_text="Acme Homes").get_by_role("link", name=re.compile("live", re.I)).click()
    expect_good(page, "staff-going-live")
    trust_domain(page)
    page.get_by_role("button", name="Switch live").click()
    expect(page.locator(".messagelist")).to_be_visible()


def trust_domain(page: Page) -> None:
    """Alice is named as first user administrator, so her domain must be trusted first."""
    expect(page.get_by_text("Add acme.example to the email domains")).to_be_visible()
    going_live = page.url
    page.goto(going_live.replace("/admin/going-live/", "/admin/tenants/identityprovider/") + "change/")
    page.locator("#id_email_domains").fill("acme.example")
    page.locator("[name=_continue]").click()
    expect(page.locator(".messagelist")).to_be_visible()
    page.goto(going_live)


def first_sign_in(chromium: Browser, portal: PortalProcess, letters: Path, address: str) -> None:
    to: dict[str, Any] = {name: mail_folder.newest_to(portal, letters, name) for name in (CONTACT, ADA, ALICE)}
    assert all(address in letter for letter in to.values())
    alice = open_window(chromium).new_page()
    alice.goto(f"{address}/people/")
    alice.get_by_role("link", name="Okta").click()
    alice.get_by_role("button", name="Alice Reed").click()
    expect(alice).to_have_url(f"{address}/people/")
    expect(alice.get_by_role("main").get_by_text(ALICE)).to_be_visible()
    expect_good(alice, "first-administrator")


def board(page: Page, staff_host: str) -> None:
    page.goto(f"{staff_host}/admin/readiness/")
    expect(page.get_by_text("Acme Homes")).to_be_visible()
    expect_good(page, "staff-readiness-live")
