"""Two runs of daily at the same time, by two cron jobs or two impatient operators: everything happens once."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from django_tenants.utils import tenant_context

from accounts.models import HistoryEntry
from accounts.tests.access_cast import at_once
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.fake_provider_cast import huume_client
from huume.testing import configure_okta
from tenants.models import ClientKey, IdentityProvider, Mail, ProviderCheck, Tenant
from tenants.outbox import queue_mail
from tenants.provision import provision

pytestmark = pytest.mark.xdist_group("nightly")


@pytest.fixture
def nightly(django_db_setup: None, django_db_blocker: Any, okta: FakeProvider) -> Iterator[IdentityProvider]:
    """Committed: a live provider whose secret runs out, with old keys; and a mail whose task was lost."""
    with django_db_blocker.unblock():
        tenant, _made = provision("nightly", "Nightly Homes", contact="it@nightly.example")
        try:
            okta.add_client(huume_client("nightly"))
            with tenant_context(tenant):
                provider = configure_okta(tenant, okta)
            add_work(provider)
            yield provider
        finally:
            Tenant.objects.get(pk=tenant.pk).delete()
            DBTaskResult.objects.all().delete()
            connection.close()


def add_work(provider: IdentityProvider) -> None:
    in_a_week = timezone.localdate() + timedelta(days=7)
    IdentityProvider.objects.filter(pk=provider.pk).update(secret_expires_on=in_a_week)
    Tenant.objects.filter(pk=provider.tenant.pk).update(account_manager="ada@huume.example")
    for days in (9, 6, 3):
        key = ClientKey(provider=provider, created_at=timezone.now() - timedelta(days=days))
        key.seal(ec="an EC key", rsa="an RSA key")
        key.save()
    context = {"tenant": "Nightly", "ask": "Ada", "address": "https://nightly.example"}
    queue_mail("welcome", "alice@nightly.example", tenant=provider.tenant, context=context)
    DBTaskResult.objects.all().delete()


def daily() -> None:
    call_command("daily", stdout=StringIO())


def kinds() -> dict[str, int]:
    entries = HistoryEntry.objects.values_list("kind", flat=True)
    return {kind: list(entries).count(kind) for kind in set(entries)}


def test_each_thing_is_done_once(nightly: IdentityProvider, okta: FakeProvider) -> None:
    assert at_once(nightly.tenant, daily, daily, held="accounts_session") == [None, None]
    daily()
    reminders = Mail.objects.filter(name="secret_runs_out").values_list("recipient", flat=True)
    assert sorted(reminders) == ["ada@huume.example", "it@nightly.example"]
    assert [sent.to for sent in mail.outbox if sent.to == ["alice@nightly.example"]] == [["alice@nightly.example"]]
    assert ProviderCheck.objects.filter(provider=nightly).count() == 1
    assert len(okta.calls_to("token")) == 1, "one made-up code, whoever asks"
    assert ClientKey.objects.filter(provider=nightly).count() == 1
    with tenant_context(nightly.tenant):
        assert kinds() == {"provider.checked": 1, "client_keys.retired": 2}
