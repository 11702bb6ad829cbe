"""Okta's MyAccount API: what it adds to a person. Optional by nature, so nothing in its answers ever raises.

https://developer.okta.com/docs/api/openapi/okta-myaccount/guides/overview/
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from accounts.oidc.claims import MAX_NAME, MAX_PHONE, Person, clean_email, clean_text, join_names

PROFILE_PATH: Final = "/idp/myaccount/profile"
EMAILS_PATH: Final = "/idp/myaccount/emails"
PHONES_PATH: Final = "/idp/myaccount/phones"
# Without the version Okta answers 406 E0000149.
HEADERS: Final[Mapping[str, str]] = {"Accept": "application/json; okta-version=1.0.0"}


def addresses(issuer: str) -> dict[str, str]:
    """Where to ask, by the names of `enrich`'s arguments: on the issuer's origin, whatever path the issuer has."""
    parts = urlsplit(issuer)
    paths = {"profile": PROFILE_PATH, "emails": EMAILS_PATH, "phones": PHONES_PATH}
    return {name: f"{parts.scheme}://{parts.netloc}{path}" for name, path in paths.items()}


def enrich(person: Person, profile: object, emails: object, phones: object) -> Person:
    """The person with gaps filled from the three answers, each None where it was not got.

    What the OpenID claims said stays. An address from here is for display: `email_verified`, on which linking
    rests, is said by claims alone, so a filled-in address is never verified.
    """
    attributes = _attributes(profile)
    email = person.email or _primary_email(emails)
    named = _with_name(person, attributes)
    return replace(
        named,
        email=email,
        name=named.name or email[:MAX_NAME],
        phone=person.phone or _verified_phone(phones) or _profile_phone(attributes),
    )


def _with_name(person: Person, attributes: Mapping[str, Any]) -> Person:
    given_name = person.given_name or clean_text(attributes.get("firstName"), MAX_NAME)
    family_name = person.family_name or clean_text(attributes.get("lastName"), MAX_NAME)
    # A name with an @ is a login or an address that stood in for one.
    name = person.name if person.name and "@" not in person.name else ""
    return replace(
        person,
        given_name=given_name,
        family_name=family_name,
        name=name or join_names(given_name, family_name) or person.name,
    )


def _attributes(document: object) -> Mapping[str, Any]:
    attributes = document.get("profile") if isinstance(document, Mapping) else None
    return attributes if isinstance(attributes, Mapping) else {}


def _verified(entries: object) -> Iterator[Mapping[str, Any]]:
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping) and entry.get("status") == "VERIFIED":
            yield entry


def _primary_email(emails: object) -> str:
    """Two addresses can be PRIMARY at once while a change is pending: the one that is VERIFIED counts."""
    for entry in _verified(emails):
        roles = entry.get("roles")
        if isinstance(roles, list) and "PRIMARY" in roles:
            return clean_email(_attributes(entry).get("email"))
    return ""


def _verified_phone(phones: object) -> str:
    numbers = (clean_text(_attributes(entry).get("phoneNumber"), MAX_PHONE) for entry in _verified(phones))
    return next((number for number in numbers if number), "")


def _profile_phone(attributes: Mapping[str, Any]) -> str:
    return clean_text(attributes.get("mobilePhone"), MAX_PHONE) or clean_text(attributes.get("primaryPhone"), MAX_PHONE)
