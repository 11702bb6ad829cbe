"""What the tests of the live check share."""

from copy import deepcopy
from typing import Any

from accounts.live_check import CHECKS, Line
from accounts.live_check.runner import run
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.fake_provider_cast import FakeClient
from tenants.models import IdentityProvider

# What cannot be seen at a provider that is not on TLS, or that tells it at a real sign-out alone.
UNTOLD = {"tls", "sign_out"}


def look(provider: IdentityProvider, **options: Any) -> dict[str, Line]:
    """All lines of one run, by id."""
    lines = {line.check: line for line in run(provider, **options)}
    assert tuple(lines) == CHECKS
    return lines


def with_outcome(lines: dict[str, Line], outcome: str) -> set[str]:
    return {check for check, line in lines.items() if line.outcome == outcome}


def acme_client(okta: FakeProvider) -> FakeClient:
    """This provider's own, to change: the default ones are shared by all."""
    client = okta.client("acme-client")
    assert client is not None
    return okta.add_client(deepcopy(client))


def use_secret(provider: IdentityProvider, secret: str) -> None:
    provider.set_client_secret(secret)
    provider.save()
