"""What was typed into a form whose confirmation failed is kept nowhere: neither the secret nor the near miss."""

import json

from axes.models import AccessAttempt
from django_tenants.utils import tenant_context

from huume.testing import ClientFor, live_provider_row
from huume.tests.staff_desk import enter
from tenants.models import Tenant
from tenants.tests.test_admin_providers import change_data, grow_stale, page_of

NEAR_MISS = "a long walk by the canak"
CLIENT_SECRET = "hunter2-and-then-some-more"


def test_a_failed_confirmation_stores_neither_password_nor_code_nor_client_secret(
    acme: Tenant, staff: Tenant, client_for: ClientFor
) -> None:
    provider = live_provider_row(acme)
    ada = enter(client_for(staff))
    grow_stale(ada)
    typed = change_data(provider, secret=CLIENT_SECRET, your_password=NEAR_MISS, your_code="424242")
    assert ada.post(page_of(provider), typed).status_code == 200
    with tenant_context(staff):
        kept = json.dumps(list(AccessAttempt.objects.values()), default=str)
    assert "ada@huume.example" in kept
    for typed_text in (NEAR_MISS, NEAR_MISS.replace(" ", "+"), "424242", CLIENT_SECRET):
        assert typed_text not in kept
