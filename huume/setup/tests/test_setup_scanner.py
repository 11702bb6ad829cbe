"""A mail scanner follows every link and submits every form, with cookies: the contact still gets in."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings

from huume.setup.tests.setup_cast import ADA, CONTACT, provider_of
from huume.setup.tests.test_setup_entering import LINK, code_in
from huume.testing import ClientFor, Mails, TenantClient
from tenants import setup_links
from tenants.models import SetupLink, SetupSession, Tenant


class Page(HTMLParser):
    """Its links, and its forms with their fields as they are."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a" and (values.get("href") or "").startswith("/"):
            self.links.append(str(values["href"]))
        elif tag == "form":
            self.forms.append((values.get("action") or "", {}))
        elif tag == "input" and self.forms and values.get("name"):
            self.forms[-1][1][str(values["name"])] = values.get("value") or "123456"


class Scanner:
    def __init__(self, browser: TenantClient) -> None:
        self.browser, self.seen, self.submitted = browser, set[str](), list[str]()

    def visit(self, path: str, *, depth: int = 0) -> None:
        if path in self.seen or depth > 6:
            return
        self.seen.add(path)
        self.browser.head(path)
        self.read(self.browser.get(path, follow=True), depth)

    def read(self, answer: Any, depth: int) -> None:
        page = Page(answer.content.decode())
        for link in page.links:
            self.visit(link, depth=depth + 1)
        for action, values in page.forms:
            if self.submitted.count(action) < 3:
                self.submitted.append(action)
                self.read(self.browser.post(action or "/setup/", values, follow=True), depth + 1)


@pytest.mark.parametrize("keeps_cookies", [True, False])
def test_a_scanner_spends_nothing(acme: Tenant, client_for: ClientFor, mails: Mails, *, keeps_cookies: bool) -> None:
    setup_links.send(provider_of(acme), CONTACT, by=ADA)
    found = LINK.search(str(mails()[0].body))
    assert found
    for _visit in range(3):
        scanner = Scanner(client_for(acme, enforce_csrf_checks=True))
        scanner.visit(found[1])
        assert "/setup/send-code/" in scanner.submitted
        if not keeps_cookies:
            scanner.browser.cookies.clear()
            scanner.visit(found[1] + "?")
    link = SetupLink.objects.get()
    assert link.is_active
    assert link.mails == 1, "within a minute, the contact gets one code however often somebody presses"
    assert link.tries < SetupLink.MOST_TRIES
    assert not SetupSession.objects.exists()

    contact = client_for(acme)
    contact.get(found[1])
    contact.post("/setup/send-code/")
    assert contact.post("/setup/code/", {"code": code_in(mails)})["Location"] == "/setup/guide/"
    assert contact.cookies[settings.SETUP_COOKIE_NAME].value
