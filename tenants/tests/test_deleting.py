"""A tenant that is deleted, and a provider that is, leave nothing behind, and take nothing of anybody else's along."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django_tasks_db.models import DBTaskResult
from django_tenants.utils import schema_exists

from accounts.models import HistoryEntry
from huume.testing import ClientFor, Mails, TenantClient, work_off_queue
from huume.tests.staff_desk import enter
from tenants.models import Tenant
from tenants.provision import provision
from tenants.tests.everything import OF_PROVIDER, OF_TENANT, all_are_named, counts, give_everything

pytestmark = pytest.mark.xdist_group("leaving")


@pytest.fixture
def leaving(django_db_setup: None, django_db_blocker: Any) -> Iterator[Tenant]:
    """Committed: what waits for the end of a transaction is due at a real one."""
    with django_db_blocker.unblock():
        tenant, _made = provision("leaving", "Leaving Homes")
        give_everything(tenant)
        yield tenant
        for left in Tenant.objects.filter(pk=tenant.pk):
            left.delete()
        DBTaskResult.objects.all().delete()
        connection.close()


def test_no_model_is_forgotten_here() -> None:
    assert all_are_named()


def test_with_a_tenant_goes_all_that_is_its_own(leaving: Tenant) -> None:
    models = OF_PROVIDER | OF_TENANT
    assert 0 not in counts(leaving, models).values()
    pk = leaving.pk
    Tenant.objects.get(pk=pk).delete()
    leaving.pk = pk
    assert set(counts(leaving, models).values()) == {0}
    assert not schema_exists("leaving")
    # Its mail was queued still.
    assert DBTaskResult.objects.ready().exists()
    work_off_queue()


@pytest.fixture
def ada(staff: Tenant, client_for: ClientFor) -> TenantClient:
    return enter(client_for(staff))


def test_with_a_provider_go_its_links_keys_candidates_and_checks(
    ada: TenantClient, acme: Tenant, globex: Tenant, mails: Mails
) -> None:
    provider, theirs = give_everything(acme), give_everything(globex)
    before, theirs_before = HistoryEntry.objects.count(), counts(globex, OF_PROVIDER | OF_TENANT)
    assert 0 not in counts(acme, OF_PROVIDER).values()
    page = f"/admin/tenants/identityprovider/{provider.pk}/delete/"
    assert ada.get(page).status_code == 200
    assert ada.post(page, {"post": "yes"}).status_code == 302
    assert set(counts(acme, OF_PROVIDER).values()) == {0}
    assert 0 not in counts(acme, OF_TENANT).values(), "mails and emergencies are the tenant's"
    assert counts(globex, OF_PROVIDER | OF_TENANT) == theirs_before
    assert theirs.kept_settings.count() == 2
    assert HistoryEntry.objects.count() >= before, "what is on record stays"
    assert len(mails()) == 2
