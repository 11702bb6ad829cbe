"""How applications prove themselves to the demo directory: secret, Basic, or an assertion under their own key.

Texts of errors are Okta's where it is known what it says; one of its applications has secrets or keys, never both.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import time
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import jwt

from accounts.tests.fake_provider_authorize import OAuthError
from accounts.tests.fake_provider_cast import FakeClient
from accounts.tests.fake_provider_directory import Directory
from accounts.tests.fake_provider_http import Request
from accounts.tests.fake_provider_tokens import HOUR, Claims

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FETCH_SECONDS = 5

BAD_SECRET = "The client secret supplied for a confidential client is invalid."
NO_CREDENTIALS = "No client credentials found."
BAD_CREDENTIALS = "Client authentication failed. Either the client or the client credentials are invalid."
TWO_CREDENTIALS = (
    "Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization header, "
    "credentials in the post body, or a client_assertion in the post body."
)
BAD_ASSERTION_TYPE = "The client_assertion_type is invalid."
BAD_ASSERTION = "The client_assertion is invalid."
BAD_KID = "The client_assertion JWT kid is invalid."
BAD_SIGNATURE = "The client_assertion signature is invalid."
BAD_AUDIENCE = "The audience claim for client_assertion must be the endpoint invoked for the request."
BAD_SUBJECT = "The issuer and the subject of client_assertion must be the client_id."
EXPIRED = "The client_assertion token is expired."
TOO_LONG = "The client_assertion token has an expiration too far into the future."
USED = "The client_assertion token has been used already."


def authenticate(directory: Directory, request: Request) -> FakeClient | None:
    """The client that proved itself; ``None`` when the directory does not know it. Raises OAuthError."""
    basic, fields = _basic_credentials(request), request.fields
    if sum((basic is not None, "client_secret" in fields, "client_assertion" in fields)) > 1:
        raise OAuthError("invalid_request", TWO_CREDENTIALS)
    if "client_assertion" in fields:
        return _by_assertion(directory, request)
    client_id, secret = basic or (fields.get("client_id", ""), fields.get("client_secret", ""))
    if not client_id or not secret:
        raise OAuthError("invalid_client", NO_CREDENTIALS)
    client = directory.client(client_id)
    if client and client.has_keys:
        raise OAuthError("invalid_client", BAD_CREDENTIALS)
    if client and not any(hmac.compare_digest(secret.encode(), known.encode()) for known in client.secrets):
        raise OAuthError("invalid_client", BAD_SECRET)
    return client


def _basic_credentials(request: Request) -> tuple[str, str] | None:
    """User and password of the Authorization header, taken as they stand: Okta does not form-decode them."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise OAuthError("invalid_client", NO_CREDENTIALS) from None
    return user, password


def _by_assertion(directory: Directory, request: Request) -> FakeClient | None:
    assertion = request.fields["client_assertion"]
    if request.fields.get("client_assertion_type") != ASSERTION_TYPE:
        raise OAuthError("invalid_client", BAD_ASSERTION_TYPE)
    try:
        header, unproven = jwt.get_unverified_header(assertion), jwt.decode(assertion, options=_UNPROVEN)
    except jwt.InvalidTokenError:
        raise OAuthError("invalid_client", BAD_ASSERTION) from None
    client_id = str(unproven.get("sub", ""))
    if request.fields.get("client_id", client_id) != client_id:
        raise OAuthError("invalid_client", BAD_SUBJECT)
    client = directory.client(client_id)
    if client is None:
        return None
    claims = _verified(directory, client, assertion, header)
    _check_claims(directory, client, claims, directory.issuer_for(client_id) + request.path)
    return client


_UNPROVEN: Any = {"verify_signature": False}


def _verified(directory: Directory, client: FakeClient, assertion: str, header: dict[str, Any]) -> Claims:
    """Its claims, once the key that its header names has been found among the client's own and fits the signature."""
    published = {jwk["kid"]: jwk for jwk in _keys_of(client)}
    jwk = published.get(header.get("kid"))
    if jwk is None:
        raise OAuthError("invalid_client", BAD_KID)
    allowed = [name for name in directory.assertion_algorithms or ["RS256"] if name == jwk.get("alg", name)]
    lax: Any = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
    try:
        return jwt.decode(assertion, jwt.PyJWK(jwk, header.get("alg")), algorithms=allowed, options=lax)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise OAuthError("invalid_client", BAD_SIGNATURE) from None


def _check_claims(directory: Directory, client: FakeClient, claims: Claims, endpoint: str) -> None:
    now, expires, jti = time.time(), claims.get("exp"), claims.get("jti")
    found = [
        (claims.get("iss") != client.client_id, BAD_SUBJECT),
        (claims.get("aud") not in (endpoint, [endpoint]), BAD_AUDIENCE),
        (not isinstance(expires, int) or expires <= now, EXPIRED),
        (isinstance(expires, int) and expires > now + HOUR, TOO_LONG),
        (isinstance(jti, str) and not directory.first_use(client.client_id, jti), USED),
    ]
    for wrong, words in found:
        if wrong:
            raise OAuthError("invalid_client", words)


def _keys_of(client: FakeClient) -> list[dict[str, Any]]:
    document = _fetched(client.jwks_uri) if client.jwks_uri else client.jwks
    return list((document or {}).get("keys", []))


def _fetched(url: str) -> dict[str, Any]:
    """Fetched anew each time. Names under localhost are taken for this machine, whatever its resolver says."""
    parts = urlsplit(url)
    here = (parts.hostname or "").endswith("localhost")
    place = parts._replace(netloc=f"127.0.0.1:{parts.port or 80}") if here else parts
    try:
        with urlopen(HttpRequest(place.geturl(), headers={"Host": parts.netloc}), timeout=FETCH_SECONDS) as answer:
            document: dict[str, Any] = json.load(answer)
            return document
    except (OSError, ValueError):
        raise OAuthError("invalid_client", BAD_KID) from None
