"""Handing over: onto a provider that is not live, beside one that is; and the secret never comes back."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.models.history import HistoryEntry
from accounts.tests.fake_provider import FakeProvider
from huume.logs import JsonFormatter
from huume.setup.tests.handing_over import (
    ADDRESS,
    SECRET,
    STORED,
    contact_at,
    domain_of,
    hand_over,
    led_to,
    nothing_stored,
    only_provider,
)
from huume.testing import ClientFor, configure_okta
from tenants.discovery import DiscoveryError
from tenants.handover import explain
from tenants.models import IdentityProvider, Mail, ProviderSettings, Tenant


def test_without_a_setup_session_nothing_is_taken(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    contact_at(acme, client_for)
    stranger = client_for(acme)
    assert stranger.get(ADDRESS)["Location"] == "/setup/"
    assert hand_over(stranger, okta)["Location"] == "/setup/"
    assert nothing_stored(acme)


def test_mallory_s_session_hands_over_for_globex_alone(
    acme: Tenant, globex: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    contact_at(acme, client_for)
    mallory = contact_at(globex, client_for)
    assert led_to(hand_over(mallory, okta, client_id="globex-client")) == STORED
    assert nothing_stored(acme)
    assert only_provider(globex).client_id == "globex-client"


def test_a_draft_becomes_submitted(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    answer = hand_over(contact_at(acme, client_for), okta, first_administrator="alice.reed@acme.example")
    assert (answer.status_code, led_to(answer)) == (302, STORED)
    provider = only_provider(acme)
    assert (provider.status, provider.issuer, provider.client_id) == ("submitted", okta.issuer, "acme-client")
    assert provider.open_client_secret() == SECRET
    assert provider.first_administrator == "alice.reed@acme.example"
    assert provider.submitted_at is not None


def test_it_is_on_record_and_the_account_manager_is_told(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, mails: Any
) -> None:
    Tenant.objects.filter(pk=acme.pk).update(account_manager="ada@huume.example")
    hand_over(contact_at(acme, client_for), okta, first_administrator="alice.reed@acme.example")
    entry = HistoryEntry.objects.get(kind="provider.submitted")
    assert (entry.actor_kind, entry.about) == ("contact", str(only_provider(acme).pk))
    assert (entry.before["status"], entry.after["status"]) == ("draft", "submitted")
    assert (entry.after["secret_given"], entry.after["first_administrator_named"]) == (True, True)
    assert "alice.reed" not in str(entry.after)
    assert [message.to for message in mails()] == [["ada@huume.example"]]


@pytest.mark.parametrize("kind", ["okta", "oidc"])
def test_the_secret_is_in_no_answer_log_mail_or_history(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, mails: Any, caplog: Any, kind: str
) -> None:
    caplog.set_level(logging.DEBUG)
    Tenant.objects.filter(pk=acme.pk).update(account_manager="ada@huume.example")
    browser = contact_at(acme, client_for)
    IdentityProvider.objects.update(kind=kind)
    answers = [
        hand_over(browser, okta, first_administrator="not an address"),
        hand_over(browser, okta, domain=""),
        hand_over(browser, okta, domain=SECRET, client_id=SECRET, first_administrator=SECRET, secret_expires_on=SECRET),
        hand_over(browser, okta, accepted_issuer=SECRET, auth_method=SECRET),
        hand_over(browser, okta),
        browser.get(ADDRESS),
    ]
    said = [answer.content.decode() + str(answer.headers) for answer in answers]
    said += [JsonFormatter().format(line) for line in caplog.records]
    said += [f"{message.subject} {message.body} {message.alternatives}" for message in mails()]
    said += [str(row) for row in HistoryEntry.objects.values()] + [str(row) for row in Mail.objects.values()]
    said += [str(row) for row in IdentityProvider.objects.values()]
    assert only_provider(acme).open_client_secret() == SECRET
    assert not [text for text in said if SECRET in text]


def test_what_is_stored_is_said_and_kept_where_nothing_is_typed(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    browser = contact_at(acme, client_for)
    hand_over(browser, okta)
    assert "One is stored. Leave empty to keep it." in browser.get(ADDRESS).content.decode()
    assert led_to(hand_over(browser, okta, client_secret="")) == STORED
    assert only_provider(acme).open_client_secret() == SECRET


@pytest.mark.parametrize("secret", ["", "   ", "\n"])
def test_a_first_secret_is_asked_for(acme: Tenant, okta: FakeProvider, client_for: ClientFor, secret: str) -> None:
    answer = hand_over(contact_at(acme, client_for), okta, client_secret=secret)
    assert "Paste the client secret." in answer.content.decode()
    assert nothing_stored(acme)


def test_another_client_s_secret_is_not_kept(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    browser = contact_at(acme, client_for)
    hand_over(browser, okta)
    page = hand_over(browser, okta, client_id="another-client", client_secret="").content.decode()
    assert "belongs to another client or issuer" in page
    assert (only_provider(acme).client_id, only_provider(acme).open_client_secret()) == ("acme-client", SECRET)


def test_another_issuer_never_gets_the_stored_secret(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    browser = contact_at(acme, client_for)
    hand_over(browser, okta)
    with FakeProvider() as other:
        page = hand_over(browser, other, client_secret="").content.decode()
    assert "belongs to another client or issuer" in page
    assert only_provider(acme).issuer == okta.issuer


def test_what_is_handed_over_anew_has_not_been_checked(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    browser = contact_at(acme, client_for)
    hand_over(browser, okta)
    now = timezone.now()
    IdentityProvider.objects.update(checked_at=now, check_failed=["client"], tested_at=now)
    hand_over(browser, okta, client_secret=SECRET + "2")
    provider = only_provider(acme)
    assert (provider.checked_at, provider.check_failed, provider.tested_at) == (None, [], None)


def test_with_a_private_key_no_secret_is_kept(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    browser = contact_at(acme, client_for)
    hand_over(browser, okta)
    answer = hand_over(browser, okta, auth_method="private_key_jwt")
    assert led_to(answer) == STORED + "&noted=secret.not_kept"
    provider = only_provider(acme)
    assert (provider.auth_method, provider.status) == ("private_key_jwt", "submitted")
    assert not provider.client_secret
    assert provider.secret_expires_on is None


def test_the_address_of_our_keys_is_there_to_copy(acme: Tenant, client_for: ClientFor) -> None:
    page = contact_at(acme, client_for).get(ADDRESS).content.decode()
    assert 'data-copy="http://acme.localhost:8000/oidc/okta/jwks.json"' in page


def test_when_the_secret_runs_out_is_kept_and_reminders_begin_anew(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    browser = contact_at(acme, client_for)
    day = timezone.localdate() + timedelta(days=90)
    hand_over(browser, okta, secret_expires_on=day.isoformat())
    assert only_provider(acme).secret_expires_on == day
    IdentityProvider.objects.update(reminded=[30])
    hand_over(browser, okta, client_secret="", secret_expires_on=(day + timedelta(days=1)).isoformat())
    assert only_provider(acme).secret_expires_on == day + timedelta(days=1)
    assert only_provider(acme).reminded == []


def test_a_day_that_has_passed_is_refused(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    page = hand_over(contact_at(acme, client_for), okta, secret_expires_on="2020-01-01").content.decode()
    assert "That day has passed." in page
    assert nothing_stored(acme)


def test_a_live_provider_gets_a_candidate_and_stays_as_it_was(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    before = IdentityProvider.objects.filter(tenant=acme).values().get()
    browser = contact_at(acme, client_for)
    assert "Sign-in is live." in browser.get(ADDRESS).content.decode()
    answer = hand_over(browser, okta, client_secret="rotated-secret", first_administrator="eve@acme.example")
    assert led_to(answer) == "/setup/check/?noted=candidate"
    after = IdentityProvider.objects.filter(tenant=acme).values().get()
    assert after == before
    candidate = ProviderSettings.objects.get(provider=before["id"])
    assert (candidate.state, candidate.open_client_secret()) == ("candidate", "rotated-secret")


def test_another_issuer_than_was_typed_is_shown_and_confirmed(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    browser = contact_at(acme, client_for)
    alias = domain_of(okta).replace("127.0.0.1", "localhost")
    page = hand_over(browser, okta, domain=alias).content.decode()
    assert f"What you typed names another address: {okta.issuer}." in page
    assert f'type="checkbox" name="accepted_issuer" value="{okta.issuer}"' in page
    assert nothing_stored(acme)
    assert hand_over(browser, okta, domain=alias, accepted_issuer="https://other.example").status_code == 200
    assert nothing_stored(acme)
    assert led_to(hand_over(browser, okta, domain=alias, accepted_issuer=okta.issuer)) == STORED
    assert only_provider(acme).issuer == okta.issuer


def test_a_tenant_has_one_provider_for_an_issuer(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    browser = contact_at(acme, client_for)
    configure_okta(acme, okta, slug="northside")
    page = hand_over(browser, okta).content.decode()
    assert "already" in page
    assert IdentityProvider.objects.get(slug="okta").status == "draft"


def test_what_is_blocked_refused_or_slow_reads_alike(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, settings: Any
) -> None:
    said = {explain(DiscoveryError(reason, f"detail of {reason}"), "x.example") for reason in OUT_OF_REACH}
    assert len(said) == 1
    browser = contact_at(acme, client_for)
    closed = FakeProvider()
    closed.start()
    address = domain_of(closed)
    closed.stop()
    page = hand_over(browser, okta, domain=address).content.decode()
    assert "No identity provider answers there." in page
    settings.OIDC_ALLOW_LOCAL_PROVIDERS = False
    page = hand_over(browser, okta, domain="does-not-exist.invalid").content.decode()
    assert "No identity provider answers there." in page


OUT_OF_REACH = ("blocked", "unreachable", "too_late", "bad_url")
DOCUMENTS = [
    ("discovery", "status404", "it has no OpenID configuration"),
    ("discovery_not_an_object", True, "it has no OpenID configuration"),
    ("discovery_no_issuer", True, "it has no OpenID configuration"),
    ("discovery_foreign_endpoint", "token_endpoint", "is not on the issuer"),
]


@pytest.mark.parametrize(("fault", "value", "words"), DOCUMENTS)
def test_a_document_that_will_not_do_is_explained(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, fault: str, value: Any, words: str
) -> None:
    okta.break_rule(fault, value)
    page = hand_over(contact_at(acme, client_for), okta).content.decode()
    assert words in page
    assert "There is something to mend" in page
    assert nothing_stored(acme)


def test_nobody_looks_through_the_internet_with_the_form(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    browser = contact_at(acme, client_for)
    cache.set(f"handover-asked:{only_provider(acme).pk}", 60)
    before = len(okta.calls)
    assert "tried too often" in hand_over(browser, okta).content.decode()
    assert len(okta.calls) == before


def test_google_has_one_issuer_and_nobody_is_asked_for_it(acme: Tenant, client_for: ClientFor) -> None:
    browser = contact_at(acme, client_for)
    IdentityProvider.objects.update(kind="google")
    page = browser.get(ADDRESS).content.decode()
    assert 'name="client_id"' in page
    assert 'name="domain"' not in page
