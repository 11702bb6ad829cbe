"""What the tests of swapping settings share: a candidate that is ready, and another directory that people move to."""

from dataclasses import replace
from typing import Any

from django.utils import timezone

from accounts.tests.fake_provider import ACME_PEOPLE, FakeClient, FakeProvider, huume_client
from tenants.actor import Actor
from tenants.candidates import propose
from tenants.configure import Found, look_up
from tenants.discovery import Metadata
from tenants.models import IdentityProvider, ProviderSettings

ADA = Actor("staff", key="1", name="ada@huume.example")
CONTACT = Actor("contact", key="7", name="it@acme.example")
NEW_SECRET = "acme-secret-of-next-year"
ELSEWHERE = "https://acme-new.okta.example"


def found_at(issuer: str) -> Found:
    """As discovery would find it, without a call."""
    endpoints = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
    document: dict[str, Any] = {"issuer": issuer} | {name: issuer + path for name, path in endpoints.items()}
    return Found(Metadata.from_json(document))


def candidate_of(
    provider: IdentityProvider, *, issuer: str = "", secret: str = NEW_SECRET, **more: Any
) -> ProviderSettings:
    """Just proposed; for the same client at the same issuer unless it is said."""
    given: dict[str, Any] = {"client_id": provider.client_id, "auth_method": "client_secret", "by": CONTACT} | more
    return propose(provider, found=found_at(issuer or provider.issuer), client_secret=secret, **given)


def passed(candidate: ProviderSettings, **more: Any) -> ProviderSettings:
    """As after a live check without a fault and a test sign-in."""
    for name, value in ({"checked_at": timezone.now(), "tested_at": timezone.now()} | more).items():
        setattr(candidate, name, value)
    candidate.save()
    return candidate


def propose_at(provider: IdentityProvider, okta: FakeProvider, *, secret: str = NEW_SECRET) -> ProviderSettings:
    """A candidate at a directory that really answers."""
    found = look_up(provider.kind, issuer=okta.issuer, client_id=provider.client_id)
    return propose(
        provider,
        found=found,
        client_id=provider.client_id,
        auth_method="client_secret",
        client_secret=secret,
        by=CONTACT,
    )


def set_secrets(okta: FakeProvider, *secrets: str) -> None:
    """The active ones of acme's client."""
    okta.add_client(replace(huume_client("acme"), secrets=list(secrets)))


def new_directory(*, other_subjects: bool = False) -> FakeProvider:
    """Where acme's people move to: they keep their subjects, or get others. Not started."""
    people = [replace(one, subject=f"new-{one.subject}" if other_subjects else one.subject) for one in ACME_PEOPLE]
    client: FakeClient = replace(huume_client("acme"), secrets=[NEW_SECRET])
    return FakeProvider(people=people, clients=[client])
