"""What people type to name a provider: its domain or its issuer. Plain Python; what is typed is hostile input."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

import idna

# The domains under which Okta's orgs live; an org's admin console is at <org>-admin.<domain>.
OKTA_DOMAINS = ("okta.com", "oktapreview.com", "okta-emea.com", "okta-gov.com", "okta.mil")

MAX_HOST = 253
MAX_URL = 2048

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
# A last label that is a number makes browsers and resolvers read the whole as an IPv4 address (WHATWG URL, 3.5).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_URL_TEXT = re.compile(r"[!$-;=?-Z\[\]_a-z~]+")
_CLIENT_ID = re.compile(r"0oa[0-9a-z]{17}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# What comes along when text is copied from a page: joiners, marks of direction, the byte order mark.
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"


class DiscoveryError(Exception):
    """A domain, an issuer or a document that cannot be used.

    `reason` is one of bad_domain, bad_issuer, issuer_mismatch, endpoint, incomplete, unsupported, or a reason of
    OutboundError. `detail` is words for people, safe for logs.
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


def parse_domain(text: str, *, allow_local: bool = False) -> Domain:
    """The domain in what people paste: with scheme, path, space around it, capitals, or of Okta's admin console.

    DiscoveryError("bad_domain") with a sentence that says what is wrong. `allow_local` admits localhost, names under
    it and 127.0.0.1, with port and http.
    """
    text = text.strip().strip(_INVISIBLE).strip()
    _refuse_unreadable(text)
    scheme = _SCHEME.match(text)
    authority, _, path = re.sub(r"[?#]", "/", text[scheme.end() if scheme else 0 :]).partition("/")
    _refuse_other_things(authority, whole=not scheme and not path)
    name, colon, port = authority.partition(":")
    host = _ascii(name)
    local = allow_local and is_local(host)
    if scheme and scheme[1].lower() != "https" and not (local and scheme[1].lower() == "http"):
        raise _bad_domain("The address must begin with https://.")
    if colon and not (local and _is_port(port)):
        raise _bad_domain("Enter the domain without a port.")
    if local:
        return Domain(host + colon + port, ("path_dropped",) if path else ())
    return _public_domain(host, path)


def parse_issuer(text: str, *, allow_local: bool = False) -> str:
    """The issuer exactly as typed, but for space around it; a slash at its end matters.

    DiscoveryError("bad_issuer") unless it is an https URL without query and fragment (OpenID Connect Core 1.0, 2).
    """
    issuer = text.strip()
    problem = "it has a query" if "?" in issuer else problem_of_url(issuer, allow_local=allow_local)
    if problem:
        raise DiscoveryError("bad_issuer", f"This cannot be an issuer: {problem}.")
    return issuer


def problem_of_url(url: str, *, allow_local: bool) -> str:
    """What is wrong with a URL at which a provider is to be called or shown, in words; empty where nothing is."""
    if len(url) > MAX_URL or not _URL_TEXT.fullmatch(url):
        return "it is empty, too long, or has characters that it must not have"
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return "it cannot be read"
    local = allow_local and is_local(host)
    if not url.startswith("https://") and not (local and url.startswith("http://")):
        return "it does not begin with https://"
    if "@" in parts.netloc:
        return "it has a user name in it"
    if local:
        return ""
    if port not in (None, 443):
        return "it has a port"
    return "" if _is_name(host) else "its host is not a domain name"


def is_local(host: str) -> bool:
    """Whether a host without port is this machine, by name or number."""
    return host in ("localhost", "127.0.0.1") or host.endswith(".localhost")


def _bad_domain(detail: str) -> DiscoveryError:
    return DiscoveryError("bad_domain", detail)


def _refuse_unreadable(text: str) -> None:
    if not text:
        raise _bad_domain("Enter a domain, like acme.okta.com.")
    if len(text) > MAX_URL:
        raise _bad_domain("This is too long for a domain.")
    if re.search(r"[^\S\n\r\t\v\f]", text):
        raise _bad_domain("A domain has no spaces in it.")
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") for character in text):
        raise _bad_domain("This has invisible characters in it. Type the domain by hand.")


def _refuse_other_things(authority: str, *, whole: bool) -> None:
    """Refuses what is something else than a domain; `whole` where there was neither scheme nor path."""
    if "@" in authority:
        raise _bad_domain(
            "This is an email address. Enter the domain at which people sign in, like acme.okta.com."
            if whole
            else "Enter the domain without a user name."
        )
    if _CLIENT_ID.fullmatch(authority) or authority.endswith(".apps.googleusercontent.com"):
        raise _bad_domain("This looks like a client ID. Enter the domain, like acme.okta.com.")


def _is_port(port: str) -> bool:
    return bool(_PORT.fullmatch(port)) and int(port) < 65_536


def _ascii(name: str) -> str:
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            raise _bad_domain("This is not a domain name.") from None
    return name.lower().removesuffix(".")


def _public_domain(host: str, path: str) -> Domain:
    if _is_address(host):
        raise _bad_domain("Enter a domain name, not an IP address.")
    if len(host) > MAX_HOST:
        raise _bad_domain("This is too long for a domain.")
    if host in OKTA_DOMAINS:
        raise _bad_domain("Enter your own Okta domain, like acme.okta.com.")
    if _LABEL.fullmatch(host):
        raise _bad_domain("Enter the whole domain, like acme.okta.com.")
    if not _is_name(host):
        raise _bad_domain("This is not a domain name.")
    org, _, parent = host.partition(".")
    if parent in OKTA_DOMAINS and org.endswith("-admin") and org != "-admin":
        return Domain(f"{org.removesuffix('-admin')}.{parent}", ("admin_console",))
    return Domain(host, ("path_dropped",) if path else ())


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return bool(_NUMBER.fullmatch(host.rpartition(".")[2]))
    return True


def _is_name(host: str) -> bool:
    labels = host.split(".")
    return (
        len(labels) > 1
        and len(host) <= MAX_HOST
        and not _NUMBER.fullmatch(labels[-1])
        and all(_LABEL.fullmatch(label) for label in labels)
    )
