"""Which published key may have signed a token (RFC 7515, 7517, 7518; RFC 8725 for what to refuse).

A token says by `alg` and `kid` which key to look for, and nothing more: keys or addresses that it carries itself
(`jwk`, `jku`, `x5c`, `x5u`) are never looked at.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from accounts.oidc.errors import TokenRefused, UnknownKey

# The key type and curve for each algorithm (RFC 7518 section 3.1). None of these is symmetric, and none is "none".
_FITS: Final[dict[str, tuple[str, str | None]]] = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "PS256": ("RSA", None),
    "PS384": ("RSA", None),
    "PS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
}
ALLOWED_ALGORITHMS: Final = tuple(_FITS)

MAX_TOKEN = 64 * 1024  # characters
MAX_HEADER = 16 * 1024  # characters; some providers put their certificates there
MAX_KEYS = 50  # looked at in one set
MAX_TRIED = 5  # keys built, and signatures computed, for one token
MIN_RSA_BITS = 2048
_MEMBERS: Final[dict[str, dict[str, int]]] = {
    # The longest useful text of each member: a vast modulus or exponent makes one signature cost seconds.
    "RSA": {"n": 1366, "e": 8},  # 8,192 bits and 48
    "EC": {"x": 100, "y": 100},
}
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def read_header(token: object) -> dict[str, Any]:
    """The token's header, before anything is verified, with an allowed `alg`. Raises TokenRefused."""
    if not isinstance(token, str) or len(token) > MAX_TOKEN:
        raise TokenRefused("token_malformed", f"not a text of at most {MAX_TOKEN} characters")
    compact = _COMPACT.fullmatch(token)
    if compact is None or len(compact[1]) > MAX_HEADER:
        raise TokenRefused("token_malformed", "not a signed token of three parts")
    header = read_object(_decode(compact[1]), "header")
    _check_header(header)
    return header


def read_object(data: bytes, part: str) -> dict[str, Any]:
    """Parse a JSON object strictly: a member that is there twice, NaN or Infinity is refused.

    Raises TokenRefused, which names the part.
    """
    try:
        value = json.loads(data, object_pairs_hook=_unique_members, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise TokenRefused("token_malformed", f"the {part} is not proper JSON") from None
    if not isinstance(value, dict):
        raise TokenRefused("token_malformed", f"the {part} is not a JSON object")
    return value


def select_keys(jwks: object, header: Mapping[str, Any]) -> list[jwt.PyJWK]:
    """The keys of a JWK set that may have signed a token with this header: seldom more than one, at most a few.

    Symmetric, unknown and broken keys, keys for encryption and keys whose private half is published are passed over.
    header: as `read_header` returns it. Raises UnknownKey where fetching the set anew may help, TokenRefused where
    the key that the token names must not be used.
    """
    published = _published(jwks)
    kid = header.get("kid")
    named = published if kid is None else [key for key in published if key.get("kid") == kid]
    if not named:
        raise UnknownKey(detail=f"not one of the provider's {len(published)} keys")
    keys = _first_usable(named, header["alg"])
    if not keys and kid is None:
        raise UnknownKey(detail=f"none of the provider's {len(published)} keys fits {header['alg']}")
    if not keys:
        raise TokenRefused("token_key_unfit", f"the key that the token names cannot be used for {header['alg']}")
    return keys


def _check_header(header: Mapping[str, Any]) -> None:
    algorithm, kind = header.get("alg"), header.get("typ")
    if not isinstance(algorithm, str) or algorithm not in _FITS:
        raise TokenRefused("token_algorithm", f"alg {ascii(algorithm)[:20]} is not allowed")
    for extension in ("crit", "b64"):
        if extension in header:
            raise TokenRefused("token_malformed", f"header has {extension}")
    if not isinstance(header.get("kid", ""), str):
        raise TokenRefused("token_malformed", "kid is not a string")
    # A token that calls itself another kind, such as at+jwt or logout+jwt, is no ID token (RFC 8725 section 3.11).
    if isinstance(kind, str) and kind.lower().endswith("+jwt"):
        raise TokenRefused("token_malformed", "typ is another kind of token's")


def _decode(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        raise TokenRefused("token_malformed", "the header is not base64") from None


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _published(jwks: object) -> list[Mapping[str, Any]]:
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    return [key for key in keys[:MAX_KEYS] if isinstance(key, Mapping)] if isinstance(keys, list) else []


def _first_usable(published: list[Mapping[str, Any]], algorithm: str) -> list[jwt.PyJWK]:
    fitting = [key for key in published if _fits(key, algorithm)][:MAX_TRIED]
    return list(_build(fitting, algorithm))


def _fits(key: Mapping[str, Any], algorithm: str) -> bool:
    kty, curve = _FITS[algorithm]
    operations = key.get("key_ops")
    return (
        key.get("kty") == kty
        and (curve is None or key.get("crv") == curve)
        and key.get("use") in (None, "sig")
        and key.get("alg") in (None, algorithm)
        and (operations is None or (isinstance(operations, list) and "verify" in operations))
        and "d" not in key
        and all(_is_short_text(key.get(name), limit) for name, limit in _MEMBERS[kty].items())
    )


def _is_short_text(value: object, limit: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= limit


def _build(fitting: list[Mapping[str, Any]], algorithm: str) -> Iterator[jwt.PyJWK]:
    for published in fitting:
        # The public members alone: PyJWT would otherwise load whatever else the entry holds.
        members = {name: published[name] for name in ("kty", "crv", *_MEMBERS[published["kty"]]) if name in published}
        try:
            key = jwt.PyJWK(members, algorithm)
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if not isinstance(key.key, RSAPublicKey) or key.key.key_size >= MIN_RSA_BITS:
            yield key
