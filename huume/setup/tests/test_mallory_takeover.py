"""An IT contact with a directory of her own tries to become everybody else, by “proving” that people moved there."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Identity
from accounts.swap import SwapRefused, swap
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.swap_cast import CONTACT, NEW_SECRET, candidate_of, new_directory, passed
from huume.setup.tests.handing_over import domain_of, hand_over
from huume.setup.tests.setup_cast import enter_setup
from huume.testing import ClientFor, TenantClient, arrive, callback, configure_okta
from tenants.models import IdentityProvider, ProviderSettings, Tenant

LIVE, TEST = "/setup/live/", "/setup/test/"


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    """Live, and the IT contact was once allowed to switch it so."""
    configured = configure_okta(acme, okta)
    IdentityProvider.objects.filter(pk=configured.pk).update(contact_may_activate=True)
    configured.refresh_from_db()
    return configured


@pytest.fixture
def hers() -> Iterator[FakeProvider]:
    """Mallory's own directory, which calls whomever she likes by Alice's subject."""
    with new_directory() as directory:
        yield directory


@pytest.fixture
def contact(acme: Tenant, provider: IdentityProvider, client_for: ClientFor) -> TenantClient:
    client = client_for(acme)
    enter_setup(client, acme)
    return client


def prove_with_a_chosen_subject(contact: TenantClient, hers: FakeProvider) -> ProviderSettings:
    """Handed over, checked, tested: all of it is true of her directory."""
    answer: Any = hand_over(contact, hers, domain=domain_of(hers), client_secret=NEW_SECRET)
    assert answer.status_code == 302, answer.content
    begun = contact.post(TEST)
    contact.get(callback(hers.authorize(begun["Location"], person="alice")))
    candidate = ProviderSettings.objects.get(state=ProviderSettings.State.CANDIDATE)
    assert candidate.rekey_proven_at
    return passed(candidate)


def test_a_subject_of_her_choice_does_not_let_her_swap_to_her_issuer(
    acme: Tenant,
    okta: FakeProvider,
    hers: FakeProvider,
    provider: IdentityProvider,
    contact: TenantClient,
    client_for: ClientFor,
) -> None:
    arrive(client_for(acme), okta, "alice")
    prove_with_a_chosen_subject(contact, hers)
    assert '<button class="primary"' not in contact.get(LIVE).content.decode()
    contact.post(LIVE)
    provider.refresh_from_db()
    assert provider.issuer == okta.issuer
    assert Identity.objects.get().issuer == okta.issuer


def test_the_rule_is_where_the_swap_is(provider: IdentityProvider) -> None:
    elsewhere = candidate_of(provider, issuer="https://mallory.okta.example")
    passed(elsewhere, rekey_proven_at=timezone.now())
    with pytest.raises(SwapRefused) as refused:
        swap(provider, CONTACT)
    assert refused.value.code == "another_issuer"


def test_what_the_contact_may_is_asked_when_it_happens(provider: IdentityProvider) -> None:
    """Her page was loaded while she might."""
    passed(candidate_of(provider))
    IdentityProvider.objects.filter(pk=provider.pk).update(contact_may_activate=False)
    with pytest.raises(SwapRefused) as refused:
        swap(provider, CONTACT)
    assert refused.value.code == "not_allowed"
