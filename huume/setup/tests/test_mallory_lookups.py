"""One IT contact's domain that answers slowly takes no more of the server's threads than sign-ins by it may."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from accounts.provider_places import MOST_FOR_ONE, place_at
from accounts.tests.fake_provider import FakeProvider
from huume.setup.tests.handing_over import contact_at, hand_over, nothing_stored, only_provider
from huume.testing import ClientFor, TenantClient
from tenants.models import Tenant


@pytest.fixture
def contact(acme: Tenant, client_for: ClientFor) -> TenantClient:
    return contact_at(acme, client_for)


@pytest.fixture
def all_waiting(acme: Tenant, contact: TenantClient) -> Iterator[None]:
    """As many requests as may, all waiting for whatever she typed."""
    with ExitStack() as places:
        for _each in range(MOST_FOR_ONE):
            places.enter_context(place_at(only_provider(acme).pk))
        yield


@pytest.mark.usefixtures("all_waiting")
def test_a_look_up_beyond_the_places_is_refused_at_once(
    acme: Tenant, okta: FakeProvider, contact: TenantClient
) -> None:
    answer = hand_over(contact, okta)
    assert answer.status_code == 200
    assert "Too many requests for this provider are under way" in answer.content.decode()
    assert nothing_stored(acme)
    assert not okta.calls
