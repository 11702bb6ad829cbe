"""An IT contact who checks as often as she may does not keep the account manager from checking."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.check_runs import MOST, MOST_FOR_OPERATORS
from accounts.tests.fake_provider import FakeProvider
from huume.setup.tests.setup_cast import CONTACT, enter_setup
from huume.testing import ClientFor, TenantClient, configure_okta
from huume.tests.staff_desk import enter
from tenants.models import IdentityProvider, ProviderCheck, Tenant


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    return configure_okta(acme, okta)


@pytest.fixture
def ada(staff: Tenant, client_for: ClientFor) -> TenantClient:
    return enter(client_for(staff))


def checked(provider: IdentityProvider, times: int) -> None:
    at = timezone.now() - timedelta(minutes=10)
    ProviderCheck.objects.bulk_create(
        ProviderCheck(provider=provider, asked_by=CONTACT, asked_at=at, started_at=at, finished_at=at)
        for _each in range(times)
    )


def test_the_account_manager_still_may(
    acme: Tenant, provider: IdentityProvider, ada: TenantClient, client_for: ClientFor
) -> None:
    mallory = client_for(acme)
    enter_setup(mallory, acme)
    checked(provider, MOST)
    assert mallory.post("/setup/check/").status_code == 429
    assert ada.post(f"/admin/check/{provider.pk}/").status_code == 302


def test_their_number_has_an_end_too(provider: IdentityProvider, ada: TenantClient) -> None:
    checked(provider, MOST_FOR_OPERATORS)
    assert ada.post(f"/admin/check/{provider.pk}/").status_code == 429
