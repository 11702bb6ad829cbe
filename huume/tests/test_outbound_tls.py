"""TLS to the outside world is always verified."""

from __future__ import annotations

import datetime
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from huume.outbound import Client, OutboundError
from huume.tests.hostile_server import HostileServer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for acme.localhost, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "acme.localhost")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("acme.localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "acme.pem"
    plain = serialization.NoEncryption()
    file.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return file


@pytest.fixture
def server(certificate: Path) -> Iterator[HostileServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with HostileServer(certificate=context) as running:
        yield running


@pytest.fixture
def trusting(certificate: Path) -> Iterator[Client]:
    made = Client(allow_local=True, total_timeout=2.0, ca_bundle=str(certificate))
    yield made
    made.close()


def reason(client: Client, url: str) -> str:
    with pytest.raises(OutboundError) as caught:
        client.get(url)
    return caught.value.reason


def test_an_unknown_authority_is_refused(server: HostileServer) -> None:
    assert reason(Client(allow_local=True), f"https://acme.localhost:{server.port}/ok") == "tls"
    assert server.requests == []


def test_the_certificate_of_another_host_is_refused(server: HostileServer, trusting: Client) -> None:
    assert reason(trusting, f"https://globex.localhost:{server.port}/ok") == "tls"
    assert server.requests == []


def test_a_server_without_tls_is_refused(trusting: Client) -> None:
    with HostileServer() as plain:
        assert reason(trusting, f"https://acme.localhost:{plain.port}/ok") == "tls"
        assert plain.requests == []


def test_a_server_that_never_answers_the_handshake_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert reason(Client(allow_local=True, connect_timeout=0.2), f"https://127.0.0.1:{port}/") == "too_late"


def test_a_slow_answer_over_tls_is_cut(server: HostileServer, certificate: Path) -> None:
    hasty = Client(allow_local=True, total_timeout=0.3, ca_bundle=str(certificate))
    assert reason(hasty, f"https://acme.localhost:{server.port}/drip-headers") == "too_late"


def test_loopback_is_blocked_over_tls_too(server: HostileServer, certificate: Path) -> None:
    assert reason(Client(ca_bundle=str(certificate)), "https://acme.localhost/ok") == "blocked"


def test_a_trusted_connection_is_kept(server: HostileServer, trusting: Client) -> None:
    for _ in range(3):
        assert trusting.get_json(f"https://acme.localhost:{server.port}/ok") == {"ok": True}
    assert server.connections == 1
