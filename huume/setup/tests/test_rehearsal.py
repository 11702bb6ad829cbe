"""The test sign-in: for real, bound to the setup session, and nothing comes of it but a report."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.utils import timezone

from accounts.models import Attempt, Identity, Session, SignIn, User
from accounts.tests.fake_provider import FakeProvider
from huume.setup.tests.setup_cast import enter_setup
from huume.testing import ClientFor, TenantClient, callback, configure_okta, sign_in
from tenants.models import IdentityProvider, SetupLink, SetupSession, Tenant, TrialSignIn

TEST = "/setup/test/"
Status = IdentityProvider.Status


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    """Handed over, and not live."""
    configured = configure_okta(acme, okta)
    IdentityProvider.objects.filter(pk=configured.pk).update(status=Status.SUBMITTED, live_at=None)
    configured.refresh_from_db()
    return configured


@pytest.fixture
def contact(acme: Tenant, provider: IdentityProvider, client_for: ClientFor) -> TenantClient:
    client = client_for(acme)
    enter_setup(client, acme)
    return client


def rehearse(client: TenantClient, okta: FakeProvider, person: str = "alice") -> Any:
    """From the button to our last answer."""
    begun = client.post(TEST)
    assert begun.status_code == 302, begun.content
    return client.get(callback(okta.authorize(begun["Location"], person=person)))


def trial() -> TrialSignIn:
    return TrialSignIn.objects.get()


def test_it_shows_what_came_and_what_the_portal_would_make_of_it(contact: TenantClient, okta: FakeProvider) -> None:
    answer = rehearse(contact, okta)
    assert (answer.status_code, answer["Location"]) == (302, TEST)
    page = contact.get(TEST).content.decode()
    for words in (
        "It works",
        "Alice Reed",
        "alice.reed@acme.example",
        "verified",
        "Somebody new, who waits for access",
    ):
        assert words in page
    assert trial().claims["subject"] in page


def test_nobody_is_made_signed_in_or_linked(contact: TenantClient, okta: FakeProvider) -> None:
    rehearse(contact, okta)
    assert not User.objects.exists()
    assert not Identity.objects.exists()
    assert not Session.objects.exists()
    assert contact.get("/")["Location"].startswith("/sign-in/")
    record = SignIn.objects.get()
    assert (record.outcome, record.is_test, record.user) == (SignIn.Outcome.TESTED, True, None)


def test_it_does_not_take_over_a_record_added_in_advance(contact: TenantClient, okta: FakeProvider) -> None:
    User.objects.add_in_advance("alice.reed@acme.example")
    rehearse(contact, okta)
    assert User.objects.get().added_in_advance
    assert trial().claims["arrives_as"] == "in_advance"
    assert "added for this address in advance" in contact.get(TEST).content.decode()


def test_settings_are_marked_as_tested(contact: TenantClient, okta: FakeProvider, provider: IdentityProvider) -> None:
    before = timezone.now()
    rehearse(contact, okta)
    provider.refresh_from_db()
    assert provider.tested_at is not None
    assert provider.tested_at >= before
    assert provider.status == Status.SUBMITTED


def test_who_is_not_assigned_is_told_so_and_nothing_counts_as_tested(
    contact: TenantClient, okta: FakeProvider, provider: IdentityProvider
) -> None:
    assert rehearse(contact, okta, person="dan")["Location"] == TEST
    page = contact.get(TEST).content.decode()
    assert "not assigned" in page
    assert trial().reference in page
    provider.refresh_from_db()
    assert provider.tested_at is None
    assert SignIn.objects.get().reason == "not_assigned"


def test_ungranted_scopes_are_a_warning_and_the_rest_is_seen_all_the_same(
    contact: TenantClient, okta: FakeProvider
) -> None:
    client = okta.client("acme-client")
    assert client
    okta.add_client(replace(client, granted_scopes=set()))
    refused = rehearse(contact, okta)
    again = contact.get(callback(okta.authorize(refused["Location"], person="alice")))
    assert again["Location"] == TEST
    assert "scopes_refused" in trial().warnings
    assert "refused the extra scopes" in contact.get(TEST).content.decode()


def test_an_address_outside_the_domains_is_a_warning(
    contact: TenantClient, okta: FakeProvider, provider: IdentityProvider
) -> None:
    IdentityProvider.objects.filter(pk=provider.pk).update(email_domains=["other.example"])
    rehearse(contact, okta)
    assert trial().warnings == ["email_outside_domains"]
    assert "other.example" in contact.get(TEST).content.decode()


def test_without_a_setup_session_there_is_no_test(
    acme: Tenant, provider: IdentityProvider, client_for: ClientFor
) -> None:
    client = client_for(acme)
    assert client.post(TEST)["Location"] == "/setup/"
    assert not Attempt.objects.exists()


def test_people_cannot_use_the_provider_while_it_is_not_live(
    acme: Tenant, provider: IdentityProvider, client_for: ClientFor
) -> None:
    assert client_for(acme).get("/oidc/okta/start/").status_code == 403


def test_an_answer_in_a_browser_without_the_setup_session_is_refused(
    contact: TenantClient, okta: FakeProvider, acme: Tenant, client_for: ClientFor
) -> None:
    begun = contact.post(TEST)
    del contact.cookies["setup"]
    answer = contact.get(callback(okta.authorize(begun["Location"], person="alice")))
    assert answer.status_code == 400
    assert not TrialSignIn.objects.exists()
    assert not User.objects.exists()


def test_an_answer_after_the_link_was_revoked_is_refused(contact: TenantClient, okta: FakeProvider) -> None:
    begun = contact.post(TEST)
    SetupLink.objects.update(ended_at=timezone.now(), end=SetupLink.End.REVOKED)
    answer = contact.get(callback(okta.authorize(begun["Location"], person="alice")))
    assert answer.status_code == 400
    assert not TrialSignIn.objects.exists()


def test_another_setup_session_of_the_same_link_cannot_finish_it_nor_see_it(
    contact: TenantClient, okta: FakeProvider, acme: Tenant, client_for: ClientFor
) -> None:
    rehearse(contact, okta)
    colleague = client_for(acme)
    enter_setup(colleague, acme)
    page = colleague.get(TEST).content.decode()
    assert "alice.reed@acme.example" not in page
    assert "Somebody has tested these settings already" in page


def test_the_same_answer_twice_counts_once(contact: TenantClient, okta: FakeProvider) -> None:
    begun = contact.post(TEST)
    address = callback(okta.authorize(begun["Location"], person="alice"))
    contact.get(address)
    assert contact.get(address).status_code == 400
    assert TrialSignIn.objects.count() == 1


@pytest.mark.parametrize("status", [Status.DISABLED])
def test_a_disabled_provider_is_not_tested(contact: TenantClient, provider: IdentityProvider, status: str) -> None:
    IdentityProvider.objects.filter(pk=provider.pk).update(status=status)
    assert contact.post(TEST).status_code == 403


def test_nothing_handed_over_leads_to_the_details(acme: Tenant, client_for: ClientFor) -> None:
    client = client_for(acme)
    enter_setup(client, acme)
    answer = client.post(TEST)
    assert answer.status_code == 200
    assert "/setup/details/" in answer.content.decode()


def test_a_signed_in_person_stays_signed_in_beside_a_test(
    contact: TenantClient, okta: FakeProvider, acme: Tenant
) -> None:
    person = User.objects.create(name="Erin Hale", email="erin.hale@acme.example")
    sign_in(contact, acme, person)
    key = contact.session.session_key
    rehearse(contact, okta, person="bob")
    assert contact.session.session_key == key
    assert "erin.hale@acme.example" in contact.get("/").content.decode()


def test_markup_in_claims_is_text(contact: TenantClient, okta: FakeProvider) -> None:
    okta.add_person(replace(okta.person("alice"), family_name="<script>alert(1)</script>"))
    rehearse(contact, okta)
    page = contact.get(TEST).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_mallorys_setup_session_sees_nothing_of_it(
    contact: TenantClient, okta: FakeProvider, globex: Tenant, acme: Tenant, client_for: ClientFor
) -> None:
    rehearse(contact, okta)
    mallory = client_for(globex)
    enter_setup(mallory, globex, email="mallory@globex.example")
    assert "alice.reed" not in mallory.get(TEST).content.decode()
    here = client_for(acme)
    here.cookies["setup"] = mallory.cookies["setup"].value
    assert here.get(TEST)["Location"] == "/setup/"


def test_signing_out_at_the_provider_proves_the_sign_out_address(contact: TenantClient, okta: FakeProvider) -> None:
    rehearse(contact, okta)
    assert "Sign out at Okta, to test" in contact.get(TEST).content.decode()
    there = contact.post(TEST, {"sign-out": "1"})["Location"]
    assert there.startswith(f"{okta.issuer}/oauth2/v1/logout?")
    assert parse_qs(urlsplit(there).query)["post_logout_redirect_uri"] == ["http://acme.localhost:8000"]
    back = requests.get(there, allow_redirects=False).headers["Location"]
    way = contact.get(back.removeprefix("http://acme.localhost:8000"), follow=True)
    assert way.redirect_chain[-1][0] == f"{TEST}?signed-out"
    assert "the sign-out redirect URI is registered" in way.content.decode()
    assert trial().signed_out_at is not None


def test_an_id_token_is_used_for_one_sign_out_and_shown_nowhere(contact: TenantClient, okta: FakeProvider) -> None:
    rehearse(contact, okta)
    id_token = parse_qs(urlsplit(contact.post(TEST, {"sign-out": "1"})["Location"]).query)["id_token_hint"][0]
    assert id_token not in contact.get(TEST).content.decode()
    assert contact.post(TEST, {"sign-out": "1"})["Location"] == TEST
    assert not SetupSession.objects.get().id_token


def test_coming_back_without_a_test_says_nothing(contact: TenantClient) -> None:
    assert contact.get(TEST, {"signed-out": ""}).status_code == 200
    assert not TrialSignIn.objects.exists()


def test_the_pages_policy_lets_the_form_end_at_the_provider(contact: TenantClient, okta: FakeProvider) -> None:
    policy = contact.get(TEST)["Content-Security-Policy"]
    assert f"form-action 'self' {okta.issuer};" in f"{policy};"
