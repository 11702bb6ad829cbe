"""Keys, JWK sets and ID tokens for the tests, proper and broken."""

import base64
import functools
import hashlib
import json
import random
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

ISSUER = "https://acme.okta.com"
CLIENT_ID = "0oa1client"
NONCE = "n" * 43
ACCESS_TOKEN = "an-access-token"
NOW = 1_800_000_000.0
GARBAGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**70, 1.5, float("nan"), float("inf"), 1e300),
    *(
        "",
        " ",
        "\x00",
        "\ud800",
        "\u202e",
        "x" * 10_000,
        [],
        [[]],
        [None],
        ["x"],
        {},
        {"sub": 1},
        b"bytes",
        {"keys": {}},
    ),
)


@functools.cache
def rsa_key(bits: int = 2048, name: str = "first") -> rsa.RSAPrivateKey:
    """One key for each name, made once for the whole run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@functools.cache
def ec_key(curve: str = "P-256") -> ec.EllipticCurvePrivateKey:
    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1(), "secp256k1": ec.SECP256K1()}
    return ec.generate_private_key(curves[curve])


def rsa_jwk(key: rsa.RSAPrivateKey | None = None, **members: Any) -> dict[str, Any]:
    public = jwt.algorithms.RSAAlgorithm.to_jwk((key or rsa_key()).public_key(), as_dict=True)
    return {**public, "kid": "k1", "use": "sig", "alg": "RS256", **members}


def ec_jwk(curve: str = "P-256", **members: Any) -> dict[str, Any]:
    public = jwt.algorithms.ECAlgorithm.to_jwk(ec_key(curve).public_key(), as_dict=True)
    return {**public, "kid": "e1", "use": "sig", **members}


def at_hash(access_token: str, algorithm: str = "sha256") -> str:
    digest = hashlib.new(algorithm, access_token.encode()).digest()
    return b64(digest[: len(digest) // 2])


def claims(**changes: Any) -> dict[str, Any]:
    """Proper claims with changes; a claim changed to `...` is left out."""
    proper = {"iss": ISSUER, "sub": "00u1", "aud": CLIENT_ID, "nonce": NONCE, "iat": NOW - 5, "exp": NOW + 3600}
    return {name: value for name, value in {**proper, **changes}.items() if value is not ...}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw_token(header: bytes, payload: bytes, key: rsa.RSAPrivateKey | None = None) -> str:
    """An RS256 signature over any bytes at all, which a library would refuse to make."""
    signed = f"{b64(header)}.{b64(payload)}"
    return f"{signed}.{b64((key or rsa_key()).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def id_token(header: dict[str, Any] | None = None, **changes: Any) -> str:
    """An RS256 token of the key k1; header members changed to `...` are left out."""
    members = {"alg": "RS256", "kid": "k1", **(header or {})}
    kept = {name: value for name, value in members.items() if value is not ...}
    return raw_token(json.dumps(kept).encode(), json.dumps(claims(**changes)).encode())


def garbage_document(chance: random.Random, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: chance.choice(GARBAGE) for name in names if chance.random() < 0.8}
