"""Making a tenant: its row, its schema, its hosts and its standard roles, all of them or nothing."""

from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context, schema_exists, tenant_context

from tenants.models import Domain, Tenant
from tenants.naming import normalise_host, validate_host, validate_subdomain
from tenants.signals import tenant_provisioned

# Two at once would stumble over each other's schema; the number only has to be ours alone.
LOCK = 4_861_754_001


def provision(subdomain: str, name: str, *, contact: str = "", hosts: Sequence[str] = ()) -> tuple[Tenant, bool]:
    """The tenant of `subdomain`, its name, contact and hosts brought up to date; and whether it was made just now.

    Raises ValidationError for a bad or reserved subdomain, a bad host, or one that is another tenant's.
    """
    validate_subdomain(subdomain)
    return _provision(subdomain, name, contact, [f"{subdomain}.{settings.BASE_HOST}", *hosts])


def ensure_staff() -> Tenant:
    """Huume's own staff: a tenant whose host is BASE_DOMAIN itself."""
    return _provision(settings.STAFF_SCHEMA, "Huume", "", [settings.BASE_HOST])[0]


def _provision(schema: str, name: str, contact: str, hosts: Sequence[str]) -> tuple[Tenant, bool]:
    with schema_context("public"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        tenant = Tenant.objects.filter(schema_name=schema).first()
        made = tenant is None
        if tenant is None:
            tenant = _make(schema)
        tenant.name = name
        tenant.contact = contact or tenant.contact
        tenant.save()
        for host in hosts:
            add_host(tenant, host)
        return tenant, made


def _make(schema: str) -> Tenant:
    if schema_exists(schema):
        raise ValidationError(
            _("The database already has a schema “%(name)s” that belongs to no tenant."),
            code="schema_exists",
            params={"name": schema},
        )
    tenant = Tenant(schema_name=schema)
    tenant.save()
    tenant.create_schema(verbosity=0)
    with tenant_context(tenant):
        tenant_provisioned.send(sender=Tenant, tenant=tenant)
    return tenant


def refuse_reserved(host: str) -> None:
    """A name of ours on our own domain is no tenant's. On a developer's machine all of localhost is."""
    label, dot, _rest = host.rpartition(f".{settings.BASE_HOST}")
    if dot and not settings.LOCAL:
        validate_subdomain(label)


def add_host(tenant: Tenant, host: str) -> Domain:
    host = normalise_host(host)
    if host != settings.BASE_HOST:
        validate_host(host)
        refuse_reserved(host)
    domain, made = Domain.objects.get_or_create(
        domain=host, defaults={"tenant": tenant, "is_primary": not tenant.domains.exists()}
    )
    if not made and domain.tenant_id != tenant.pk:
        raise ValidationError(
            _("The host %(host)s belongs to another tenant."), code="host_taken", params={"host": host}
        )
    return domain
