"""Test sign-ins with made-up codes would knock at whatever directory an IT contact has typed, with a wrong secret."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.attempts import new_reference
from accounts.models import SignIn
from accounts.rehearse import MOST_AN_HOUR
from accounts.tests.fake_provider import FakeProvider
from huume.setup.tests.setup_cast import enter_setup
from huume.testing import ClientFor, TenantClient, configure_okta
from tenants.models import IdentityProvider, Tenant

TEST = "/setup/test/"


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    return configure_okta(acme, okta)


@pytest.fixture
def contact(acme: Tenant, provider: IdentityProvider, client_for: ClientFor) -> TenantClient:
    client = client_for(acme)
    enter_setup(client, acme)
    return client


def began(provider: UUID, times: int, *, is_test: bool = True, ago: timedelta = timedelta(0)) -> None:
    at = timezone.now() - ago
    SignIn.objects.bulk_create(
        SignIn(reference=new_reference(), provider=provider, provider_label="Okta", is_test=is_test, at=at)
        for _each in range(times)
    )


def test_there_is_an_end_to_them(contact: TenantClient, provider: IdentityProvider) -> None:
    began(provider.pk, MOST_AN_HOUR)
    answer = contact.post(TEST)
    assert (answer.status_code, answer["Retry-After"]) == (429, "3600")
    assert "too_many_tests" in answer.content.decode()
    assert SignIn.objects.count() == MOST_AN_HOUR


@pytest.mark.parametrize(
    ("is_test", "ago"), [(False, timedelta(0)), (True, timedelta(minutes=61))], ids=["of people", "of long ago"]
)
def test_others_are_not_counted(
    contact: TenantClient, provider: IdentityProvider, is_test: bool, ago: timedelta
) -> None:
    began(provider.pk, MOST_AN_HOUR, is_test=is_test, ago=ago)
    assert contact.post(TEST).status_code == 302


def test_another_providers_are_not_counted(contact: TenantClient) -> None:
    began(UUID(int=7), MOST_AN_HOUR)
    assert contact.post(TEST).status_code == 302
