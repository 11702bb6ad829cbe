"""The token endpoint of the demo directory, and pushed authorization requests; shaped like Okta's."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

from accounts.tests.fake_provider_authorize import DeadEnd, OAuthError, check_request, resolve
from accounts.tests.fake_provider_cast import FakeClient
from accounts.tests.fake_provider_clients import BAD_SECRET, authenticate
from accounts.tests.fake_provider_directory import Directory, Grant, Params
from accounts.tests.fake_provider_http import Request
from accounts.tests.fake_provider_tokens import (
    HOUR,
    Claims,
    at_hash,
    b64url,
    break_claims,
    make_id_token,
)
from accounts.tests.fake_provider_transport import Response, okta_error

UNCACHED = (("Cache-Control", "no-cache, no-store"), ("Pragma", "no-cache"))
PROFILE_CLAIMS = ("name", "given_name", "family_name", "preferred_username", "locale", "zoneinfo", "updated_at")
SCOPE_CLAIMS = {"profile": PROFILE_CLAIMS, "email": ("email", "email_verified"), "phone": ("phone_number",)}
THIN_CLAIMS = ("name", "preferred_username", "email")

BAD_CODE = "The authorization code is invalid or has expired."
OTHER_CLIENT = "The grant was issued to another client."
OTHER_REDIRECT_URI = "The 'redirect_uri' does not match the redirection URI used in the authorization request."
BAD_VERIFIER = "PKCE verification failed."
BAD_GRANT_TYPE = (
    "The authorization grant type is not supported by the authorization server. "
    "Configured grant types: [authorization_code]."
)


def _refuse(error: OAuthError) -> Response:
    status = 401 if error.error == "invalid_client" else 400
    return Response.of_json({"error": error.error, "error_description": error.description}, status, *UNCACHED)


def _unknown_client() -> Response:
    return okta_error(401, "invalid_client", "Invalid value for 'client_id' parameter.", *UNCACHED)


def _with_client(
    directory: Directory, request: Request, serve: Callable[[Directory, FakeClient, Params], Response]
) -> Response:
    try:
        client = authenticate(directory, request)
        return serve(directory, client, request.fields) if client else _unknown_client()
    except OAuthError as error:
        return _refuse(error)


def token(directory: Directory, request: Request) -> Response:
    return _with_client(directory, request, _exchange)


def par(directory: Directory, request: Request) -> Response:
    return _with_client(directory, request, _push)


def _push(directory: Directory, client: FakeClient, fields: Params) -> Response:
    params = {**fields, "client_id": client.client_id}
    for proof in ("client_secret", "client_assertion", "client_assertion_type"):
        params.pop(proof, None)
    if "request_uri" in params:
        raise OAuthError("invalid_request", "The 'request_uri' parameter is not allowed here.")
    try:
        resolve(directory, params)
    except DeadEnd as error:
        raise OAuthError("invalid_request", str(error)) from None
    check_request(directory, client, params)
    return Response.of_json({"request_uri": directory.push(params), "expires_in": 60}, 201, *UNCACHED)


def _check_grant(grant: Grant | None, client: FakeClient, fields: Params) -> Grant:
    if grant is None:
        raise OAuthError("invalid_grant", BAD_CODE)
    if grant.client_id != client.client_id:
        raise OAuthError("invalid_grant", OTHER_CLIENT)
    if fields.get("redirect_uri") != grant.params["redirect_uri"]:
        raise OAuthError("invalid_grant", OTHER_REDIRECT_URI)
    if b64url(hashlib.sha256(fields.get("code_verifier", "").encode()).digest()) != grant.params["code_challenge"]:
        raise OAuthError("invalid_grant", BAD_VERIFIER)
    return grant


def _exchange(directory: Directory, client: FakeClient, fields: Params) -> Response:
    if fields.get("grant_type") != "authorization_code":
        raise OAuthError("unsupported_grant_type", BAD_GRANT_TYPE)
    if "code" not in fields:
        raise OAuthError("invalid_request", "The token request must specify a 'code' parameter.")
    if (fault := directory.faults.get("token_error")) is not None:
        return _refuse_good_code(fault)
    grant = _check_grant(directory.redeem(fields["code"]), client, fields)
    access_token = directory.new_access_token(grant)
    answer: dict[str, Any] = {
        "token_type": "mac" if "token_type_mac" in directory.faults else "Bearer",
        "expires_in": HOUR,
        "access_token": access_token,
        "scope": " ".join(sorted(grant.scopes)),
        "id_token": _id_token(directory, client, grant, access_token),
    }
    _drop_from_answer(answer, directory.faults)
    return Response.of_json(answer, 200, *UNCACHED)


def _drop_from_answer(answer: dict[str, Any], faults: dict[str, Any]) -> None:
    if "no_id_token" in faults or "openid" not in answer["scope"].split():
        answer.pop("id_token")
    if "id_token_not_a_string" in faults:
        answer["id_token"] = {"header": {}, "payload": {}}
    if "no_access_token" in faults:
        answer.pop("access_token")


def _refuse_good_code(fault: Any) -> Response:
    """What an application hears when its code is refused for no fault of its own."""
    if fault == "errorCode":
        return _unknown_client()
    if fault == "no_code":
        return Response.of_json({}, 400, *UNCACHED)
    return _refuse(OAuthError(str(fault), BAD_SECRET if fault == "invalid_client" else BAD_CODE))


def claims_for(directory: Directory, grant: Grant) -> Claims:
    """What the granted scopes let the application know of the person, without ``sub``."""
    spoken = directory.attributes(directory.person(grant.subject))
    own = spoken.keys() - {claim for claims in SCOPE_CLAIMS.values() for claim in claims}
    names = [claim for scope, claims in SCOPE_CLAIMS.items() if scope in grant.scopes for claim in claims]
    return {name: spoken[name] for name in [*names, *sorted(own)] if name in spoken}


def _id_token(directory: Directory, client: FakeClient, grant: Grant, access_token: str) -> str:
    now, known = int(time.time()), claims_for(directory, grant)
    claims: Claims = {
        "sub": grant.subject,
        **{name: value for name, value in known.items() if not directory.thin or name in THIN_CLAIMS},
        "ver": 1,
        "iss": directory.issuer_for(client.client_id),
        "aud": client.client_id,
        "iat": now,
        "exp": now + HOUR,
        "jti": f"ID.{access_token[:20]}",
        "amr": ["pwd"],
        "idp": "00oDemoDirectory00000",
        "auth_time": grant.session.since,
        "at_hash": at_hash(access_token),
    }
    if directory.style == "rfc9207":
        claims["sid"] = grant.session.sid
    if "nonce" in grant.params:
        claims["nonce"] = grant.params["nonce"]
    break_claims(claims, directory.faults)
    grant.told_subject = claims.get("sub", grant.subject)
    return make_id_token(directory.keys, claims, next(iter(client.secrets), ""), directory.faults)
