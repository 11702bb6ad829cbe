"""`make demo` and the customer that waits in it: from a setup link to a first sign-in, with mistakes on the way."""

import re
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from huume.demo_state import load_state
from huume.tests.children import wait_for
from huume.tests.pages import expect_good, open_window, watched
from huume.tests.running_demo import Browser, RunningDemo, free_port

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(240)]
ADA, CONTACT, HEIDI = "ada@huume.example", "it@harbour.example", "heidi.quay@harbour.example"
SCOPES = [f"okta.myAccount.{what}.read" for what in ("email", "phone", "profile")]


class Demo(RunningDemo):
    def __init__(self, folder: Path) -> None:
        self.provider_port = free_port()
        super().__init__(folder, free_port(), self.provider_port)
        self.staff_host, self.host = f"http://localhost:{self.port}", f"http://harbour.localhost:{self.port}"
        self.domain = f"localhost:{self.provider_port}"
        self.console = f"http://{self.domain}/console/"

    @property
    def password(self) -> str:
        return load_state(self.folder).password

    def newest_mail(self, subject: str) -> str:
        """As the outbox shows it: a newcomer has nothing else."""

        def look() -> list[str]:
            return [page for page in [Browser().open(f"{self.staff_host}/outbox/")[2]] if subject in page]

        (page,) = wait_for(look)
        return page.partition("<article")[2].partition("</article>")[0]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    running = Demo(tmp_path)
    with closing(running):
        running.wait()
        yield running


# Over HTTP


class Visitor(Browser):
    """Fills in a page's form, with the token that our own pages ask for."""

    def send(self, url: str, action: str = "", **form: str) -> str:
        """The address that the answer leads to."""
        shown = self.open(url)[2]
        if token := re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown):
            form["csrfmiddlewaretoken"] = token[1]
        address = urljoin(url, action)
        status, location, page = self.open(address, form)
        assert status in (302, 303), f"{status} {page}"
        return urljoin(address, location)


def test_over_http_without_a_secret_and_with_two_mistakes(demo: Demo) -> None:
    contact = enter(demo)
    it = Visitor()
    app = it.send(demo.console).partition("?")[0]
    client_id = app.rstrip("/").rpartition("/")[2]
    (secret,) = re.findall(r"Active</b> <code>([^<]+)<", it.open(app)[2])
    settings = {"redirect_uris": f"{demo.host}/oauth2/okta/authresp", "name": "Huume", "authentication": "secret"}
    it.send(app, **settings, secret="deactivate-0")
    given = {"domain": demo.domain, "client_id": client_id, "auth_method": "client_secret"}

    wrong = failed(contact, demo, **given, client_secret=secret)
    assert wrong == ["Client ID or client secret is wrong", "The scopes are not granted"]
    keys = {"authentication": "keys", "jwks_uri": f"{demo.host}/oidc/okta/jwks.json"}
    it.send(app, **{**settings, **keys})
    given["auth_method"] = "private_key_jwt"
    assert failed(contact, demo, **given) == ["The scopes are not granted"]


def enter(demo: Demo) -> Visitor:
    """An IT contact who is in a setup session, by way of both mails."""
    ada, contact = Visitor(), Visitor()
    ada.send(f"{demo.staff_host}/admin/login/", username=ADA, password=demo.password)
    board = ada.open(f"{demo.staff_host}/admin/readiness/")[2]
    links = re.search(r"/admin/setup-links/\d+/", board)
    assert links
    ada.send(demo.staff_host + links[0], provider="new", kind="okta", email=CONTACT, days="7", send="send")
    link = re.search(r'href="([^"]+/setup/[^"]+)"', demo.newest_mail("Set up sign-in for Harbour Housing"))
    assert link
    door = urljoin(link[1], contact.open(link[1])[1])
    code_page = contact.send(door, action="/setup/send-code/")
    code = re.search(r"\b\d{6}\b", demo.newest_mail("Your code"))
    assert code
    assert "/setup/guide" in contact.send(code_page, code=code[0])
    return contact


def failed(contact: Visitor, demo: Demo, **given: str) -> list[str]:
    """Titles of what the live check finds wrong with what is handed over."""
    run = contact.send(f"{demo.host}/setup/details/", **given)
    page = contact.open(run)[2]
    assert page.count("<li") >= 15
    return [unescape(title) for title in re.findall(r'class="outcome failed".*?<strong>([^<]+)<', page, re.DOTALL)]


# In Chromium


def test_in_a_browser_from_the_link_to_the_first_sign_in(demo: Demo, chromium: Chromium) -> None:
    ada, window = open_window(chromium).new_page(), open_window(chromium)
    contact, console = window.new_page(), window.new_page()
    said = [watched(page, "http") for page in (contact, console)]
    send_link(ada, demo)
    enter_in_browser(contact, demo)
    redirect_uri = follow_guide(contact)

    client_id, secret = create_app(console, demo, redirect_uri + "/")
    hand_over(contact, demo, client_id, secret)
    assert titles_of_failed(contact) == ["The sign-in redirect URI is not registered"]
    console.get_by_label("Sign-in redirect URIs").fill(redirect_uri)
    console.get_by_role("button", name="Save").first.click()
    expect(console.get_by_text("Saved. It applies at once.")).to_be_visible()
    contact.get_by_role("button", name="Check again").click()
    expect(contact.get_by_text("Nothing is wrong.")).to_be_visible()

    rehearse(contact, console, demo)
    go_live(ada, demo)
    first_sign_in(chromium, demo)
    assert said == [[], []]


def send_link(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.staff_host}/admin/readiness/")
    page.locator("#id_username").fill(ADA)
    page.locator("#id_password").fill(demo.password)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("row").filter(has_text="Harbour Housing").get_by_role("link", name="Send the link").click()
    page.get_by_role("button", name="Send the link").click()
    expect(page.locator(".messagelist")).to_contain_text(CONTACT)


def enter_in_browser(page: Page, demo: Demo) -> None:
    demo.newest_mail("Set up sign-in for Harbour Housing")
    page.goto(f"{demo.staff_host}/outbox/")
    page.locator("article a[href*='/setup/']").first.click()
    page.get_by_role("button", name=re.compile("Send the code")).click()
    code = re.search(r"\b\d{6}\b", demo.newest_mail("Your code"))
    assert code
    page.get_by_label("Code").fill(code[0])
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/setup/guide/**")


def follow_guide(page: Page) -> str:
    """The sign-in redirect URI that it gives to copy."""
    seen = ""
    while "/setup/guide/" in page.url:
        seen += page.get_by_role("main").inner_text()
        page.get_by_role("button", name="Done").click()
    found = re.search(r"http://\S+/oauth2/okta/authresp", seen)
    assert found, seen
    return found[0]


def create_app(page: Page, demo: Demo, redirect_uri: str) -> tuple[str, str]:
    """Client ID and secret of a new application, all of it as the guide says but for its redirect URI."""
    page.goto(demo.console)
    expect_good(page, "demo-console")
    page.get_by_role("button", name="Create App Integration").click()
    expect(page.get_by_label("Sign-in redirect URIs")).to_have_value("")
    page.get_by_label("App integration name").fill("Huume Admin Portal")
    page.get_by_label("Sign-in redirect URIs").fill(redirect_uri)
    page.get_by_label("Sign-out redirect URIs").fill(demo.host)
    for scope in SCOPES:
        page.get_by_label(scope).check()
    page.get_by_role("button", name="Save").first.click()
    expect_good(page, "demo-console-app")
    client_id, secret, domain = page.locator("main code").all_inner_texts()
    assert domain == demo.domain
    return client_id, secret


def hand_over(page: Page, demo: Demo, client_id: str, secret: str) -> None:
    page.goto(f"{demo.host}/setup/details/")
    page.get_by_label("Okta domain").fill(demo.domain)
    page.get_by_label("Client ID").fill(client_id)
    page.locator("#id_client_secret").fill(secret)
    page.get_by_label("First user administrator").fill(HEIDI)
    page.get_by_role("button", name="Hand over and check").click()
    expect(page.locator("ul.checks > li")).to_have_count(15)


def titles_of_failed(page: Page) -> list[str]:
    return page.locator("ul.checks > li:has(.outcome.failed) > div > strong").all_inner_texts()


def rehearse(page: Page, console: Page, demo: Demo) -> None:
    """First while nobody is assigned."""
    page.goto(f"{demo.host}/setup/test/")
    page.get_by_role("button", name="Sign in with Okta").click()
    page.get_by_role("button", name="Heidi Quay").click()
    expect(page.get_by_text("not assigned").first).to_be_visible()
    console.get_by_label("Everybody: Heidi Quay, Ivan Pike").check()
    console.get_by_role("button", name="Save").first.click()
    expect(console.get_by_text("Saved. It applies at once.")).to_be_visible()
    page.get_by_role("button", name="Test again").click()
    page.get_by_role("button", name="Heidi Quay").click()
    expect(page.get_by_text("It works.")).to_be_visible()


def go_live(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.staff_host}/admin/readiness/")
    page.get_by_role("row").filter(has_text="Harbour Housing").get_by_role(
        "link", name=re.compile("live", re.I)
    ).click()
    going_live = page.url
    expect(page.get_by_text("Add harbour.example to the email domains")).to_be_visible()
    page.get_by_role("link", name="The provider’s page").click()
    page.locator("#id_email_domains").fill("harbour.example")
    page.locator("[name=_continue]").click()
    expect(page.locator(".messagelist")).to_be_visible()
    page.goto(going_live)
    page.get_by_role("button", name="Switch live").click()
    expect(page.locator(".messagelist")).to_be_visible()
    demo.newest_mail("Harbour Housing’s portal")


def first_sign_in(chromium: Chromium, demo: Demo) -> None:
    heidi = open_window(chromium).new_page()
    heidi.goto(f"{demo.host}/people/")
    heidi.get_by_role("link", name="Okta").click()
    heidi.get_by_role("button", name="Heidi Quay").click()
    expect(heidi).to_have_url(f"{demo.host}/people/")
    expect(heidi.get_by_role("main").get_by_text(HEIDI)).to_be_visible()
