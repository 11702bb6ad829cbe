"""Customers in every state that the readiness board knows, as rows of the register alone: no schema is made."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from tenants.models import IdentityProvider, SetupLink, Tenant

DRAFT, SUBMITTED = IdentityProvider.Status.DRAFT, IdentityProvider.Status.SUBMITTED
LIVE, DISABLED = IdentityProvider.Status.LIVE, IdentityProvider.Status.DISABLED


def ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def tenant_row(name: str, *, days: float = 30, **values: Any) -> Tenant:
    row = Tenant(schema_name=name.lower().replace(" ", "-"), name=name, created_at=ago(days), **values)
    return Tenant.objects.bulk_create([row])[0]


def provider_row(tenant: Tenant, status: str = DRAFT, *, days: float = 30, slug: str = "okta", **values: Any) -> Any:
    """`days`: since when it is there. What is not given has not happened."""
    issuer = f"https://{slug}.{tenant.schema_name}.example"
    row = IdentityProvider(tenant=tenant, slug=slug, kind="okta", status=status, issuer=issuer, created_at=ago(days))
    for name, value in values.items():
        setattr(row, name, value)
    return IdentityProvider.objects.bulk_create([row])[0]


def link_row(provider: IdentityProvider, *, days: float, lasts: float = 7, **values: Any) -> SetupLink:
    row = SetupLink(
        provider=provider,
        email=f"it@{provider.tenant.schema_name}.example",
        token_digest=f"{provider.pk}{days}",
        created_at=ago(days),
        expires_at=ago(days - lasts),
        **values,
    )
    return SetupLink.objects.bulk_create([row])[0]


def live_row(tenant: Tenant, *, days: float = 20, **values: Any) -> Any:
    """Checked, tested, live, used; the first administrator is the tenant's."""
    times = {"submitted_at": ago(days + 2), "checked_at": ago(0), "tested_at": ago(days + 1)}
    times |= {"live_at": ago(days), "first_sign_in_at": ago(days - 1)}
    return provider_row(tenant, LIVE, days=days + 5, **{**times, **values})


def cast() -> dict[str, Tenant]:
    """A customer for each situation, by what it is called."""
    rows = {name: tenant_row(name) for name in SITUATIONS}
    for name, make in SITUATIONS.items():
        make(rows[name])
    return rows


def _nothing(tenant: Tenant) -> None:
    """Just provisioned."""


def _draft(tenant: Tenant) -> None:
    provider_row(tenant, days=9)


def _sent(tenant: Tenant) -> None:
    link_row(provider_row(tenant, days=5), days=2)


def _run_out(tenant: Tenant) -> None:
    link_row(provider_row(tenant, days=20), days=12, opened_at=ago(11))


def _guessed(tenant: Tenant) -> None:
    link_row(provider_row(tenant), days=4, opened_at=ago(3), ended_at=ago(3), end=SetupLink.End.GUESSED)


def _opened(tenant: Tenant) -> None:
    link_row(provider_row(tenant), days=3, opened_at=ago(1))


def _in_guide(tenant: Tenant) -> None:
    provider = provider_row(tenant, steps_done=["one", "two", "three"])
    link_row(provider, days=3, opened_at=ago(2), entered_at=ago(0.1))


def _unchecked(tenant: Tenant) -> None:
    provider = provider_row(tenant, SUBMITTED, submitted_at=ago(1))
    link_row(provider, days=3, opened_at=ago(2), entered_at=ago(2))


def _check_failed(tenant: Tenant) -> None:
    failed: dict[str, Any] = {
        "checked_at": ago(2),
        "check_failed": ["redirect_uri"],
        "last_error": "check_redirect_uri",
    }
    provider = provider_row(tenant, SUBMITTED, submitted_at=ago(3), last_error_at=ago(2), **failed)
    link_row(provider, days=6, opened_at=ago(5), entered_at=ago(5))


def _untested(tenant: Tenant) -> None:
    provider = provider_row(tenant, SUBMITTED, submitted_at=ago(3), checked_at=ago(2))
    link_row(provider, days=9, opened_at=ago(5), entered_at=ago(5))


def _ready(tenant: Tenant) -> None:
    provider_row(tenant, SUBMITTED, submitted_at=ago(3), checked_at=ago(2), tested_at=ago(1))


def _unused(tenant: Tenant) -> None:
    live_row(tenant, first_sign_in_at=None)


def _without_administrator(tenant: Tenant) -> None:
    live_row(tenant)


def _waits_for_administrator(tenant: Tenant) -> None:
    live_row(tenant, first_administrator="alice@acme.example")


def _failing(tenant: Tenant) -> None:
    _have_administrator(tenant)
    live_row(tenant, last_error="client_refused", last_error_at=ago(0), checked_at=ago(1))


def _broken(tenant: Tenant) -> None:
    _have_administrator(tenant)
    live_row(tenant, check_failed=["client", "scopes"])


def _running_out(tenant: Tenant) -> None:
    _have_administrator(tenant)
    live_row(tenant, secret_expires_on=timezone.localdate() + timedelta(days=6))


def _in_use(tenant: Tenant) -> None:
    _have_administrator(tenant)
    live_row(tenant)


def _suspended(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(suspended_at=ago(1))
    live_row(tenant)


def _switched_off(tenant: Tenant) -> None:
    provider_row(tenant, DISABLED)


def _have_administrator(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(first_administrator_at=ago(18))


SITUATIONS = {
    "Nothing Yet": _nothing,
    "Draft Only": _draft,
    "Sent Lately": _sent,
    "Run Out": _run_out,
    "Guessed At": _guessed,
    "Opened Once": _opened,
    "In Guide": _in_guide,
    "Not Checked": _unchecked,
    "Check Failed": _check_failed,
    "Not Tested": _untested,
    "All Ready": _ready,
    "Not Used": _unused,
    "No Administrator": _without_administrator,
    "Waiting Administrator": _waits_for_administrator,
    "Sign In Failing": _failing,
    "Broken Live": _broken,
    "Secret Ends": _running_out,
    "In Use": _in_use,
    "Suspended One": _suspended,
    "Switched Off": _switched_off,
}


def ready_row(subdomain: str) -> None:
    """A provider of a tenant that is there whole: handed over, checked, not tested, its administrator named."""
    tenant = Tenant.objects.get(schema_name=subdomain)
    domains: dict[str, Any] = {
        "email_domains": [f"{subdomain}.example"],
        "first_administrator": f"alice@{subdomain}.example",
    }
    provider = provider_row(tenant, SUBMITTED, submitted_at=ago(3), checked_at=ago(2), tested_at=None, **domains)
    provider.client_id, provider.metadata_document = "client", {"issuer": provider.issuer}
    provider.set_client_secret("a secret")
    provider.save()
