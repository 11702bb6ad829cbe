"""Ending sessions: of a user, of a provider, of a whole tenant, in the transaction of what ends them."""

from typing import Any

from django_tenants.utils import tenant_context

from accounts.models import Session
from tenants.models import IdentityProvider, Tenant
from tenants.signals import access_ended


def end_sessions(*, tenant: Tenant, provider: IdentityProvider | None, **_kwargs: Any) -> None:
    with tenant_context(tenant):
        sessions = Session.objects.all() if provider is None else Session.objects.filter(provider=provider.pk)
        sessions.delete()


def register() -> None:
    access_ended.connect(end_sessions, dispatch_uid="end-sessions")
