"""The product over TLS, as people see it behind a proxy: https, Secure cookies with the prefix __Host-."""

import datetime
import http.client
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from huume.tests.portal_process import Answer, PortalProcess

DOMAIN = "huume.test"


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Certificate and key for huume.test and every host below it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, DOMAIN)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(DOMAIN), x509.DNSName(f"*.{DOMAIN}")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(pem))
    key_file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return certificate_file, key_file


class TlsPortal(PortalProcess):
    """BASE_DOMAIN is huume.test with the port; gunicorn itself speaks TLS."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        certificate, key = self_signed(data_dir)
        super().__init__(data_dir, GUNICORN_CMD_ARGS=f"--certfile={certificate} --keyfile={key}")
        self.environment["BASE_DOMAIN"] = f"{DOMAIN}:{self.port}"

    def get(self, host: str, path: str = "/", *, method: str = "GET", **headers: str) -> Answer:
        # Whose certificate it is goes without saying: the test has just made it.
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=trusting)
        try:
            connection.request(method, path, headers={"Host": host, "Connection": "close", **headers})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()
