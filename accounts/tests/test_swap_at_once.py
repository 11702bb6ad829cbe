"""Two account managers at once, on connections of their own, at a tenant that is really there for as long."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from accounts.models import HistoryEntry, Identity
from accounts.swap import give_back, swap
from accounts.tests.access_cast import at_once
from accounts.tests.swap_cast import ADA, ELSEWHERE, candidate_of, passed
from huume.testing import live_provider_row, make_user
from tenants.models import IdentityProvider, Tenant
from tenants.provision import provision

pytestmark = pytest.mark.xdist_group("swapping")


@pytest.fixture
def swapping(django_db_setup: None, django_db_blocker: Any) -> Iterator[IdentityProvider]:
    """A live provider with a candidate that is ready, committed. Its tenant goes at the end, history and all."""
    with django_db_blocker.unblock():
        tenant, _made = provision("swapping", "Swapping Homes")
        try:
            with tenant_context(tenant):
                provider = live_provider_row(tenant)
                make_user("Ruth Vane", subject="00u-ruth")
                passed(candidate_of(provider, issuer=ELSEWHERE), rekey_confirmed_by="ada")
                yield provider
        finally:
            Tenant.objects.get(pk=tenant.pk).delete()
            connection.close()


def codes(outcomes: list[BaseException | None]) -> list[str]:
    return sorted(str(getattr(outcome, "code", outcome)) for outcome in outcomes)


def test_one_swap_holds_and_the_other_finds_no_candidate(swapping: IdentityProvider) -> None:
    def act() -> None:
        swap(swapping, ADA)

    assert codes(at_once(swapping.tenant, act, act, held="accounts_identity")) == ["None", "no_candidate"]
    assert Identity.objects.get().issuer == ELSEWHERE
    assert HistoryEntry.objects.filter(kind="provider.swapped").count() == 1


def test_of_two_ways_back_at_once_one_is_taken(swapping: IdentityProvider) -> None:
    swap(swapping, ADA)

    def act() -> None:
        give_back(swapping, ADA)

    assert codes(at_once(swapping.tenant, act, act, held="accounts_identity")) == ["None", "no_former"]
    assert Identity.objects.get().issuer == swapping.issuer
