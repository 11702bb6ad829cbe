"""In Chromium, against a certified provider that we did not write: sign in, wait, be let in, sign out; refusals."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from huume.tests.certified_cast import PEOPLE, SECRET, application
from huume.tests.certified_provider import CertifiedProvider
from huume.tests.pages import expect_good, open_window, watched
from huume.tests.portal_process import PortalProcess

pytestmark = [pytest.mark.xdist_group("journeys"), pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    """Acme with two providers: Okta-like and as it is (RFC 9207). Alice is added in advance."""
    process = PortalProcess(tmp_path_factory.mktemp("journeys"))
    address = f"http://acme.localhost:{process.port}"
    with (
        CertifiedProvider(okta_like=True, clients=[application(address, "okta")], people=PEOPLE) as okta,
        CertifiedProvider(okta_like=False, clients=[application(address, "northside")], people=PEOPLE) as northside,
        process,
    ):
        process.manage("provision_tenant", "acme", "--name", "Acme Homes")
        configure(process, "okta", "okta", okta.issuer)
        configure(process, "northside", "oidc", northside.issuer)
        process.manage("set_access", "acme", "alice.reed@acme.example", "--role", "User administrator")
        yield process


def configure(process: PortalProcess, slug: str, kind: str, issuer: str) -> None:
    trusted = ["--email-domain", "acme.example"] if slug == "okta" else []
    process.manage(
        *["configure_provider", "acme", slug, "--kind", kind, "--issuer", issuer, "--client-id", f"acme-{slug}"],
        *[*trusted, "--client-secret-stdin", "--activate"],
        stdin=SECRET,
    )


@pytest.fixture
def address(portal: PortalProcess) -> str:
    return f"http://acme.localhost:{portal.port}"


def sign_in(page: Page, address: str, name: str, *, path: str = "/", button: str = "Okta") -> None:
    page.goto(address + path)
    page.get_by_role("link", name=button).click()
    page.get_by_role("button", name=name).click()
    page.wait_for_url(f"{address}/**")


def test_wait_be_let_in_and_sign_out(chromium: Browser, address: str) -> None:
    carols, alices = open_window(chromium), open_window(chromium)
    carol, alice = carols.new_page(), alices.new_page()
    errors = watched(carol, address), watched(alice, address)

    sign_in(carol, address, "Carol Marsh")
    expect(carol.get_by_text("carol.marsh@acme.example")).to_be_visible()
    expect_good(carol, "waiting")
    carol.goto(f"{address}/people/")
    expect(carol.get_by_role("heading", level=1)).not_to_have_text("People")

    sign_in(alice, address, "Alice Reed", path="/people/")
    expect(alice).to_have_url(f"{address}/people/")
    expect_good(alice, "people")
    alice.get_by_role("link", name="Carol Marsh").click()
    expect_good(alice, "person")
    alice.get_by_label("Staff").check()
    alice.get_by_role("button", name="Save").click()
    expect(alice.get_by_text("Carol Marsh now has")).to_be_visible()

    carol.goto(f"{address}/")
    expect(carol.get_by_role("main").get_by_text("carol.marsh@acme.example")).to_be_visible()
    expect(carol.get_by_text("nothing is open to you yet")).to_have_count(0)
    expect_good(carol, "home")

    carol.get_by_role("button", name="Sign out").first.click()
    carol.get_by_role("button", name="Yes, sign me out").click()
    expect(carol.get_by_text("You are signed out")).to_be_visible()
    expect_good(carol, "signed-out")
    carol.goto(f"{address}/")
    expect(carol.get_by_role("link", name="Okta")).to_be_visible()
    # The page that was refused is logged as an error by the browser itself.
    assert [error for said in errors for error in said if "403" not in error] == []


def test_somebody_not_assigned_is_told_and_another_may_sign_in(chromium: Browser, address: str) -> None:
    page = open_window(chromium).new_page()
    sign_in(page, address, "Dan Frost")
    expect(page.get_by_text("not assigned")).to_be_visible()
    expect(page.get_by_text("acme-")).to_be_visible()
    expect_good(page, "not-assigned")
    page.get_by_role("link", name="Sign in as someone else").click()
    page.get_by_role("button", name="Bob Lund").click()
    expect(page.get_by_text("bob.lund@acme.example")).to_be_visible()


def test_a_provider_that_sends_its_issuer(chromium: Browser, address: str) -> None:
    page = open_window(chromium).new_page()
    page.goto(address)
    expect_good(page, "sign-in")
    sign_in(page, address, "Bob Lund", button="Northside")
    expect(page.get_by_text("bob.lund@acme.example")).to_be_visible()


def test_the_whole_journey_by_keyboard(chromium: Browser, address: str) -> None:
    page = open_window(chromium, size="narrow").new_page()
    page.goto(address)
    page.get_by_role("link", name="Okta").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Alice Reed").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/roles/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize(
    "path", ["roles", "teams", "landlords", "sign-ins", "profile", "roles/add", "teams/add", "landlords/add"]
)
def test_every_page_of_the_user_administrator(chromium: Browser, address: str, path: str) -> None:
    page = open_window(chromium).new_page()
    errors = watched(page, address)
    sign_in(page, address, "Alice Reed", path=f"/{path}/")
    expect(page).to_have_url(f"{address}/{path}/")
    expect_good(page, path.replace("/", "-"))
    assert errors == []


def test_refusals_and_questions_look_good(chromium: Browser, address: str) -> None:
    page = open_window(chromium).new_page()
    sign_in(page, address, "Alice Reed")
    page.goto(f"{address}/nowhere/")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    expect_good(page, "not-found")
    page.goto(f"{address}/roles/add/")
    page.get_by_label("Name").fill("Staff")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errors")).to_be_focused()
    expect_good(page, "role-with-errors")
    page.goto(f"{address}/roles/")
    page.get_by_role("link", name="Auditor").click()
    expect_good(page, "role")
    page.get_by_role("link", name="Delete").click()
    expect_good(page, "role-delete")
