"""The ID token: signature first, then every rule of OpenID Connect Core 3.1.3.7."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

import jwt

from accounts.oidc.errors import TokenRefused, UnknownKey
from accounts.oidc.keys import ALLOWED_ALGORITHMS, read_header, read_object, select_keys

LEEWAY = 60  # seconds that the provider's clock and ours may be apart
MAX_SUBJECT = 255  # characters, OpenID Connect Core section 2
_LAST_DATE = 253_402_300_800  # the year 10000: beyond it are dates in milliseconds and dates that mean "never"
# PyJWT verifies the signature and nothing else: its own checks of claims are laxer than ours in places.
_JWS: Final = jwt.PyJWS(
    algorithms=ALLOWED_ALGORITHMS, options={"verify_signature": True, "enforce_minimum_key_length": True}
)


def verify_id_token(
    token: str,
    *,
    jwks: object,
    issuer: str,
    client_id: str,
    nonce: str,
    now: float,
    access_token: str | None,
    leeway: int = LEEWAY,
) -> dict[str, Any]:
    """The claims of an ID token that keeps every rule.

    jwks: the provider's JWK set; now: seconds since 1970; leeway: seconds. How old `iat` may be is not limited: the
    nonce, which lives as long as the attempt, already ties the token to it. Raises UnknownKey where the JWK set may be
    out of date, TokenRefused for every other fault, ValueError where an expected value is empty.
    """
    if not (issuer and client_id and nonce):
        raise ValueError("issuer, client_id and nonce may not be empty.")
    header = read_header(token)
    claims = read_object(_verified_payload(token, jwks, header), "payload")
    _check_issuer(claims, issuer)
    _check_audience(claims, client_id)
    _check_times(claims, now, leeway)
    _check_nonce(claims, nonce)
    _check_subject(claims)
    _check_access_token_hash(claims, access_token, header["alg"])
    return claims


def _verified_payload(token: str, jwks: object, header: Mapping[str, Any]) -> bytes:
    for key in select_keys(jwks, header):
        payload = _payload_signed_by(token, key)
        if payload is not None:
            return payload
    if "kid" not in header:
        raise UnknownKey(detail="names no key, and none of the provider's fits its signature")
    raise TokenRefused("token_signature", "the signature is not of the key that the token names")


def _payload_signed_by(token: str, key: jwt.PyJWK) -> bytes | None:
    try:
        payload: bytes = _JWS.decode_complete(token, key, algorithms=[key.algorithm_name])["payload"]
    except jwt.InvalidSignatureError:
        return None
    except jwt.PyJWTError as error:
        raise TokenRefused("token_malformed", type(error).__name__) from None
    return payload


def _check_issuer(claims: Mapping[str, Any], issuer: str) -> None:
    if claims.get("iss") != issuer:
        raise TokenRefused("token_issuer", f"iss is {ascii(claims.get('iss'))[:120]}")


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not all(isinstance(one, str) for one in audiences) or client_id not in audiences:
        raise TokenRefused("token_audience", "aud is not this client")
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != client_id:
        raise TokenRefused("token_authorized_party", "azp is not this client")


def _check_times(claims: Mapping[str, Any], now: float, leeway: int) -> None:
    expires, issued = _date(claims, "exp", "token_expired"), _date(claims, "iat", "token_issued_at")
    if expires <= now - leeway:
        raise TokenRefused("token_expired", f"expired {now - expires:.0f} s ago by our clock")
    if issued > now + leeway:
        raise TokenRefused("token_issued_at", f"issued {issued - now:.0f} s from now by our clock")
    if "nbf" in claims:
        begins = _date(claims, "nbf", "token_not_yet_valid")
        if begins > now + leeway:
            raise TokenRefused("token_not_yet_valid", f"valid {begins - now:.0f} s from now by our clock")


def _date(claims: Mapping[str, Any], name: str, code: str) -> float:
    """A NumericDate (RFC 7519 section 2). Raises TokenRefused with the code for anything else."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused(code, f"{name} is missing or no number")
    if not 0 <= value < _LAST_DATE:
        raise TokenRefused(code, f"{name} is not a date in seconds")
    return float(value)


def _check_nonce(claims: Mapping[str, Any], nonce: str) -> None:
    if not _same(claims.get("nonce"), nonce):
        raise TokenRefused("token_nonce", "nonce is missing or not this attempt's")


def _check_subject(claims: Mapping[str, Any]) -> None:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT or subject.isspace():
        raise TokenRefused("token_subject", f"sub is missing, empty or over {MAX_SUBJECT} characters")
    if not subject.isprintable():
        raise TokenRefused("token_subject", "sub holds characters that cannot be seen")


def _check_access_token_hash(claims: Mapping[str, Any], access_token: str | None, algorithm: str) -> None:
    """OpenID Connect Core 3.1.3.8. A hash that cannot be checked, as no access token came along, is refused too."""
    if "at_hash" not in claims:
        return
    if access_token is None or not _same(claims["at_hash"], _left_half(access_token, algorithm)):
        raise TokenRefused("token_access_token_hash", "at_hash is not of the access token that came along")


def _left_half(access_token: str, algorithm: str) -> str:
    digest = hashlib.new(f"sha{algorithm[-3:]}", access_token.encode(errors="surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _same(given: object, expected: str) -> bool:
    """Compare in constant time, whatever was given."""
    return isinstance(given, str) and hmac.compare_digest(given.encode(errors="surrogatepass"), expected.encode())
