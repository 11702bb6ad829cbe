"""pytest plugin: the tenants acme and globex, the cast, and a browser for each of them.

Schemas are made once a run; every test runs in a transaction, with acme's schema set unless it says otherwise.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives
from django.core.management import call_command
from django.test import Client
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult
from django_tenants.utils import schema_context, tenant_context

from accounts.models import Identity, Role, Team, User
from accounts.oidc.requests import new_secret
from accounts.tests.fake_provider import FakeProvider
from tenants import hosts
from tenants.configure import configure, look_up
from tenants.models import IdentityProvider, Tenant
from tenants.provision import provision
from tenants.schemas import current_schema, current_tenant, set_register, set_tenant

ClientFor = Callable[..., "TenantClient"]
Mails = Callable[[], list[EmailMultiAlternatives]]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The register, staff, acme and globex, once. No listening thread: it would see nothing of a test's transaction."""
    hosts._listening_in = os.getpid()
    with django_db_blocker.unblock():
        call_command("migrate_schemas", verbosity=0)
        provision("acme", "Acme Homes", contact="it@acme.example")
        provision("globex", "Globex Housing", contact="it@globex.example")


@pytest.fixture(autouse=True)
def nothing_remembered(request: pytest.FixtureRequest) -> Iterator[None]:
    """Process-wide caches are empty at the start of every test, and the schema is the register's at its end."""
    hosts.forget()
    cache.clear()
    yield
    set_register()


def _in_schema(subdomain: str) -> Iterator[Tenant]:
    tenant = Tenant.objects.get(schema_name=subdomain)
    with tenant_context(tenant):
        yield tenant


@pytest.fixture
def staff(db: None) -> Tenant:
    return Tenant.objects.get(schema_name="staff")


@pytest.fixture
def globex(db: None) -> Tenant:
    return Tenant.objects.get(schema_name="globex")


@pytest.fixture
def acme(db: None) -> Iterator[Tenant]:
    yield from _in_schema("acme")


class TenantClient(Client):
    """A browser on one tenant's host. After each answer the schema is what it was before."""

    def __init__(self, host: str, **defaults: Any) -> None:
        super().__init__(HTTP_HOST=host, SERVER_NAME="testserver", **defaults)

    def request(self, **request: Any) -> Any:
        tenant = current_tenant()
        try:
            return super().request(**request)
        finally:
            set_tenant(tenant)

    @property
    def session(self) -> Any:
        from django.conf import settings

        from accounts.sessions import SessionStore

        cookie = self.cookies.get(settings.SESSION_COOKIE_NAME)
        return SessionStore(cookie.value if cookie else None)


@pytest.fixture
def client_for() -> ClientFor:
    """client_for(tenant, user=None): a browser on the tenant's host, signed in as the user."""

    def make(tenant: Tenant, user: User | None = None, **defaults: Any) -> TenantClient:
        client = TenantClient(f"{tenant.primary_host}:8000", **defaults)
        if user is not None:
            sign_in(client, tenant, user)
        return client

    return make


def sign_in(client: TenantClient, tenant: Tenant, user: User) -> None:
    """A session as a sign-in leaves it, without the provider."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from accounts.arrive import BACKEND
    from accounts.sessions import SessionStore

    with tenant_context(tenant):
        session = SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), BACKEND
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.stamp()
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)


def make_user(name: str, *, roles: tuple[str, ...] = (), teams: tuple[str, ...] = (), subject: str = "") -> User:
    """A person of the tenant whose schema is set, who has signed in once."""
    given, _space, family = name.partition(" ")
    email = f"{name.replace(' ', '.').lower()}@{current_schema()}.example"
    user: User = User.objects.create(name=name, given_name=given, family_name=family, email=email, email_verified=True)
    provider = IdentityProvider.objects.filter(tenant__schema_name=current_schema()).first()
    if provider:
        Identity.objects.create(
            user=user, issuer=provider.issuer, subject=subject or f"00u-{new_secret()[:12]}", provider=provider.pk
        )
    user.groups.set(Role.objects.filter(name__in=roles))
    user.teams.set([Team.objects.get_or_create(name=team)[0] for team in teams])
    return user


@pytest.fixture
def alice(acme: Tenant, acme_provider: IdentityProvider) -> User:
    """User administrator of acme."""
    return make_user("Alice Reed", roles=("User administrator",), subject="00u-alice")


@pytest.fixture
def bob(acme: Tenant, acme_provider: IdentityProvider) -> User:
    """User of acme with a role and a team."""
    return make_user("Bob Lund", roles=("Staff",), teams=("Red",), subject="00u-bob")


@pytest.fixture
def carol(acme: Tenant, acme_provider: IdentityProvider) -> User:
    """Just signed in at acme: no role, no team."""
    return make_user("Carol Marsh", subject="00u-carol")


@pytest.fixture
def mallory(acme: Tenant, globex: Tenant) -> User:
    """User administrator of globex, who tries every address of acme."""
    with tenant_context(globex):
        return make_user("Mallory Crane", roles=("User administrator",), subject="00u-mallory")


@pytest.fixture
def okta() -> Iterator[FakeProvider]:
    """The fault-injecting provider: fresh for each test, with the applications of acme and of globex."""
    with FakeProvider() as provider:
        yield provider


def configure_okta(tenant: Tenant, okta: FakeProvider, *, kind: str = "okta", slug: str = "okta") -> IdentityProvider:
    """A live provider of the tenant, configured as configure_provider does it."""
    client_id = f"{tenant.schema_name}-client"
    found = look_up(kind, issuer=okta.issuer, client_id=client_id)
    provider = configure(
        tenant,
        slug,
        kind=kind,
        found=found,
        client_id=client_id,
        client_secret=f"{tenant.schema_name}-secret",
        email_domains=[f"{tenant.schema_name}.example"],
    )
    provider.activate()
    return provider


@pytest.fixture
def acme_provider(acme: Tenant) -> IdentityProvider:
    """A live provider as a row alone, for tests that never call it."""
    return live_provider_row(acme)


def arrive(client: TenantClient, okta: FakeProvider, person: str, *, slug: str = "okta", next_path: str = "/") -> Any:
    """A whole sign-in over HTTP: our start, the provider as that person, our redirect URI. Returns our last answer."""
    begun = client.get(f"/oidc/{slug}/start/", {"next": next_path})
    return client.get(callback(okta.authorize(begun["Location"], person=person)))


def callback(location: str) -> str:
    """Path and query of the address that the provider sends the browser back to."""
    parts = urlsplit(location)
    return f"{parts.path}?{parts.query}"


def live_provider_row(tenant: Tenant, slug: str = "okta", issuer: str = "") -> IdentityProvider:
    issuer = issuer or f"https://{tenant.schema_name}-{slug}.okta.example"
    provider = IdentityProvider(tenant=tenant, slug=slug, kind="okta", issuer=issuer, client_id=f"client-of-{slug}")
    endpoints = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
    provider.metadata_document = {"issuer": issuer} | {name: issuer + path for name, path in endpoints.items()}
    provider.email_domains, provider.status = [f"{tenant.schema_name}.example"], IdentityProvider.Status.LIVE
    provider.set_client_secret("a secret of acme's directory")
    provider.save()
    return provider


def work_off_queue() -> None:
    """All that is due, by the worker's own code, but for its closing of connections. A task that raised is an error."""
    worker = Worker(
        queue_names=["default"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="test",
        excluded_queue_names=[],
    )
    with schema_context("public"):
        while due := DBTaskResult.objects.ready().first():
            due.claim(worker.worker_id)
            worker.run_task(due)
        assert not [task.traceback for task in DBTaskResult.objects.failed()]


@pytest.fixture
def mails(db: None) -> Mails:
    """mails(): every mail sent in this test, newest last, once all that is queued has been delivered."""

    def deliver_all() -> list[EmailMultiAlternatives]:
        work_off_queue()
        return cast(list[EmailMultiAlternatives], list(mail.outbox))

    return deliver_all
