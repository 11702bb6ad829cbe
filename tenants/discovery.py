"""From what a customer types to a provider's metadata (OpenID Connect Discovery 1.0, RFC 8414).

Plain Python: no models, no settings. The typed domain, the issuer and every document are hostile input.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import idna

from huume.outbound import Client, Deadline, OutboundError

# Signatures that prove an ID token: public keys only, so never `none` and never HS*.
SIGNING_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
OPTIONAL_ENDPOINTS = ("userinfo_endpoint", "end_session_endpoint", "pushed_authorization_request_endpoint")
# The domains under which Okta's orgs live; an org's admin console is at <org>-admin.<domain>.
OKTA_DOMAINS = ("okta.com", "oktapreview.com", "okta-emea.com", "okta-gov.com", "okta.mil")

MAX_HOST = 253
MAX_URL = 2048
MAX_NAMES = 200

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_PORT = re.compile(r"[0-9]{1,5}")
_URL = re.compile(r"""[^\s"'<>\\^`{|}#\x00-\x20\x7f-\U0010ffff]+""")
# What comes along when text is copied from a page: marks of direction and joining, and the byte order mark.
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"


class DiscoveryError(Exception):
    """A domain, an issuer or a document that cannot be used.

    `reason` is one of bad_domain, bad_issuer, issuer_mismatch, endpoint, incomplete, unsupported, or a reason of
    OutboundError. `detail` is a sentence for people, safe for logs.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Domain:
    """A provider's host, in ASCII and lower case, with a port only where it is local.

    `remarks` name what was changed: admin_console (the host of Okta's console was given), path_dropped.
    """

    host: str
    remarks: tuple[str, ...] = ()


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
    scopes: tuple[str, ...] = ()
    code_challenge_methods: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    response_iss: bool = False

    def to_json(self) -> dict[str, Any]:
        """A dictionary of JSON values that `from_json` reads back."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Metadata:
        """What `to_json` made; members of other versions are ignored, DiscoveryError("incomplete") where one lacks."""
        known = {field.name: data[field.name] for field in fields(cls) if field.name in data}
        try:
            return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in known.items()})
        except TypeError:
            raise DiscoveryError("incomplete", "The stored provider metadata lacks a required member.") from None


def parse_domain(text: str, *, allow_local: bool = False) -> Domain:
    """The domain in what people paste: with scheme, path, spaces around, capitals, or of Okta's admin console.

    DiscoveryError("bad_domain") with a sentence that says what is wrong. `allow_local` admits localhost, names under
    it and 127.0.0.1, with port and http.
    """
    text = text.strip().strip(_INVISIBLE).strip()
    _refuse_what_is_no_domain(text)
    scheme = _SCHEME.match(text)
    authority, _, path = text[scheme.end() if scheme else 0 :].replace("?", "/").replace("#", "/").partition("/")
    name, colon, port = authority.partition(":")
    host = _ascii(name)
    local = allow_local and is_local(host)
    if scheme and scheme[1].lower() != "https" and not (local and scheme[1].lower() == "http"):
        raise _bad_domain("The address must begin with https://.")
    if local:
        return Domain(f"{host}:{port}" if _PORT.fullmatch(port) else host, ("path_dropped",) if path else ())
    if colon:
        raise _bad_domain("Enter the domain without a port.")
    _check_host(host)
    console = _console_of(host)
    if console:
        return Domain(console, ("admin_console",))
    return Domain(host, ("path_dropped",) if path else ())


def parse_issuer(text: str, *, allow_local: bool = False) -> str:
    """The issuer exactly as typed, but for space around it; a slash at its end matters.

    DiscoveryError("bad_issuer") unless it is an https URL without query and fragment (OpenID Connect Core 1.0, 2).
    """
    issuer = text.strip()
    problem = "" if "?" not in issuer else "it has a query"
    problem = problem or _problem_of_url(issuer, allow_local=allow_local)
    if problem:
        raise DiscoveryError("bad_issuer", f"This cannot be an issuer: {problem}.")
    return issuer


def fetch(
    client: Client,
    issuer: str,
    *,
    client_id: str = "",
    same_host: bool,
    allow_local: bool = False,
    deadline: Deadline | None = None,
) -> Metadata:
    """The metadata of an issuer, from its own document (OpenID Connect Discovery 1.0, 4), which must name it exactly.

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
    """The metadata for a typed domain, and whether its issuer is another than the domain itself.

    Where the domain's document names another issuer (a custom domain), that issuer's own document is fetched and used
    instead, and has to name itself. One step only. A slash at the issuer's end does not make it another.
    """
    local = allow_local and is_local(domain.host.partition(":")[0])
    typed = f"{'http' if local else 'https'}://{domain.host}"
    document = _document(client, typed, client_id, deadline)
    issuer = document.get("issuer")
    if not isinstance(issuer, str):
        raise DiscoveryError("incomplete", "The document names no issuer.")
    parse_issuer(issuer, allow_local=allow_local)
    differs = issuer.removesuffix("/") != typed
    if differs:
        document = _document(client, issuer, client_id, deadline)
    return _metadata(document, issuer, same_host=same_host, allow_local=allow_local), differs


def with_parameters(endpoint: str, parameters: Mapping[str, str]) -> str:
    """The endpoint's URL with parameters added; a query that it has is kept (RFC 6749, 3.1)."""
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}"


def is_local(host: str) -> bool:
    """Whether a host without port is this machine by name or number."""
    return host in ("localhost", "127.0.0.1") or host.endswith(".localhost")
