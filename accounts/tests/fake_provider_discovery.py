"""What the demo directory publishes: its metadata and its keys, in the shape of Okta's org authorization server.

As at Okta the metadata lists more than is served here: no introspection, revocation, registration or device flow.
"""

from __future__ import annotations

from typing import Any

from accounts.tests.fake_provider_directory import Directory
from accounts.tests.fake_provider_faults import break_discovery
from accounts.tests.fake_provider_http import Request
from accounts.tests.fake_provider_tokens import KeyRing, attacker_key, b64url, public_jwk
from accounts.tests.fake_provider_transport import Response

AUTH_METHODS = ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"]
ENDPOINTS = {
    "authorization_endpoint": "authorize",
    "token_endpoint": "token",
    "userinfo_endpoint": "userinfo",
    "registration_endpoint": "clients",
    "jwks_uri": "keys",
    "introspection_endpoint": "introspect",
    "revocation_endpoint": "revoke",
    "end_session_endpoint": "logout",
    "device_authorization_endpoint": "device/authorize",
    "pushed_authorization_request_endpoint": "par",
}
ABILITIES: dict[str, Any] = {
    "response_types_supported": [
        "code",
        "id_token",
        "code id_token",
        "code token",
        "id_token token",
        "code id_token token",
    ],
    "response_modes_supported": ["query", "fragment", "form_post", "okta_post_message"],
    "grant_types_supported": ["authorization_code", "implicit", "refresh_token", "password"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "scopes_supported": ["openid", "email", "profile", "address", "phone", "offline_access", "groups"],
    "token_endpoint_auth_methods_supported": AUTH_METHODS,
    "claims_supported": [
        "iss",
        "ver",
        "sub",
        "aud",
        "iat",
        "exp",
        "jti",
        "auth_time",
        "amr",
        "idp",
        "nonce",
        "name",
        "nickname",
        "preferred_username",
        "given_name",
        "middle_name",
        "family_name",
        "email",
        "email_verified",
        "profile",
        "zoneinfo",
        "locale",
        "address",
        "phone_number",
        "picture",
        "website",
        "gender",
        "birthdate",
        "updated_at",
        "at_hash",
        "c_hash",
    ],
    "code_challenge_methods_supported": ["S256"],
    "introspection_endpoint_auth_methods_supported": AUTH_METHODS,
    "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
    "request_parameter_supported": True,
    "request_object_signing_alg_values_supported": ["HS256", "RS256", "ES256"],
}


def discovery(directory: Directory, request: Request) -> Response:
    """The metadata; ``?client_id=`` asks for the issuer that this application is told."""
    issuer = directory.issuer_for(request.fields.get("client_id", ""))
    document = {
        "issuer": issuer,
        **{name: f"{issuer}/oauth2/v1/{path}" for name, path in ENDPOINTS.items()},
        **ABILITIES,
    }
    if directory.assertion_algorithms:
        document["token_endpoint_auth_signing_alg_values_supported"] = directory.assertion_algorithms
    if directory.style == "rfc9207":
        document["authorization_response_iss_parameter_supported"] = True
    cache = ("Cache-Control", "max-age=86400, must-revalidate")
    return Response.of_json(break_discovery(document, directory.faults), 200, cache)


def _broken_keys(keys: KeyRing) -> dict[str, dict[str, Any]]:
    shared = {"kty": "oct", "alg": "HS256", "kid": keys.kid, "k": b64url(keys.shared_secret)}
    broken = [{"kid": keys.kid, "kty": "RSA", "n": "!!", "e": 3}, {"kid": keys.kid}, {"kty": 7}, "a string", None]
    return {
        "jwks_symmetric": {"keys": [shared]},
        "jwks_empty": {"keys": []},
        "jwks_broken": {"keys": broken},
        "jwks_not_a_list": {"keys": keys.jwks()["keys"][0]},
    }


def jwks(directory: Directory, request: Request) -> Response:
    broken = _broken_keys(directory.keys)
    document = next((broken[name] for name in broken if name in directory.faults), directory.keys.jwks())
    return Response.of_json(document, 200, ("Cache-Control", "max-age=3832304, must-revalidate"))


def attacker_jwks(directory: Directory, request: Request) -> Response:
    """Where the ``jku`` of a forged token points: nobody should ever come."""
    return Response.of_json({"keys": [public_jwk(attacker_key(), "attacker")]})
