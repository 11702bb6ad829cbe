"""Two clicks on one emergency link, on connections of their own, at a tenant that is really there for as long."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts.attempts import digest
from accounts.models import HistoryEntry, Session, SignIn
from accounts.oidc.requests import new_secret
from accounts.tests.access_cast import at_once
from huume.testing import TenantClient, make_user
from tenants.models import EmergencyAccess, Tenant
from tenants.provision import provision

FORGET_IN_STAFF = """
    ALTER TABLE staff.accounts_historyentry DISABLE TRIGGER append_only;
    DELETE FROM staff.accounts_historyentry;
    DELETE FROM staff.accounts_historyname;
    ALTER TABLE staff.accounts_historyentry ENABLE ALWAYS TRIGGER append_only;
"""
pytestmark = pytest.mark.xdist_group("dusk")


@pytest.fixture
def dusk(django_db_setup: None, django_db_blocker: Any) -> Iterator[Tenant]:
    """Outside any test's transaction, and gone afterwards with all that staff's history says of it."""
    with django_db_blocker.unblock():
        tenant, _made = provision("dusk", "Dusk Homes")
        with tenant_context(tenant):
            yield tenant
        tenant.delete()
        with connection.cursor() as cursor:
            cursor.execute(FORGET_IN_STAFF)
        connection.close()


def link_for(tenant: Tenant) -> str:
    person, token = make_user("Dora Lane", roles=("User administrator",)), new_secret()
    EmergencyAccess.objects.create(
        tenant=tenant,
        user=person.pk,
        user_name=person.name,
        reason="Their directory is down",
        approved=True,
        token_digest=digest(token),
        expires_at=timezone.now() + timedelta(minutes=15),
    )
    return token


def test_two_clicks_at_once_make_one_session(dusk: Tenant) -> None:
    token, statuses = link_for(dusk), []

    def click() -> None:
        browser = TenantClient("dusk.localhost:8000")
        browser.get(f"/emergency/{token}/")
        statuses.append(browser.post("/emergency/").status_code)

    # Both have begun: one waits to write its session, the other for the link's row.
    assert at_once(dusk, click, click, held="accounts_session") == [None, None]
    assert sorted(statuses) == [302, 404]
    assert Session.objects.count() == SignIn.objects.filter(reason="emergency_link").count() == 1
    assert HistoryEntry.objects.filter(kind="emergency.redeemed").count() == 1
