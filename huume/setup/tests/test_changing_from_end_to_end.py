"""A live customer's new secret, and their new directory, from the setup link to the swap: nobody is locked out."""

from dataclasses import replace
from typing import Any

import pytest

from accounts.models import HistoryEntry, Identity, User
from accounts.swap import SwapRefused, give_back, swap
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.swap_cast import ADA, NEW_SECRET, new_directory, set_secrets
from huume.setup.tests.handing_over import contact_at, domain_of, hand_over
from huume.setup.tests.test_rehearsal import rehearse
from huume.testing import ClientFor, TenantClient, arrive, configure_okta
from tenants.models import IdentityProvider, ProviderSettings, Tenant


@pytest.fixture
def live(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> IdentityProvider:
    """Bob and Alice have signed in by it."""
    provider = configure_okta(acme, okta)
    for person in ("Alice", "Bob"):
        assert arrive(client_for(acme), okta, person).status_code == 302
    return provider


@pytest.fixture
def contact(acme: Tenant, live: IdentityProvider, client_for: ClientFor) -> TenantClient:
    return contact_at(acme, client_for)


def checked(browser: TenantClient, answer: Any) -> str:
    """The page of the check that handing over leads to, read to its end."""
    page: str = browser.get(answer["Location"]).getvalue().decode()
    return page


def candidate() -> ProviderSettings:
    return ProviderSettings.objects.get(state="candidate")


def refused(provider: IdentityProvider) -> str:
    with pytest.raises(SwapRefused) as refusal:
        swap(provider, ADA)
    return refusal.value.code


def gets_in(tenant: Tenant, client_for: ClientFor, okta: FakeProvider, person: str = "Bob") -> bool:
    return bool(arrive(client_for(tenant), okta, person).status_code == 302)


def test_a_wrong_new_secret_is_named_and_changes_nothing(
    acme: Tenant, okta: FakeProvider, live: IdentityProvider, contact: TenantClient, client_for: ClientFor
) -> None:
    page = checked(contact, hand_over(contact, okta, client_secret="not-the-new-secret-of-acme"))
    assert "Client ID or client secret is wrong" in page
    assert candidate().check_failed == ["client"]
    assert refused(live) == "check_failed"
    assert gets_in(acme, client_for, okta)


def test_people_get_in_at_each_moment_of_a_rotation(
    acme: Tenant, okta: FakeProvider, live: IdentityProvider, contact: TenantClient, client_for: ClientFor
) -> None:
    set_secrets(okta, "acme-secret", NEW_SECRET)
    page = checked(contact, hand_over(contact, okta, client_secret=NEW_SECRET))
    assert "Nothing is wrong." in page
    assert refused(live) == "not_tested"
    assert rehearse(contact, okta, person="bob")["Location"] == "/setup/test/"
    assert gets_in(acme, client_for, okta)
    # The IT contact was quick: the old one is deactivated before anybody has swapped.
    set_secrets(okta, NEW_SECRET)
    assert [gets_in(acme, client_for, okta) for _each in range(2)] == [True, True]
    swap(live, ADA)
    assert gets_in(acme, client_for, okta)
    # Or they deleted the wrong one.
    set_secrets(okta, "acme-secret")
    assert [gets_in(acme, client_for, okta) for _each in range(2)] == [True, True]
    give_back(live, ADA)
    assert gets_in(acme, client_for, okta)
    assert User.objects.count() == 2


def test_another_directory_waits_for_somebody_whom_we_know(
    acme: Tenant, okta: FakeProvider, live: IdentityProvider, contact: TenantClient, client_for: ClientFor
) -> None:
    with new_directory() as other:
        stranger = replace(other.person("carol"), subject="00u-nobody-here")
        other.add_person(stranger)
        answer = hand_over(contact, other, domain=domain_of(other), client_secret=NEW_SECRET)
        assert "Nothing is wrong." in checked(contact, answer)
        rehearse(contact, other, person="carol")
        assert refused(live) == "rekey_unproven"
        rehearse(contact, other, person="bob")
        assert candidate().rekey_proven_at
        swap(live, ADA)
        assert gets_in(acme, client_for, other)
        assert User.objects.count() == 2
        assert set(Identity.objects.values_list("issuer", flat=True)) == {other.issuer}
    give_back(live, ADA)
    assert set(Identity.objects.values_list("issuer", flat=True)) == {okta.issuer}
    assert gets_in(acme, client_for, okta)
    kinds = HistoryEntry.objects.order_by("pk").values_list("kind", flat=True)
    wanted = ["candidate.proposed", "candidate.rekey_proven", "provider.swapped", "provider.given_back"]
    assert [kind for kind in kinds if kind in wanted] == wanted


def test_the_proof_is_put_down_to_the_contact_of_the_link(
    acme: Tenant, live: IdentityProvider, contact: TenantClient
) -> None:
    with new_directory() as other:
        checked(contact, hand_over(contact, other, domain=domain_of(other), client_secret=NEW_SECRET))
        rehearse(contact, other, person="bob")
    proposed = HistoryEntry.objects.get(kind="candidate.proposed")
    proven = HistoryEntry.objects.get(kind="candidate.rekey_proven")
    assert proven.actor == proposed.actor
    assert proven.actor_kind == "contact"
