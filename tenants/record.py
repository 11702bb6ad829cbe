"""What goes on record in a tenant's history. It is kept by accounts, in the tenant's own schema."""

from typing import TYPE_CHECKING, Any

from tenants.actor import Actor
from tenants.signals import recorded

if TYPE_CHECKING:
    # The models put on record what they do themselves.
    from tenants.models import IdentityProvider, Tenant
    from tenants.models.client_settings import ClientSettings


def record(
    tenant: "Tenant",
    kind: str,
    *,
    by: Actor,
    about: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """`kind`: what happened, such as setup_link.sent; `about`: the key of what it happened to. JSON values, no secrets.

    In the transaction that it is called in: both hold or neither.
    """
    sender = type(tenant)
    recorded.send(sender=sender, tenant=tenant, kind=kind, by=by, about=about, before=before or {}, after=after or {})


def record_configured(provider: "IdentityProvider", before: dict[str, Any], *, by: Actor, secret_given: bool) -> None:
    """`before`: what `configured` told of it then. Nothing goes on record where nothing has changed."""
    after = configured(provider)
    if secret_given or after != before:
        after |= {"secret_given": True} if secret_given else {}
        record(provider.tenant, "provider.configured", by=by, about=str(provider.pk), before=before, after=after)


def configured(provider: "IdentityProvider") -> dict[str, Any]:
    """What may be told of a provider's settings: nothing of one that is not stored yet."""
    if provider._state.adding:
        return {}
    return {
        **public(provider),
        "kind": str(provider.kind),
        "status": str(provider.status),
        "email_domains": list(provider.email_domains),
        "secret_stored": bool(provider.client_secret),
    }


def public(settings: "ClientSettings") -> dict[str, Any]:
    """What may be told of settings: never the secret."""
    expires = settings.secret_expires_on
    return {
        "issuer": settings.issuer,
        "client_id": settings.client_id,
        "auth_method": str(settings.auth_method),
        "secret_expires_on": expires.isoformat() if expires else "",
    }
