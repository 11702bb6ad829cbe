"""What goes on record in a tenant's history. It is kept by accounts, in the tenant's own schema."""

from typing import Any

from tenants.actor import Actor
from tenants.models import Tenant
from tenants.signals import recorded


def record(
    tenant: Tenant,
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
    recorded.send(sender=Tenant, tenant=tenant, kind=kind, by=by, about=about, before=before or {}, after=after or {})
