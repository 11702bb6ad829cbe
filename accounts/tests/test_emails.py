"""The mails to the people of a tenant: the first user administrator's, and those about break-glass."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import emails
from accounts.models import User
from huume.testing import Mails
from tenants.models import EmergencyAccess, Tenant

ODD = 'Okta is down.\n\nhttps://evil.example/\n<script>alert("x")</script>'


@pytest.fixture
def emergency(acme: Tenant, alice: User) -> EmergencyAccess:
    acme.account_manager = "ada@huume.example"
    return EmergencyAccess.objects.create(
        tenant=acme,
        user=alice.pk,
        user_name="Alice Reed",
        reason=ODD,
        asked_by="ada@huume.example",
        decided_by="ben@huume.example",
        expires_at=timezone.now() + timedelta(minutes=15),
    )


def test_link_goes_to_the_one_person_and_runs_out(emergency: EmergencyAccess) -> None:
    mail = emails.emergency_link(emergency, "alice.reed@acme.example", "t0ken")
    text, html = mail.open()
    assert (mail.recipient, mail.expires_at) == ("alice.reed@acme.example", emergency.expires_at)
    assert "\nhttp://acme.localhost:8000/emergency/t0ken/\n" in text
    assert html.count('href="http://acme.localhost:8000/emergency/t0ken/"') == 2
    assert "ada@huume.example at Huume asked for this link for you, and ben@huume.example approved it." in text


def test_other_administrators_are_told_without_the_link(emergency: EmergencyAccess, bob: User) -> None:
    (mail,) = emails.emergency_told(emergency, [bob])
    text, _html = mail.open()
    assert mail.recipient == bob.email
    assert "Alice Reed" in mail.subject
    assert f"http://acme.localhost:8000/people/{emergency.user}/" in text
    assert "/emergency/" not in text


def test_administrator_without_an_address_keeps_nobody_else_from_being_told(
    emergency: EmergencyAccess, bob: User, carol: User
) -> None:
    carol.email = "nowhere"
    assert [mail.recipient for mail in emails.emergency_told(emergency, [carol, bob])] == [bob.email]


def test_account_managers_are_asked_each_by_a_mail_of_their_own(emergency: EmergencyAccess, mails: Mails) -> None:
    emails.emergency_asked(emergency, ["ben@huume.example", "cleo@huume.example"])
    sent = mails()
    assert sorted(mail.to for mail in sent) == [["ben@huume.example"], ["cleo@huume.example"]]
    assert "http://localhost:8000/admin/break-glass/" in str(sent[0].body)


def test_reason_makes_no_button_and_no_markup(emergency: EmergencyAccess, bob: User) -> None:
    mail = emails.emergency_link(emergency, "alice.reed@acme.example", "t0ken")
    for each in (mail, *emails.emergency_told(emergency, [bob]), *emails.emergency_asked(emergency, [bob.email])):
        text, html = each.open()
        assert 'Okta is down. https://evil.example/ <script>alert("x")</script>' in text
        assert "<script>" not in html
        assert 'href="https://evil' not in html
        assert html.count("href=") == 2


def test_first_administrator_is_told_where_and_what_first(acme: Tenant, alice: User) -> None:
    (mail,) = emails.welcome(alice, acme)
    text, _html = mail.open()
    assert mail.recipient == alice.email
    assert "\nhttp://acme.localhost:8000\n" in text
    assert "user administrator" in text
