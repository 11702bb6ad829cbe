"""A provider's own page in the admin: how far it is, what is typed besides the credentials, what a change undoes."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, TenantClient, configure_okta
from huume.tests.staff_desk import enter
from tenants.models import IdentityProvider, Tenant
from tenants.tests.test_admin_providers import SECRET, change_data, page_of


@pytest.fixture
def ada(staff: Tenant, client_for: ClientFor) -> TenantClient:
    return enter(client_for(staff))


@pytest.fixture
def live(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    return configure_okta(acme, okta)


@pytest.fixture
def submitted(live: IdentityProvider) -> IdentityProvider:
    """Not live yet, so that its settings are changed directly."""
    IdentityProvider.objects.filter(pk=live.pk).update(status="submitted", live_at=None)
    live.refresh_from_db()
    return live


def test_whatever_a_check_is_of_wants_a_new_one(ada: TenantClient, submitted: IdentityProvider) -> None:
    fresh = {"checked_at": timezone.now(), "check_failed": ["clock"], "tested_at": timezone.now()}
    IdentityProvider.objects.filter(pk=submitted.pk).update(**fresh)
    ada.post(page_of(submitted), change_data(submitted, label="Acme staff"))
    submitted.refresh_from_db()
    assert submitted.checked_at
    ada.post(page_of(submitted), change_data(submitted, secret=SECRET))
    submitted.refresh_from_db()
    stored = IdentityProvider.objects.filter(pk=submitted.pk).values_list("checked_at", "check_failed", "tested_at")
    assert list(stored) == [(None, [], None)]


def test_a_key_instead_of_a_secret(ada: TenantClient, submitted: IdentityProvider) -> None:
    assert "jwks.json" not in ada.get(page_of(submitted)).content.decode()
    assert ada.post(page_of(submitted), change_data(submitted, auth_method="private_key_jwt")).status_code == 302
    submitted.refresh_from_db()
    assert submitted.uses_private_key
    assert ">http://acme.localhost:8000/oidc/okta/jwks.json<" in ada.get(page_of(submitted)).content.decode()


def test_whom_to_make_administrator_and_when_the_secret_ends_are_kept(
    ada: TenantClient, submitted: IdentityProvider, okta: FakeProvider
) -> None:
    okta.calls.clear()
    typed = {
        "first_administrator": "alice@acme.example",
        "secret_expires_on": "2027-03-01",
        "contact_may_activate": "on",
    }
    ada.post(page_of(submitted), change_data(submitted, **typed))
    submitted.refresh_from_db()
    assert (submitted.first_administrator, str(submitted.secret_expires_on)) == ("alice@acme.example", "2027-03-01")
    assert submitted.contact_may_activate
    assert okta.calls == []


def test_how_far_it_is_stands_on_its_page(ada: TenantClient, live: IdentityProvider) -> None:
    moment = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
    stored = {"checked_at": moment, "check_failed": ["client", "scopes"], "submitted_at": moment}
    IdentityProvider.objects.filter(pk=live.pk).update(**stored)
    page = ada.get(page_of(live)).content.decode()
    for words in ("Credentials handed over", "3 Nov 2026, 09:30", "2 lines failed", f'href="/admin/check/{live.pk}/"'):
        assert words in page
