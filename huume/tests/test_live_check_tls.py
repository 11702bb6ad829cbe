"""The live check over TLS: a certificate that is trusted, and those that are not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.tests.live_check_cast import look, with_outcome
from huume.outbound import Client
from huume.testing import live_provider_row
from huume.tests.hostile_server import HostileServer
from huume.tests.test_outbound_tls import certificate, server
from tenants.models import IdentityProvider, Tenant

__all__ = ["certificate", "server"]


@pytest.fixture
def trusting(certificate: Path) -> Iterator[Client]:
    made = Client(allow_local=True, ca_bundle=str(certificate))
    yield made
    made.close()


def provider_at(tenant: Tenant, host: str, server: HostileServer) -> IdentityProvider:
    row = live_provider_row(tenant, issuer=f"https://{host}:{server.port}")
    server.documents["/.well-known/openid-configuration"] = {"issuer": row.issuer}
    return row


def test_an_authority_that_nobody_trusts_fails(acme: Tenant, server: HostileServer) -> None:
    lines = look(provider_at(acme, "acme.localhost", server), client=Client(allow_local=True))
    assert with_outcome(lines, "failed") == {"tls"}
    assert lines["domain"].outcome == "ok"
    assert "authority" in lines["tls"].found
    assert "renew its certificate" in lines["tls"].advice
    assert server.requests == []


def test_the_certificate_of_another_host_fails(acme: Tenant, server: HostileServer, trusting: Client) -> None:
    lines = look(provider_at(acme, "globex.localhost", server), client=trusting)
    assert (lines["tls"].outcome, lines["tls"].found) == ("failed", "a certificate of another host")


def test_a_trusted_certificate_is_fine(acme: Tenant, server: HostileServer, trusting: Client) -> None:
    lines = look(provider_at(acme, "acme.localhost", server), client=trusting)
    assert (lines["tls"].outcome, lines["tls"].found) == ("ok", "valid")
    assert lines["discovery"].outcome == "ok"
