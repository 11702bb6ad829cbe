"""Proving who the client is by a signature in place of a secret: private_key_jwt (OpenID Connect Core 9, RFC 7523).

Keys are PEM texts (PKCS #8); algorithms are named as in JWS: ES256 (EC, P-256) and RS256 (RSA, 2048 bits).
"""

import base64
import hashlib
import json
import secrets
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

ES256: Final = "ES256"
RS256: Final = "RS256"
ALGORITHMS: Final = (ES256, RS256)
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Seconds. Okta takes an hour at most; both clocks may be wrong by a little.
LIFETIME: Final = 300
RSA_BITS: Final = 2048
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
# The members that a thumbprint is made of (RFC 7638 section 3.2), and all of a public half.
_PUBLIC: Final[dict[str, tuple[str, ...]]] = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}


def generate_private_key(algorithm: str) -> str:
    """A new key pair's private half. Raises KeyError for another algorithm than those two."""
    key: PrivateKey = {ES256: _new_ec_key, RS256: _new_rsa_key}[algorithm]()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_jwk(private_key: str) -> dict[str, str]:
    """The public half for a JWK set: its own members, `use`, `alg` and, as `kid`, its thumbprint."""
    key = _load(private_key)
    members = _public_members(key)
    return {**members, "use": "sig", "alg": _algorithm(key), "kid": thumbprint(members)}


def thumbprint(jwk: dict[str, str]) -> str:
    """SHA-256 over the required members alone, in lexical order, without white space (RFC 7638)."""
    required = {name: jwk[name] for name in _PUBLIC[jwk["kty"]]}
    text = json.dumps(required, sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def sign(claims: dict[str, Any], private_key: str) -> str:
    """A JWS of any claims under that key, which its header names."""
    key = _load(private_key)
    kid = thumbprint(_public_members(key))
    return jwt.encode(claims, key, algorithm=_algorithm(key), headers={"kid": kid})


def assertion(private_key: str, *, client_id: str, audience: str, now: float) -> str:
    """What proves once, at `audience` (the endpoint that is called), that we are that client; `now` in seconds."""
    issued = int(now)
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": issued,
        "exp": issued + LIFETIME,
        "jti": secrets.token_urlsafe(32),
    }
    return sign(claims, private_key)


def choose_algorithm(supported: tuple[str, ...]) -> str:
    """Of `token_endpoint_auth_signing_alg_values_supported`; where it says nothing, what every provider has."""
    return ES256 if ES256 in supported else RS256


def _new_ec_key() -> PrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _new_rsa_key() -> PrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)


def _load(private_key: str) -> PrivateKey:
    # It was made here and sealed since, so that proving its primes anew each time would prove nothing.
    key = load_pem_private_key(private_key.encode(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError("The key is neither EC nor RSA.")
    return key


def _algorithm(key: PrivateKey) -> str:
    return RS256 if isinstance(key, rsa.RSAPrivateKey) else ES256


def _public_members(key: PrivateKey) -> dict[str, str]:
    """By name, so that no private member can ever come along."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {"kty": "RSA", "n": _integer(numbers.n), "e": _integer(numbers.e)}
    point = key.public_key().public_numbers()
    # Coordinates of P-256 have 32 bytes, leading zeros and all (RFC 7518 section 6.2.1.2).
    return {"kty": "EC", "crv": "P-256", "x": _integer(point.x, 32), "y": _integer(point.y, 32)}


def _integer(number: int, length: int = 0) -> str:
    raw = number.to_bytes(length or (number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
