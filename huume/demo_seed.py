"""What the demo starts with: two tenants with live providers, one that waits for its setup link, teams, people added
in advance, an account manager.

May be run again: what a visitor of the demo has changed since stays as it is.
"""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.management import call_command
from django.db import transaction
from django_tenants.utils import tenant_context

from accounts.access import set_access
from accounts.models import Identity, Landlord, Role, Team, User
from huume.demo_state import TENANTS, WAITING, State
from tenants.configure import configure, look_up
from tenants.models import IdentityProvider, Tenant
from tenants.provision import provision

ACCOUNT_MANAGER = "ada@huume.example"
# Teams of each landlord, "" for none, each with its additional data access.
TEAMS: dict[str, dict[str, tuple[str, ...]]] = {
    "Northside Homes": {"Red": (), "Blue": (), "Northside": ("Red", "Blue")},
    "Riverside Homes": {"Green": (), "Yellow": (), "Riverside": ("Green", "Yellow")},
    "": {"Local authority": ("Red", "Blue", "Northside", "Green", "Yellow", "Riverside")},
}


@dataclass(frozen=True)
class InAdvance:
    """Somebody who has access before the first sign-in."""

    email: str
    role: str
    teams: tuple[str, ...] = ()


PEOPLE = {
    "acme": (
        InAdvance("alice.reed@acme.example", "User administrator", ("Local authority",)),
        InAdvance("bob.lund@acme.example", "Staff", ("Red",)),
    ),
    "globex": (InAdvance("mallory.crane@globex.example", "User administrator"),),
}


def seed(state: State, issuer: str) -> None:
    for subdomain, name in TENANTS.items():
        tenant = _tenant(subdomain, name)
        with tenant_context(tenant):
            _provider(tenant, issuer, state.client_secrets[subdomain])
            if subdomain == "acme" and not Team.objects.exists():
                _teams()
            for person in PEOPLE[subdomain]:
                _person(person)
    for subdomain, name in WAITING.items():
        _tenant(subdomain, name)
    _account_manager(state.password)


def _tenant(subdomain: str, name: str) -> Tenant:
    tenant, _made = provision(subdomain, name, contact=f"it@{subdomain}.example")
    Tenant.objects.filter(pk=tenant.pk, account_manager="").update(account_manager=ACCOUNT_MANAGER)
    return tenant


def _provider(tenant: Tenant, issuer: str, secret: str) -> None:
    client_id = f"{tenant.schema_name}-client"
    found = look_up("okta", issuer=issuer, client_id=client_id)
    domains = [f"{tenant.schema_name}.example"]
    new = not IdentityProvider.objects.filter(tenant=tenant, slug="okta").exists()
    provider = configure(
        tenant, "okta", kind="okta", found=found, client_id=client_id, client_secret=secret, email_domains=domains
    )
    if new:
        provider.activate()
    # The directory at another port than last time is the same one, with the same people.
    Identity.objects.filter(provider=provider.pk).exclude(issuer=issuer).update(issuer=issuer)


@transaction.atomic
def _teams() -> None:
    for landlord, teams in TEAMS.items():
        owner = Landlord.objects.create(name=landlord) if landlord else None
        for name, sees in teams.items():
            team = Team.objects.create(name=name, landlord=owner)
            team.additional_data_access.set(Team.objects.filter(name__in=sees))


@transaction.atomic
def _person(person: InAdvance) -> None:
    if not User.objects.filter(email__iexact=person.email).exists():
        user = User.objects.add_in_advance(person.email)
        roles, teams = Role.objects.filter(name=person.role), Team.objects.filter(name__in=person.teams)
        set_access(user, roles=roles, teams=teams, by=None)


def _account_manager(password: str) -> None:
    with _standard_input(password):
        call_command("add_account_manager", ACCOUNT_MANAGER, superuser=True, password_stdin=True, stdout=io.StringIO())


@contextmanager
def _standard_input(text: str) -> Iterator[None]:
    original, sys.stdin = sys.stdin, io.StringIO(text)
    try:
        yield
    finally:
        sys.stdin = original
