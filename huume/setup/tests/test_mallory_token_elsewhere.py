"""The ID token of one directory is no other directory's to see, whatever has been handed over since the test."""

from typing import Any

import pytest

from accounts.tests.fake_provider import FakeProvider
from accounts.tests.swap_cast import new_directory, propose_at
from huume.setup.tests.setup_cast import enter_setup
from huume.testing import ClientFor, TenantClient, callback, configure_okta
from tenants.models import IdentityProvider, Tenant

TEST = "/setup/test/"


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    return configure_okta(acme, okta)


@pytest.fixture
def tested(acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor) -> TenantClient:
    """The IT contact, back from a test of the honest directory."""
    client = client_for(acme)
    enter_setup(client, acme)
    client.get(callback(okta.authorize(client.post(TEST)["Location"], person="alice")))
    return client


def sign_out(contact: TenantClient) -> Any:
    return contact.post(TEST, {"sign-out": "1"})["Location"]


def test_a_sign_out_there_takes_the_token_along(okta: FakeProvider, tested: TenantClient) -> None:
    address = sign_out(tested)
    assert address.startswith(okta.issuer)
    assert "id_token_hint=" in address


def test_a_candidate_elsewhere_gets_no_token_of_the_live_one(provider: IdentityProvider, tested: TenantClient) -> None:
    with new_directory() as hers:
        propose_at(provider, hers)
        assert sign_out(tested) == TEST
