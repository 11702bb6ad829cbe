"""When the secret runs out is asked for wherever the provider may have such a date, and said who will hear of it."""

from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from accounts.tests.fake_provider import FakeProvider
from huume.setup.tests.handing_over import ADDRESS, contact_at, hand_over, only_provider
from huume.testing import ClientFor, Mails
from tenants.models import IdentityProvider, Tenant
from tenants.reminders import remind


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("entra", "Entra shows the date beside the secret."),
        ("okta", "Only if your provider shows such a date."),
        ("google", "Only if your provider shows such a date."),
        ("oidc", "Only if your provider shows such a date."),
    ],
)
def test_each_kind_is_asked_in_its_own_words(acme: Tenant, client_for: ClientFor, kind: str, words: str) -> None:
    browser = contact_at(acme, client_for)
    IdentityProvider.objects.update(kind=kind)
    page = unescape(browser.get(ADDRESS).content.decode())
    assert 'name="secret_expires_on"' in page
    assert words in page
    assert "30, 7 and 1 days before" in page


def test_what_was_typed_reminds_the_contact_and_the_account_manager(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, mails: Mails
) -> None:
    Tenant.objects.filter(pk=acme.pk).update(account_manager="ada@huume.example")
    browser = contact_at(acme, client_for)
    IdentityProvider.objects.update(kind="entra")
    day = timezone.localdate() + timedelta(days=7)
    typed = {"domain": okta.issuer, "secret_expires_on": day.isoformat()}
    assert hand_over(browser, okta, **typed).status_code == 302
    assert only_provider(acme).secret_expires_on == day
    assert [remind(acme), remind(acme)] == [1, 0]
    told = [mail for mail in mails() if "runs out" in f"{mail.subject} {mail.body}"]
    assert sorted(mail.to[0] for mail in told) == ["ada@huume.example", "it@acme.example"]


def test_with_keys_there_is_nothing_to_be_reminded_of(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    browser = contact_at(acme, client_for)
    day = timezone.localdate() + timedelta(days=7)
    hand_over(browser, okta, auth_method="private_key_jwt", secret_expires_on=day.isoformat())
    assert only_provider(acme).secret_expires_on is None
    assert remind(acme) == 0


@pytest.mark.parametrize("kind", ["entra", "google"])
def test_a_kind_without_a_guide_of_its_own_has_the_one_for_any_provider(
    acme: Tenant, client_for: ClientFor, kind: str
) -> None:
    browser = contact_at(acme, client_for)
    IdentityProvider.objects.update(kind=kind)
    answer = browser.get("/setup/guide/", follow=True)
    assert answer.status_code == 200
    assert "http://acme.localhost:8000/oauth2/okta/authresp" in browser.get("/setup/print/").content.decode()
