"""The demo's outbox: there for whoever runs the demo, for nobody else, and a mail can do nothing in it but be read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.test import override_settings

from huume.demo_outbox import Backend, kept_mail, kept_mails
from huume.testing import ClientFor, TenantClient, work_off_queue
from tenants.models import Tenant
from tenants.outbox import queue_mail


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Path]:
    backend = "huume.demo_outbox.Backend"
    with override_settings(DEMO_OUTBOX=True, EMAIL_BACKEND=backend, HUUME_DATA_DIR=tmp_path):
        yield tmp_path / "outbox"


@pytest.fixture
def browser(staff: Tenant, client_for: ClientFor) -> TenantClient:
    return client_for(staff)


def write(subject: str = "Subject", text: str = "Text", html: str = "<p>Text</p>") -> None:
    message = EmailMultiAlternatives(subject, text, to=["it@acme.example"])
    message.attach_alternative(html, "text/html")
    assert Backend().send_messages([message]) == 1


def test_it_is_not_there_unless_it_is_switched_on(browser: TenantClient) -> None:
    assert settings.DEMO_OUTBOX is False
    assert not settings.EMAIL_BACKEND.startswith("huume.")
    assert browser.get("/outbox/").status_code == 404


def test_it_is_not_there_on_a_domain_of_the_world(outbox: Path, browser: TenantClient) -> None:
    write()
    with override_settings(LOCAL=False):
        assert browser.get("/outbox/").status_code == 404
        assert browser.get(f"/outbox/{kept_mails()[0].id}/").status_code == 404


@pytest.mark.parametrize("address", ["192.0.2.1", "", "not an address"])
def test_it_is_not_there_for_another_machine(outbox: Path, browser: TenantClient, address: str) -> None:
    assert browser.get("/outbox/", REMOTE_ADDR=address).status_code == 404


def test_tenants_have_none(outbox: Path, acme: Tenant, client_for: ClientFor) -> None:
    assert client_for(acme).get("/outbox/").status_code == 404


@pytest.mark.parametrize("name", ["nothing", "..", "demo.json", "%2e%2e%2fdemo"])
def test_only_mails_are_shown(outbox: Path, browser: TenantClient, name: str) -> None:
    write()
    (outbox.parent / "demo.eml").write_text("secret")
    assert browser.get(f"/outbox/{name}/").status_code == 404


def test_nothing_can_be_sent_to_it(outbox: Path, browser: TenantClient) -> None:
    assert browser.post("/outbox/").status_code == 405


def test_empty_it_says_what_would_be_there(outbox: Path, browser: TenantClient) -> None:
    page = browser.get("/outbox/").content.decode()
    assert "No mail yet" in page
    assert "setup link" in page


def test_files_are_closed_to_others(outbox: Path) -> None:
    write()
    (kept,) = outbox.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert outbox.stat().st_mode & 0o777 == 0o700


def test_mail_of_the_queue_is_there_newest_first_with_its_link(
    outbox: Path, acme: Tenant, browser: TenantClient
) -> None:
    for number in (1, 2):
        context = {"tenant": f"Acme {number}", "ask": "Ada", "address": f"http://acme.localhost:8000/?a={number}&b=1"}
        queue_mail("welcome", "alice@acme.example", tenant=acme, context=context)
    work_off_queue()
    page = browser.get("/outbox/").content.decode()
    assert 0 < page.index("Acme 2’s portal") < page.index("Acme 1’s portal")
    assert "To alice@acme.example" in page
    assert 'href="http://acme.localhost:8000/?a=1&amp;b=1"' in page


def test_markup_in_a_mails_text_is_shown_and_not_obeyed(outbox: Path, browser: TenantClient) -> None:
    write("<b>Subject</b>", "<script>alert(1)</script>")
    page = browser.get("/outbox/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;b&gt;Subject" in page


def test_mail_as_html_is_whole_and_may_run_and_load_nothing(outbox: Path, browser: TenantClient) -> None:
    write(html="<p>Müller ✓</p>")
    answer = browser.get(f"/outbox/{kept_mails()[0].id}/")
    assert "<p>Müller ✓</p>" in answer.content.decode()
    policy = {part.split()[0]: part.split()[1:] for part in answer["Content-Security-Policy"].split(";")}
    assert policy["default-src"] == ["'none'"]
    assert "script-src" not in policy
    assert "allow-scripts" not in policy["sandbox"]
    assert "allow-same-origin" not in policy["sandbox"]
    assert policy["frame-ancestors"] == ["'none'"]


def test_mail_that_is_gone_is_none(outbox: Path) -> None:
    assert kept_mail("1-2") is None
    assert kept_mails() == []
