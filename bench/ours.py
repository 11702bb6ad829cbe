"""The product made ready, by what its own commands call."""

import time

from django.core.management import call_command
from django_tenants.utils import tenant_context

from accounts.arrive import BACKEND
from accounts.models import Identity, Role, User
from accounts.sessions import SessionStore
from bench.provider import KINDS
from tenants.configure import configure, look_up
from tenants.models import Domain, IdentityProvider, Tenant
from tenants.provision import provision


def migrate() -> None:
    call_command("migrate_schemas", verbosity=0)


def make_tenant(subdomain: str) -> float:
    """Provisions a tenant; seconds that it took."""
    begun = time.perf_counter()
    provision(subdomain, subdomain.title())
    return time.perf_counter() - begun


def configure_providers(addresses: dict[str, str]) -> None:
    """acme's three: an ID token without what we need, one that holds it, and Okta's way with MyAccount."""
    acme = Tenant.objects.get(schema_name="acme")
    for slug in KINDS:
        kind = IdentityProvider.Kind.OKTA if slug == "okta" else IdentityProvider.Kind.OIDC
        found = look_up(kind, issuer=addresses[slug], client_id="acme-client")
        configure(acme, slug, kind=kind, found=found, client_id="acme-client", client_secret="acme-secret").activate()


def open_session(subdomain: str) -> str:
    """The key of a session of somebody with a role, whose address names the tenant."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    with tenant_context(Tenant.objects.get(schema_name=subdomain)):
        user: User = User.objects.create(name="Bench", email=email_in(subdomain))
        Identity.objects.create(user=user, issuer="https://bench.example", subject="bench", provider=BENCH_PROVIDER)
        user.groups.set(Role.objects.filter(name="Staff"))
        session = SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), BACKEND
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.stamp()
        session.save()
        return str(session.session_key)


BENCH_PROVIDER = "00000000-0000-4000-8000-000000000000"


def email_in(subdomain: str) -> str:
    return f"bench@{subdomain}.example"


def add_host(host: str) -> None:
    provision("acme", "Acme", hosts=[host])


def remove_host(host: str) -> None:
    Domain.objects.get(domain=host).delete()
