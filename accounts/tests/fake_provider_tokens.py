"""Signing keys of the demo directory, ID tokens made with them, and ID tokens made wrong on purpose."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from jwt.algorithms import RSAAlgorithm

Claims = dict[str, Any]
Header = dict[str, Any]

STRANGER = "https://attacker.example"
HOUR = 3600


def b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def compact(header: Header, claims: Claims, sign: Callable[[bytes], bytes]) -> str:
    """A JWS in compact serialisation (RFC 7515 section 7.1) of whatever is given: nothing is checked or corrected."""
    signing_input = ".".join(b64url(json.dumps(part).encode()) for part in (header, claims))
    return f"{signing_input}.{b64url(sign(signing_input.encode()))}"


def rs256(key: rsa.RSAPrivateKey) -> Callable[[bytes], bytes]:
    return lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda data: hmac.new(secret, data, hashlib.sha256).digest()


def at_hash(access_token: str) -> str:
    """Left half of the SHA-256 of the access token (OpenID Connect Core 3.1.3.6)."""
    return b64url(hashlib.sha256(access_token.encode()).digest()[:16])


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@lru_cache(maxsize=1)
def attacker_key() -> rsa.RSAPrivateKey:
    """A key that no key set of ours lists."""
    return new_key()


def public_jwk(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    members = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"kty": "RSA", "alg": "RS256", "kid": kid, "use": "sig", "e": members["e"], "n": members["n"]}


class KeyRing:
    """The signing key in use and the older ones still published. ``kid`` names the first; later ones are numbered."""

    def __init__(self, kid: str = "") -> None:
        self._name = kid or secrets.token_urlsafe(12)
        self._count = 0
        self._keys: list[tuple[str, rsa.RSAPrivateKey]] = []
        self.shared_secret = secrets.token_bytes(32)
        self.rotate()

    @property
    def kid(self) -> str:
        return self._keys[0][0]

    @property
    def key(self) -> rsa.RSAPrivateKey:
        return self._keys[0][1]

    def rotate(self, *, keep_old: bool = True) -> None:
        """A new key signs from now on; the old ones stay published or vanish."""
        kid = self._name if not self._count else f"{self._name}-{self._count + 1}"
        self._count += 1
        self._keys = [(kid, new_key()), *(self._keys if keep_old else [])]

    def jwks(self) -> dict[str, Any]:
        """Oldest first: the order says nothing at Okta either."""
        return {"keys": [public_jwk(key, kid) for kid, key in reversed(self._keys)]}

    def sign(self, claims: Claims, *, header: Header | None = None, key: rsa.RSAPrivateKey | None = None) -> str:
        return compact({"kid": self.kid, "alg": "RS256", **(header or {})}, claims, rs256(key or self.key))

    def read_hint(self, token: str) -> Claims | None:
        """Claims of an ID token that this directory signed, expired or not; ``None`` for any other string."""
        lax = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
        for _, key in self._keys:
            try:
                return jwt.decode(token, key.public_key(), algorithms=["RS256"], options=lax)  # type: ignore[arg-type]  # a plain dict of the same keys
            except jwt.InvalidTokenError:
                continue
        return None

    def public_pem(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def _shift(claims: Claims, **seconds: int) -> None:
    now = int(time.time())
    claims.update({name: now + offset for name, offset in seconds.items()})


CLAIM_FAULTS: dict[str, Callable[[Claims], object]] = {
    "wrong_iss": lambda claims: claims.update(iss=STRANGER),
    "no_iss": lambda claims: claims.pop("iss"),
    "wrong_aud": lambda claims: claims.update(aud="another-client"),
    "no_aud": lambda claims: claims.pop("aud"),
    "several_aud_no_azp": lambda claims: claims.update(aud=[claims["aud"], "another-client"]),
    "wrong_azp": lambda claims: claims.update(azp="another-client"),
    "expired": lambda claims: _shift(claims, iat=-2 * HOUR, auth_time=-2 * HOUR, exp=-HOUR),
    "iat_future": lambda claims: _shift(claims, iat=HOUR, exp=2 * HOUR),
    "iat_missing": lambda claims: claims.pop("iat"),
    "nbf_future": lambda claims: _shift(claims, nbf=HOUR // 2),
    "exp_missing": lambda claims: claims.pop("exp"),
    "exp_string": lambda claims: claims.update(exp=str(claims["exp"])),
    "exp_bool": lambda claims: claims.update(exp=True),
    "exp_infinite": lambda claims: claims.update(exp=float("inf")),
    "wrong_nonce": lambda claims: claims.update(nonce="n-0S6_WzA2Mj-of-another-attempt"),
    "no_nonce": lambda claims: claims.pop("nonce", None),
    "no_sub": lambda claims: claims.pop("sub"),
    "empty_sub": lambda claims: claims.update(sub=""),
    "long_sub": lambda claims: claims.update(sub="u" * 256),
    "sub_number": lambda claims: claims.update(sub=1234567890),
    "wrong_at_hash": lambda claims: claims.update(at_hash=at_hash("another access token")),
}


def _unsigned(keys: KeyRing, claims: Claims, _: str) -> str:
    return compact({"alg": "none", "kid": keys.kid}, claims, lambda data: b"")


def _hs256_by_secret(keys: KeyRing, claims: Claims, client_secret: str) -> str:
    return compact({"alg": "HS256", "kid": keys.kid}, claims, hs256(client_secret.encode()))


def _hs256_by_public_key(keys: KeyRing, claims: Claims, _: str) -> str:
    return compact({"alg": "HS256", "kid": keys.kid}, claims, hs256(keys.public_pem()))


def _hs256_by_published_key(keys: KeyRing, claims: Claims, _: str) -> str:
    return compact({"alg": "HS256", "kid": keys.kid}, claims, hs256(keys.shared_secret))


def _by_attacker(header: Callable[[Claims], Header]) -> Callable[[KeyRing, Claims, str], str]:
    return lambda keys, claims, _: keys.sign(claims, header=header(claims), key=attacker_key())


def _garbage(keys: KeyRing, claims: Claims, _: str) -> str:
    return "this is not a token"


def _tampered(keys: KeyRing, claims: Claims, _: str) -> str:
    head, _body, signature = keys.sign(claims).split(".")
    return f"{head}.{b64url(json.dumps({**claims, 'groups': ['everyone']}).encode())}.{signature}"


def _encrypted(keys: KeyRing, claims: Claims, _: str) -> str:
    parts = [json.dumps({"alg": "RSA-OAEP", "enc": "A256GCM", "kid": keys.kid}).encode()]
    return ".".join(map(b64url, parts + [secrets.token_bytes(size) for size in (256, 12, 300, 16)]))


SIGNING_FAULTS: dict[str, Callable[[KeyRing, Claims, str], str]] = {
    "alg_none": _unsigned,
    "alg_hs256_client_secret": _hs256_by_secret,
    "alg_hs256_public_key": _hs256_by_public_key,
    "jwks_symmetric": _hs256_by_published_key,
    "wrong_key": _by_attacker(lambda claims: {}),
    "unknown_kid": _by_attacker(lambda claims: {"kid": "a-kid-that-nobody-published"}),
    "jwk_header": _by_attacker(lambda claims: {"jwk": public_jwk(attacker_key(), "attacker"), "kid": "attacker"}),
    "jku_header": _by_attacker(lambda claims: {"jku": f"{claims['iss']}/attacker/keys", "kid": "attacker"}),
    "x5u_header": _by_attacker(lambda claims: {"x5u": f"{claims['iss']}/attacker/certificate", "kid": "attacker"}),
    "crit_header": lambda keys, claims, _: keys.sign(claims, header={"crit": ["urn:x"], "urn:x": True}),
    "tampered": _tampered,
    "garbage_id_token": _garbage,
    "encrypted_id_token": _encrypted,
}


def break_claims(claims: Claims, faults: dict[str, Any]) -> None:
    for name in CLAIM_FAULTS.keys() & faults.keys():
        CLAIM_FAULTS[name](claims)


def make_id_token(keys: KeyRing, claims: Claims, client_secret: str, faults: dict[str, Any]) -> str:
    """The ID token, signed as it should be or as the first matching fault wants it."""
    for name in SIGNING_FAULTS:
        if name in faults:
            return SIGNING_FAULTS[name](keys, claims, client_secret)
    return keys.sign(claims)
