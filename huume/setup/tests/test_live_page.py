"""The last step: the account manager switches live, or the IT contact where the provider's settings allow it."""

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.tests.fake_provider import FakeProvider
from huume.setup.tests.setup_cast import enter_setup
from huume.testing import ClientFor, TenantClient, configure_okta
from tenants.actor import Actor
from tenants.candidates import propose
from tenants.configure import look_up
from tenants.models import AuthMethod, IdentityProvider, ProviderSettings, Tenant

LIVE = "/setup/live/"
Status = IdentityProvider.Status


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    """Handed over, checked and tested; the IT contact may switch it live."""
    configured = configure_okta(acme, okta)
    change(
        configured,
        status=Status.SUBMITTED,
        live_at=None,
        checked_at=timezone.now(),
        tested_at=timezone.now(),
        contact_may_activate=True,
    )
    return configured


@pytest.fixture
def contact(acme: Tenant, provider: IdentityProvider, client_for: ClientFor) -> TenantClient:
    client = client_for(acme)
    enter_setup(client, acme)
    return client


def change(provider: IdentityProvider, **values: object) -> None:
    IdentityProvider.objects.filter(pk=provider.pk).update(**values)
    provider.refresh_from_db()


def test_whoever_may_not_switch_is_told_who_does(contact: TenantClient, provider: IdentityProvider) -> None:
    change(provider, contact_may_activate=False)
    page = contact.get(LIVE).content.decode()
    assert "Your part is done" in page
    assert '<button class="primary"' not in page
    contact.post(LIVE)
    provider.refresh_from_db()
    assert provider.status == Status.SUBMITTED


def test_the_contact_switches_live_where_allowed(contact: TenantClient, provider: IdentityProvider) -> None:
    assert "Switch live" in contact.get(LIVE).content.decode()
    page = contact.post(LIVE).content.decode()
    assert "Your people can sign in at http://acme.localhost:8000" in page
    provider.refresh_from_db()
    assert provider.is_live


@pytest.mark.parametrize("missing", ["checked_at", "tested_at"])
def test_not_before_check_and_test_are_good(contact: TenantClient, provider: IdentityProvider, missing: str) -> None:
    change(provider, **{missing: None})
    assert "Before you can switch it live" in contact.get(LIVE).content.decode()
    contact.post(LIVE)
    provider.refresh_from_db()
    assert provider.status == Status.SUBMITTED


def test_the_link_is_done_with_once_it_is_live(contact: TenantClient, provider: IdentityProvider) -> None:
    contact.post(LIVE)
    assert contact.get(LIVE)["Location"] == "/setup/"


def test_a_second_click_changes_nothing(contact: TenantClient, provider: IdentityProvider) -> None:
    contact.post(LIVE)
    provider.refresh_from_db()
    since = provider.live_at
    contact.post(LIVE)
    provider.refresh_from_db()
    assert provider.live_at == since


def test_new_settings_take_the_place_of_the_live_ones(
    contact: TenantClient, provider: IdentityProvider, okta: FakeProvider
) -> None:
    change(provider, status=Status.LIVE)
    found = look_up("okta", issuer=okta.issuer, client_id="acme-client")
    candidate = propose(
        provider,
        found=found,
        client_id="acme-client",
        auth_method=AuthMethod.SECRET,
        client_secret="the second secret",
        by=Actor("contact"),
    )
    now = timezone.now()
    ProviderSettings.objects.filter(pk=candidate.pk).update(checked_at=now, tested_at=now)
    assert "Use the new settings from now on" in contact.get(LIVE).content.decode()
    contact.post(LIVE)
    provider.refresh_from_db()
    assert provider.open_client_secret() == "the second secret"
    assert provider.kept_settings.get().state == ProviderSettings.State.FORMER


def test_without_a_session_nothing_goes_live(acme: Tenant, provider: IdentityProvider, client_for: ClientFor) -> None:
    assert client_for(acme).post(LIVE)["Location"] == "/setup/"
    provider.refresh_from_db()
    assert provider.status == Status.SUBMITTED
    assert not User.objects.exists()
