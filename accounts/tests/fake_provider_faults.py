"""Every rule that the demo directory can be told to break, one at a time: the table, and what each does.

Rules of an ID token are broken in ``fake_provider_tokens``, those of transport in ``fake_provider_transport``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.tests.fake_provider_tokens import STRANGER
from accounts.tests.fake_provider_transport import ENDPOINTS, MODES

Params = list[tuple[str, str]]
Document = dict[str, Any]

MARKUP = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
RIGHT_TO_LEFT = "\u202egnp.ecila\u202c \u2067Alice\u2069"
LONG = "Ab" * 5000

ERRORS = {
    "access_denied": "User is not assigned to the client application.",
    "login_required": "The client specified not to prompt, but the user is not logged in.",
    "interaction_required": "The client specified not to prompt, but the user must interact.",
    "account_selection_required": "The user must choose an account.",
    "consent_required": "You are not allowed any of the requested scopes.",
    "invalid_scope": "One or more scopes are not configured for the authorization server resource.",
    "unauthorized_client": "The client is not authorized to use the provided grant type. Configured grant types: [].",
    "invalid_request": "The authentication request has an invalid parameter.",
    "unsupported_response_type": "The response type is not supported by the authorization server.",
    "server_error": "The authorization server encountered an unexpected condition.",
    "temporarily_unavailable": "The authorization server is currently unable to handle the request.",
    "an_error_nobody_defined": "",
}


@dataclass(frozen=True)
class Fault:
    """One rule broken. ``values`` are the variants to try; ``refused`` is whether a sign-in must fail by it.

    ``where`` is ``id_token``, ``jwks``, ``token``, ``userinfo``, ``callback``, ``scopes``, ``discovery``,
    ``abilities``, ``claims``, ``myaccount``, ``clock`` or ``transport``. A sign-in that need not be refused must still
    end in a page, never in a crash.
    """

    where: str
    breaks: str
    values: tuple[Any, ...] = (True,)
    refused: bool = True


ENDPOINT_MEMBERS = ("token_endpoint", "jwks_uri", "userinfo_endpoint", "authorization_endpoint", "end_session_endpoint")

ABILITIES_LACKING = (
    {"response_types_supported": ["id_token"]},
    {"id_token_signing_alg_values_supported": ["HS256", "none"]},
    {"code_challenge_methods_supported": ["plain"]},
)

FAULTS: dict[str, Fault] = {
    # ID token, OpenID Connect Core 3.1.3.7
    "alg_none": Fault("id_token", "is signed"),
    "alg_hs256_client_secret": Fault("id_token", "algorithm from the allow-list: HS256 with the client secret is not"),
    "alg_hs256_public_key": Fault("id_token", "algorithm from the allow-list: HS256 with the public key's PEM is not"),
    "jwks_symmetric": Fault("id_token", "keys are asymmetric: the key set offers the HS256 key that signed"),
    "wrong_key": Fault("id_token", "signature by the key that the kid names"),
    "unknown_kid": Fault("id_token", "key is in the provider's key set"),
    "jwk_header": Fault("id_token", "key comes from the key set, never from the token's own jwk"),
    "jku_header": Fault("id_token", "key comes from the key set, never from the token's own jku"),
    "x5u_header": Fault("id_token", "key comes from the key set, never from the token's own x5u"),
    "crit_header": Fault("id_token", "critical headers are understood (RFC 7515 section 4.1.11)"),
    "tampered": Fault("id_token", "signature covers the claims"),
    "garbage_id_token": Fault("id_token", "is a JWS"),
    "encrypted_id_token": Fault("id_token", "is a JWS of three parts, not a JWE of five"),
    "no_id_token": Fault("id_token", "is there"),
    "id_token_not_a_string": Fault("id_token", "is a string"),
    "wrong_iss": Fault("id_token", "iss is the issuer"),
    "no_iss": Fault("id_token", "iss is there"),
    "wrong_aud": Fault("id_token", "aud is our client"),
    "no_aud": Fault("id_token", "aud is there"),
    "several_aud_no_azp": Fault("id_token", "several audiences need azp"),
    "wrong_azp": Fault("id_token", "azp is our client"),
    "expired": Fault("id_token", "exp is not past"),
    "exp_missing": Fault("id_token", "exp is there"),
    "exp_string": Fault("id_token", "exp is a number"),
    "exp_bool": Fault("id_token", "exp is a number, not true"),
    "exp_infinite": Fault("id_token", "exp is a finite number"),
    "iat_future": Fault("id_token", "iat is not in the future"),
    "iat_missing": Fault("id_token", "iat is there"),
    "nbf_future": Fault("id_token", "nbf is not in the future"),
    "wrong_nonce": Fault("id_token", "nonce is the attempt's"),
    "no_nonce": Fault("id_token", "nonce is there"),
    "no_sub": Fault("id_token", "sub is there"),
    "empty_sub": Fault("id_token", "sub is not empty"),
    "long_sub": Fault("id_token", "sub has at most 255 characters"),
    "sub_number": Fault("id_token", "sub is a string"),
    "wrong_at_hash": Fault("id_token", "at_hash fits the access token"),
    # key set; takes effect where the application fetches it, so with a cold cache or after rotate_keys()
    "jwks_empty": Fault("jwks", "key set has keys"),
    "jwks_broken": Fault("jwks", "keys are well formed"),
    "jwks_not_a_list": Fault("jwks", "keys is a list"),
    # token endpoint
    "no_access_token": Fault("token", "access token is there"),
    "token_type_mac": Fault("token", "token_type is Bearer"),
    "token_error": Fault("token", "code is accepted", ("invalid_grant", "invalid_client", "errorCode", "no_code")),
    # userinfo, OpenID Connect Core 5.3.2
    "userinfo_other_sub": Fault("userinfo", "sub is the ID token's"),
    "userinfo_no_sub": Fault("userinfo", "sub is there"),
    "userinfo_sub_number": Fault("userinfo", "sub is a string"),
    "userinfo_jwt": Fault("userinfo", "is plain JSON, which is all that we registered for"),
    # callback
    "callback_wrong_state": Fault("callback", "state is the attempt's"),
    "callback_no_state": Fault("callback", "state is there"),
    "callback_two_states": Fault("callback", "state is there once"),
    "callback_two_codes": Fault("callback", "code is there once"),
    "callback_no_code": Fault("callback", "code or error is there"),
    "callback_code_and_error": Fault("callback", "an error comes without a code"),
    "callback_wrong_iss": Fault("callback", "iss is the issuer (RFC 9207)"),
    "callback_no_iss": Fault("callback", "iss is there when promised (breaks nothing in the style okta)"),
    "callback_error": Fault("callback", "no error", tuple(ERRORS)),
    "callback_error_markup": Fault("callback", "error description is printable ASCII without markup"),
    # scopes
    "scopes_refused": Fault("scopes", "API scopes are granted", ("invalid_scope", "consent_required"), refused=False),
    # discovery
    "discovery_other_issuer": Fault("discovery", "issuer is the configured one"),
    "discovery_issuer_slash": Fault("discovery", "issuer is the configured one to the last character"),
    "discovery_no_issuer": Fault("discovery", "issuer is there"),
    "discovery_foreign_endpoint": Fault("discovery", "endpoints are on the issuer's host (Okta)", ENDPOINT_MEMBERS),
    "discovery_http_endpoint": Fault("discovery", "endpoints are https unless local", ENDPOINT_MEMBERS),
    "discovery_missing": Fault("discovery", "endpoints are there", ENDPOINT_MEMBERS[:2] + ENDPOINT_MEMBERS[3:4]),
    "discovery_endpoint_number": Fault("discovery", "endpoints are strings", ENDPOINT_MEMBERS[:2]),
    "discovery_not_an_object": Fault("discovery", "document is an object"),
    "discovery_says": Fault("abilities", "offers what we need", ABILITIES_LACKING),
    # what the directory says of the person
    "claims_markup": Fault("claims", "names hold no markup", refused=False),
    "claims_rtl": Fault("claims", "names hold no direction marks", refused=False),
    "claims_long": Fault("claims", "names are short", refused=False),
    "claims_nul": Fault("claims", "names hold no NUL", refused=False),
    "claims_surrogate": Fault("claims", "names are valid Unicode", refused=False),
    "no_email": Fault("claims", "email is there", refused=False),
    "empty_email": Fault("claims", "email is not empty", refused=False),
    "email_crlf": Fault("claims", "email is one line", refused=False),
    "no_name": Fault("claims", "name is there", refused=False),
    "email_unverified": Fault("claims", "email_verified is true", refused=False),
    "email_verified_string": Fault("claims", "email_verified is a boolean", refused=False),
    "email_verified_missing": Fault("claims", "email_verified is there", refused=False),
    "wrong_types": Fault("claims", "claims have the types of OpenID Connect Core 5.1", refused=False),
    # MyAccount API: never fails a sign-in
    "myaccount_off": Fault("myaccount", "the organisation has the API", refused=False),
    "myaccount_wrong_types": Fault("myaccount", "answers have their documented shape", refused=False),
    # seconds by which Date is wrong, or "silent": it is left out
    "clock": Fault("clock", "Date is there and right", (3600, "silent"), refused=False),
    # transport: the key is the endpoint, the value the mode; see fake_provider_transport.MODES
    **{
        endpoint: Fault("transport", f"{endpoint} answers in time, in full, with JSON", MODES, endpoint != "myaccount")
        for endpoint in ENDPOINTS
    },
}


def fault_cases(*where: str, refused: bool | None = None) -> list[tuple[str, Any]]:
    """Pairs for ``break_rule(name, value)``, to parametrise a test with: all faults, or those of the places named."""
    return [
        (name, value)
        for name, fault in FAULTS.items()
        if (not where or fault.where in where) and refused in (None, fault.refused)
        for value in fault.values
    ]


def _named(text: str) -> Callable[[Document], object]:
    return lambda spoken: spoken.update(name=text, given_name=text, family_name=text)


def _without(*names: str) -> Callable[[Document], object]:
    return lambda spoken: [spoken.pop(name, None) for name in names]


ATTRIBUTE_FAULTS: dict[str, Callable[[Document], object]] = {
    "claims_markup": _named(MARKUP),
    "claims_rtl": _named(RIGHT_TO_LEFT),
    "claims_long": _named(LONG),
    "claims_nul": _named("Ali\x00ce"),
    "claims_surrogate": _named("Ali\ud800ce"),
    "no_email": _without("email", "email_verified"),
    "empty_email": lambda spoken: spoken.update(email=""),
    "email_crlf": lambda spoken: spoken.update(email="alice@acme.example\r\nBcc: everyone@acme.example"),
    "no_name": _without("name", "given_name", "family_name"),
    "email_unverified": lambda spoken: spoken.update(email_verified=False),
    "email_verified_string": lambda spoken: spoken.update(email_verified="true"),
    "email_verified_missing": _without("email_verified"),
    "wrong_types": lambda spoken: spoken.update(
        name=["Alice"],
        given_name=42,
        family_name={"a": 1},
        email=[spoken.get("email")],
        email_verified=1,
        phone_number=7,
    ),
}


def break_attributes(spoken: Document, faults: Document) -> None:
    for name in ATTRIBUTE_FAULTS.keys() & faults.keys():
        ATTRIBUTE_FAULTS[name](spoken)


def _replaced(params: Params, name: str, *values: str) -> Params:
    return [pair for pair in params if pair[0] != name] + [(name, value) for value in values]


def _as_error(params: Params, error: str, description: str) -> Params:
    kept = [pair for pair in params if pair[0] in ("state", "iss")]
    return [*kept, ("error", error), *([("error_description", description)] if description else [])]


CALLBACK_FAULTS: dict[str, Callable[[Params, Any], Params]] = {
    "callback_wrong_state": lambda params, _: _replaced(params, "state", "state-of-somebody-else"),
    "callback_no_state": lambda params, _: _replaced(params, "state"),
    "callback_two_states": lambda params, _: [*params, ("state", "state-of-somebody-else")],
    "callback_two_codes": lambda params, _: [*params, ("code", "code-of-somebody-else")],
    "callback_no_code": lambda params, _: _replaced(params, "code"),
    "callback_code_and_error": lambda params, _: [*params, ("error", "access_denied")],
    "callback_wrong_iss": lambda params, _: _replaced(params, "iss", STRANGER),
    "callback_no_iss": lambda params, _: _replaced(params, "iss"),
    "callback_error": lambda params, error: _as_error(params, error, ERRORS.get(error, "")),
    "callback_error_markup": lambda params, _: _as_error(params, "access_denied", MARKUP + RIGHT_TO_LEFT),
}


def break_callback(params: Params, faults: Document) -> Params:
    for name, value in list(faults.items()):
        params = CALLBACK_FAULTS[name](params, value) if name in CALLBACK_FAULTS else params
    return params


def _moved(document: Document, member: str, scheme: str) -> None:
    document[member] = f"{scheme}://attacker.example/oauth2/v1/{member}"


DISCOVERY_FAULTS: dict[str, Callable[[Document, Any], object]] = {
    "discovery_other_issuer": lambda document, _: document.update(issuer=STRANGER),
    "discovery_issuer_slash": lambda document, _: document.update(issuer=document["issuer"] + "/"),
    "discovery_no_issuer": lambda document, _: document.pop("issuer"),
    "discovery_foreign_endpoint": lambda document, member: _moved(document, member, "https"),
    "discovery_http_endpoint": lambda document, member: _moved(document, member, "http"),
    "discovery_missing": lambda document, member: document.pop(member),
    "discovery_endpoint_number": lambda document, member: document.update({member: 443}),
    "discovery_says": lambda document, members: document.update(members),
}


def break_discovery(document: Document, faults: Document) -> Document | list[Document]:
    for name, value in list(faults.items()):
        if name in DISCOVERY_FAULTS:
            DISCOVERY_FAULTS[name](document, value)
    return [document] if "discovery_not_an_object" in faults else document
