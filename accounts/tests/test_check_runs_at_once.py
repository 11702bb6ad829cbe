"""Two who ask for, or carry out, a live check at the same time, on connections of their own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from accounts.check_runs import CheckRefused, ask, carry_out
from accounts.live_check import CHECKS
from accounts.models import HistoryEntry
from accounts.tests.access_cast import on_own_connection, table_held, wait_for_waiting
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.fake_provider_cast import huume_client
from huume.testing import configure_okta
from tenants.actor import COMMAND
from tenants.models import IdentityProvider, ProviderCheck, Tenant
from tenants.provision import provision

pytestmark = pytest.mark.xdist_group("checks")


@pytest.fixture(scope="module")
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[Tenant]:
    """A tenant outside any test's transaction, deleted at the end."""
    with django_db_blocker.unblock():
        tenant, _made = provision("checks", "Checks Homes")
    yield tenant
    with django_db_blocker.unblock():
        tenant.delete()
        connection.close()


@pytest.fixture
def provider(committed: Tenant, okta: FakeProvider, django_db_blocker: Any) -> Iterator[IdentityProvider]:
    with django_db_blocker.unblock(), tenant_context(committed):
        okta.add_client(huume_client("checks"))
        yield configure_okta(committed, okta)
        IdentityProvider.objects.filter(tenant=committed).delete()


def both(tenant: Tenant, act: Callable[[], None]) -> list[BaseException | None]:
    """How it ended for each, where both had begun before either could write."""
    with ThreadPoolExecutor(2) as threads:
        with table_held("public.tenants_providercheck"):
            running = [threads.submit(on_own_connection, tenant, act) for _ in range(2)]
            wait_for_waiting(2)
        return [future.exception() for future in running]


def test_of_two_who_ask_one_is_refused(provider: IdentityProvider) -> None:
    def one() -> None:
        ask(provider, by=COMMAND)

    assert [type(error) for error in both(provider.tenant, one) if error] == [CheckRefused]
    assert ProviderCheck.objects.filter(provider=provider).count() == 1


def test_of_two_who_carry_out_one_gets_the_lines(provider: IdentityProvider, okta: FakeProvider) -> None:
    check = ask(provider, by=COMMAND)
    got: list[int] = []

    def one() -> None:
        got.append(len(list(carry_out(ProviderCheck.objects.get(pk=check.pk)))))

    assert both(provider.tenant, one) == [None, None]
    assert sorted(got) == [0, len(CHECKS)]
    assert len(okta.calls_to("token")) == 1
    assert HistoryEntry.objects.filter(kind="provider.checked").exists()
