"""The mails about setting a provider up: who gets them, what they say, where their button leads."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.urls import resolve
from django.utils import timezone

from huume.testing import Mails
from tenants import emails
from tenants.actor import Actor
from tenants.models import IdentityProvider, Mail, SetupLink, Tenant

TOKEN = "T0kenOfTheLink-" + "x" * 28
ODD = 'Ann <script>& "Sons"\nBcc: all@acme.example\n\nhttps://evil.example/'
ODD_IN_A_LINE = 'Ann <script>& "Sons" Bcc: all@acme.example https://evil.example/'
MANAGER, CONTACT = "ada@huume.example", "it@acme.example"
Make = Callable[[IdentityProvider, SetupLink], object]

MAKE: dict[str, tuple[Make, str]] = {
    "setup_link": (lambda provider, link: emails.setup_link(link, TOKEN), f"http://acme.localhost:8000/setup/{TOKEN}/"),
    "setup_code": (lambda provider, link: emails.setup_code(link, "271828"), ""),
    "setup_link_closed": (lambda provider, link: emails.setup_link_closed(link), ""),
    "submitted": (lambda provider, link: emails.submitted(provider, CONTACT), "/admin/changing/"),
    "went_live": (
        lambda provider, link: emails.went_live(provider, Actor("staff", name=MANAGER)),
        "acme.localhost:8000",
    ),
    "secret_runs_out": (lambda provider, link: emails.secret_runs_out(provider, 7), ""),
    "check_failed": (
        lambda provider, link: emails.check_failed(provider, [ODD, "Scopes: not granted."]),
        "/admin/check/",
    ),
    "settings_failing": (lambda provider, link: emails.settings_failing(provider), "/admin/changing/"),
}


@pytest.fixture
def link(acme_provider: IdentityProvider) -> SetupLink:
    Tenant.objects.filter(pk=acme_provider.tenant.pk).update(account_manager=MANAGER)
    acme_provider.tenant.refresh_from_db()
    acme_provider.secret_expires_on = date(2026, 12, 1)
    return SetupLink.objects.create(
        provider=acme_provider, email=CONTACT, created_by=MANAGER, expires_at=timezone.now() + timedelta(days=7)
    )


def made(name: str, link: SetupLink) -> list[Mail]:
    MAKE[name][0](link.provider, link)
    return list(Mail.objects.order_by("recipient"))


@pytest.mark.parametrize("name", MAKE)
def test_odd_names_stay_in_their_line_and_the_address_is_there_in_full(
    link: SetupLink, name: str, mails: Mails
) -> None:
    link.provider.tenant.name, link.provider.label, link.created_by = ODD, ODD, ODD
    made(name, link)
    for sent in mails():
        text, html = str(sent.body), str(sent.alternatives[0][0])
        assert ODD_IN_A_LINE in f"{sent.subject} {text}"
        assert "<script>" not in html
        assert "Bcc" not in sent.message()
        assert not any(line.startswith(("Bcc", "https://evil")) for line in text.splitlines())
        addresses = [line for line in text.splitlines() if line.startswith("http")]
        assert len(addresses) == (1 if MAKE[name][1] else 0)
        assert html.count("href=") == 2 * len(addresses)
        for address in addresses:
            assert MAKE[name][1] in address
            assert html.count(f'href="{address}"') == 2
            assert f">{address}</a>" in html


@pytest.mark.parametrize("name", MAKE)
def test_each_is_whole_and_says_whom_to_ask(link: SetupLink, name: str) -> None:
    for mail in made(name, link):
        text, _html = mail.open()
        assert mail.name == name
        assert "{" not in text + mail.subject
        assert "  " not in text
        assert "None" not in text
        assert MANAGER in text or mail.recipient == MANAGER
        assert mail.subject


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("setup_link", [CONTACT]),
        ("setup_code", [CONTACT]),
        ("setup_link_closed", [CONTACT]),
        ("submitted", [MANAGER]),
        ("went_live", [MANAGER, CONTACT]),
        ("secret_runs_out", [MANAGER, CONTACT]),
        ("check_failed", [MANAGER]),
        ("settings_failing", [MANAGER]),
    ],
)
def test_those_are_told_whom_it_concerns(link: SetupLink, name: str, told: list[str]) -> None:
    assert [mail.recipient for mail in made(name, link)] == told


def test_link_closed_for_wrong_codes_is_told_to_the_account_manager_too(link: SetupLink) -> None:
    SetupLink.objects.update(end=SetupLink.End.GUESSED)
    told = made("setup_link_closed", link)
    assert [mail.recipient for mail in told] == [MANAGER, CONTACT]
    assert "Too many wrong codes" in told[0].open()[0]


def test_where_nobody_is_known_nobody_is_told(link: SetupLink) -> None:
    link.provider.tenant.account_manager = ""
    assert made("check_failed", link) == []


def test_contact_without_a_link_is_the_tenants(link: SetupLink) -> None:
    assert emails.contact_of(link.provider) == CONTACT
    link.delete()
    link.provider.tenant.contact = "other@acme.example"
    assert emails.contact_of(link.provider) == "other@acme.example"


def test_code_stands_first_in_the_text_alone_and_runs_out(link: SetupLink) -> None:
    link.code_sent_at = timezone.now()
    (mail,) = made("setup_code", link)
    assert mail.open()[0].splitlines()[2] == "271828"
    assert "271828" not in mail.subject
    assert mail.expires_at == link.code_sent_at + timedelta(minutes=15)


def test_link_says_until_when_and_is_not_sent_later(link: SetupLink) -> None:
    (mail,) = made("setup_link", link)
    assert mail.expires_at == link.expires_at
    assert f"{link.expires_at:%B %Y}" in mail.open()[0]
    assert TOKEN not in mail.subject
    assert resolve(f"/setup/{TOKEN}/", urlconf="huume.urls").url_name == "setup-open"


def test_live_mail_names_the_address_to_sign_in_at(link: SetupLink) -> None:
    texts = {mail.recipient: mail.open()[0] for mail in made("went_live", link)}
    contact, manager = texts.pop(link.email), texts.popitem()[1]
    assert "Your people can sign in at http://acme.localhost:8000." in contact
    assert "The people of Acme Homes can sign in at http://acme.localhost:8000." in manager
    assert "Questions?" in contact
    assert "Questions?" not in manager


@pytest.mark.parametrize(
    ("days", "subject"),
    [
        (30, "The client secret of Acme Homes runs out in 30 days"),
        (1, "The client secret of Acme Homes runs out in 1 day"),
        (0, "The client secret of Acme Homes has run out"),
        (-2, "The client secret of Acme Homes has run out"),
    ],
)
def test_reminder_says_how_long_there_is(link: SetupLink, days: int, subject: str) -> None:
    mail = emails.secret_runs_out(link.provider, days)[0]
    assert mail.subject == subject
    assert "Tuesday 1 December 2026" in mail.open()[0]


@pytest.mark.parametrize(("status", "page"), [("submitted", "going-live"), ("live", "changing")])
def test_submission_leads_to_the_page_where_it_goes_on(link: SetupLink, status: str, page: str) -> None:
    link.provider.status = status
    (mail,) = emails.submitted(link.provider, CONTACT)
    assert f"http://localhost:8000/admin/{page}/{link.provider.pk}/" in mail.open()[0]


def test_what_failed_is_a_list(link: SetupLink) -> None:
    (mail,) = emails.check_failed(link.provider, ["Redirect URI: unknown.", "Scopes: not granted."])
    text, html = mail.open()
    assert "failed in 2 points:\n\n- Redirect URI: unknown.\n- Scopes: not granted.\n\n" in text
    assert html.count("<li") == 2
