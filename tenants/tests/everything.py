"""A tenant with a row of everything that the register may hold of it."""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.utils import timezone
from django_tenants.utils import tenant_context

from huume.testing import live_provider_row
from tenants import setup_links
from tenants.actor import Actor
from tenants.models import (
    ClientKey,
    Domain,
    EmergencyAccess,
    IdentityProvider,
    Mail,
    ProviderCheck,
    ProviderSettings,
    SetupLink,
    SetupSession,
    Tenant,
    TrialSignIn,
)

ADA = Actor("staff", key="1", name="ada@huume.example")
# How each belongs to its tenant.
OF_PROVIDER: dict[type[Any], str] = {
    IdentityProvider: "tenant",
    ProviderSettings: "provider__tenant",
    ClientKey: "provider__tenant",
    SetupLink: "provider__tenant",
    SetupSession: "link__provider__tenant",
    ProviderCheck: "provider__tenant",
    TrialSignIn: "provider__tenant",
}
OF_TENANT: dict[type[Any], str] = {Tenant: "pk", Domain: "tenant", Mail: "tenant", EmergencyAccess: "tenant"}


def counts(tenant: Tenant, models: dict[type[Any], str]) -> dict[str, int]:
    return {
        model.__name__: model._default_manager.filter(**{path: tenant.pk}).count() for model, path in models.items()
    }


def all_are_named() -> bool:
    """Whether no model of the register is missing above."""
    return set(apps.get_app_config("tenants").get_models()) == {*OF_PROVIDER, *OF_TENANT}


def give_everything(tenant: Tenant) -> IdentityProvider:
    now, later = timezone.now(), timezone.now() + timedelta(hours=1)
    with tenant_context(tenant):
        provider = live_provider_row(tenant)
        # Its mail waits in the queue.
        link = setup_links.send(provider, f"it@{tenant.schema_name}.example", by=ADA)
    for state in ProviderSettings.State.values:
        kept = ProviderSettings(provider=provider, state=state)
        kept.copy_settings(provider)
        kept.save()
    key = ClientKey(provider=provider)
    key.seal(ec="an EC key", rsa="an RSA key")
    key.save()
    session = SetupSession.objects.create(link=link, key_digest=f"{tenant.pk}".zfill(64), expires_at=later)
    ProviderCheck.objects.create(provider=provider, settings=kept.pk, started_at=now)
    TrialSignIn.objects.create(provider=provider, session=session, claims={"name": "Alice Reed"})
    EmergencyAccess.objects.create(tenant=tenant, user=1, user_name="Alice Reed", reason="down", asked_by="ada")
    return provider
