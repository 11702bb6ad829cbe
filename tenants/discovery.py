"""A provider's metadata, from its issuer's own document (OpenID Connect Discovery 1.0, RFC 8414).

Plain Python: no models, no settings. Every document is hostile input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import urlencode, urlsplit

from huume.outbound import Client, Deadline, OutboundError
from tenants.issuers import DiscoveryError, Domain, is_local, parse_domain, parse_issuer, problem_of_url

__all__ = [
    "SIGNING_ALGORITHMS",
    "DiscoveryError",
    "Domain",
    "Metadata",
    "discover",
    "fetch",
    "parse_domain",
    "parse_issuer",
    "with_parameters",
]

# Signatures that prove an ID token: made with public keys only, so never `none` and never HS*.
SIGNING_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
REQUIRED_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
OPTIONAL_ENDPOINTS = ("userinfo_endpoint", "end_session_endpoint", "pushed_authorization_request_endpoint")

MAX_NAMES = 200
_NAME = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True)
class Metadata:
    """What we use of an issuer's document. `signing_algorithms` are those that it offers and we accept."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    pushed_authorization_request_endpoint: str = ""
    signing_algorithms: tuple[str, ...] = ()
    token_auth_methods: tuple[str, ...] = ()
    token_auth_signing_algorithms: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    code_challenge_methods: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    response_iss: bool = False

    def to_json(self) -> dict[str, Any]:
        """A dictionary of JSON values that `from_json` reads back."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Metadata:
        """What `to_json` made, unknown members left out; DiscoveryError("incomplete") where a required one lacks."""
        known: dict[str, Any] = {field.name: data[field.name] for field in fields(cls) if field.name in data}
        known |= {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
        try:
            return cls(**known)
        except TypeError:
            raise DiscoveryError("incomplete", "The stored provider metadata lacks a required member.") from None


def fetch(
    client: Client,
    issuer: str,
    *,
    client_id: str = "",
    same_host: bool,
    allow_local: bool = False,
    deadline: Deadline | None = None,
) -> Metadata:
    """The metadata of an issuer, from its own document, which must name it exactly.

    `client_id` is sent along: Okta then answers with the form of the issuer that this client's tokens carry.
    `same_host` demands every endpoint on the issuer's host and port. DiscoveryError for everything unusable.
    """
    parse_issuer(issuer, allow_local=allow_local)
    document = _document(client, issuer, client_id, deadline)
    return _metadata(document, issuer, same_host=same_host, allow_local=allow_local)


def discover(
    client: Client,
    domain: Domain,
    *,
    client_id: str = "",
    same_host: bool,
    allow_local: bool = False,
    deadline: Deadline | None = None,
) -> tuple[Metadata, bool]:
    """The metadata for a typed domain, and whether its issuer is another than that domain.

    Where the domain's document names another issuer (a custom domain), that issuer's own document is fetched and used
    instead, and has to name itself. One step only. A slash at the issuer's end does not make it another.
    """
    local = allow_local and is_local(domain.host.partition(":")[0])
    typed = f"{'http' if local else 'https'}://{domain.host}"
    document = _document(client, typed, client_id, deadline)
    issuer = document.get("issuer")
    if not isinstance(issuer, str) or issuer != issuer.strip():
        raise DiscoveryError("incomplete", "The provider's document names no issuer.")
    parse_issuer(issuer, allow_local=allow_local)
    differs = issuer.removesuffix("/") != typed
    if differs:
        document = _document(client, issuer, client_id, deadline)
    return _metadata(document, issuer, same_host=same_host, allow_local=allow_local), differs


def with_parameters(endpoint: str, parameters: Mapping[str, str]) -> str:
    """The endpoint's URL with parameters added; a query that it has is kept (RFC 6749, 3.1)."""
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}"


def _document(client: Client, issuer: str, client_id: str, deadline: Deadline | None) -> dict[str, Any]:
    # OpenID Connect Discovery 1.0, 4.1: a slash at the issuer's end is removed before the path is appended.
    url = f"{issuer.removesuffix('/')}/.well-known/openid-configuration"
    try:
        return client.get_json(with_parameters(url, {"client_id": client_id}) if client_id else url, deadline=deadline)
    except OutboundError as error:
        raise DiscoveryError(error.reason, error.detail) from None


def _metadata(document: Mapping[str, Any], issuer: str, *, same_host: bool, allow_local: bool) -> Metadata:
    if document.get("issuer") != issuer:
        raise DiscoveryError("issuer_mismatch", "The document found at the issuer names another issuer than itself.")
    endpoints = {
        name: _endpoint(document, name, issuer if same_host else "", allow_local=allow_local)
        for name in (*REQUIRED_ENDPOINTS, *OPTIONAL_ENDPOINTS)
    }
    for name in REQUIRED_ENDPOINTS:
        if not endpoints[name]:
            raise _incomplete(name)
    if "code" not in _required_names(document, "response_types_supported"):
        raise DiscoveryError("unsupported", "The provider does not offer the authorization code flow.")
    offered = _required_names(document, "id_token_signing_alg_values_supported")
    algorithms = tuple(name for name in SIGNING_ALGORITHMS if name in offered)
    if not algorithms:
        raise DiscoveryError("unsupported", "The provider signs ID tokens with no algorithm that is accepted here.")
    return Metadata(
        issuer=issuer,
        **endpoints,
        signing_algorithms=algorithms,
        # OpenID Connect Discovery 1.0, 3: what holds where the member is left out.
        token_auth_methods=_names(document, "token_endpoint_auth_methods_supported") or ("client_secret_basic",),
        token_auth_signing_algorithms=_names(document, "token_endpoint_auth_signing_alg_values_supported"),
        scopes=_names(document, "scopes_supported"),
        code_challenge_methods=_names(document, "code_challenge_methods_supported"),
        claims=_names(document, "claims_supported"),
        response_iss=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _incomplete(member: str) -> DiscoveryError:
    return DiscoveryError("incomplete", f"The provider's document lacks {member}.")


def _endpoint(document: Mapping[str, Any], name: str, issuer: str, *, allow_local: bool) -> str:
    """An endpoint's URL, on the host of `issuer` where that is given; empty where the document has none."""
    url = document.get(name)
    if url is None or url == "":
        return ""
    problem = problem_of_url(url, allow_local=allow_local) if isinstance(url, str) else "it is not text"
    if not problem and issuer and _origin(url) != _origin(issuer):
        problem = "it is not on the issuer's host"
    if problem:
        raise DiscoveryError("endpoint", f"The provider's {name} cannot be used: {problem}.")
    return str(url)


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _names(document: Mapping[str, Any], member: str) -> tuple[str, ...]:
    """A list of names; what is no name is left out, as it cannot be one that we look for."""
    value = document.get(member)
    names = value if isinstance(value, list) else []
    return tuple(name for name in names if isinstance(name, str) and _NAME.fullmatch(name))[:MAX_NAMES]


def _required_names(document: Mapping[str, Any], member: str) -> tuple[str, ...]:
    names = _names(document, member)
    if not names:
        raise _incomplete(member)
    return names
