"""Ending sessions: of a user, of a provider, of a whole tenant, in the transaction of what ends them."""

from typing import Any

from django.db.models.signals import post_delete
from django_tenants.utils import tenant_context

from accounts.models import Session
from tenants.models import IdentityProvider, Tenant
from tenants.signals import access_ended


def end_sessions(*, tenant: Tenant, provider: IdentityProvider | None, **_kwargs: Any) -> None:
    with tenant_context(tenant):
        sessions = Session.objects.all() if provider is None else Session.objects.filter(provider=provider.pk)
        sessions.delete()


def provider_deleted(*, instance: IdentityProvider, origin: Any, **_kwargs: Any) -> None:
    """`origin`: what is deleted, an object or a queryset. Where it is the tenant, sessions went with the schema."""
    if getattr(origin, "model", type(origin)) is not Tenant:
        end_sessions(tenant=instance.tenant, provider=instance)


def register() -> None:
    access_ended.connect(end_sessions, dispatch_uid="end-sessions")
    post_delete.connect(provider_deleted, sender=IdentityProvider, dispatch_uid="end-sessions-of-deleted-provider")
