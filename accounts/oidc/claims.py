"""What a provider says about a person, made safe to show and to store.

Whatever is in the documents, nothing here fails on it: a value of the wrong type counts as missing.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from accounts.oidc.errors import UserinfoRefused

MAX_NAME = 150
MAX_EMAIL = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets
MAX_PHONE = 50
MAX_SESSION_ID = 255
_LOCALE = re.compile(r"[A-Za-z0-9]{1,8}([-_][A-Za-z0-9]{1,8}){0,4}")
# No white space, and nothing that could turn one address into several in a mail header.
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@<>()\[\],;:\"\\]+")
# Control, format (bidirectional marks, zero-width characters), lone surrogates, private use.
_REMOVED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co"})
# Letters and marks by their category, and blank to the eye.
_BLANKS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


@dataclass(frozen=True)
class Person:
    """email_verified: the provider says so of just this address, in the document that the address is from."""

    subject: str
    email: str = ""
    email_verified: bool = False
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    phone: str = ""
    locale: str = ""


def clean_text(value: object, limit: int) -> str:
    """One line of at most `limit` visible characters in NFC; "" for what is not a string."""
    if not isinstance(value, str):
        return ""
    # Cut first as well: ten megabytes of invisible characters are not worth walking through.
    visible = "".join(character for character in value[: limit * 20] if _is_kept(character))
    return unicodedata.normalize("NFC", " ".join(visible.split()))[:limit].rstrip()


def clean_email(value: object) -> str:
    """A plausible address just as it was given, or "".

    An address is never repaired: without its invisible characters, or normalised, it would be another person's.
    """
    if not isinstance(value, str) or len(value) > MAX_EMAIL + 20:
        return ""
    address = value.strip(" ")
    plausible = _EMAIL.fullmatch(address) and clean_text(address, MAX_EMAIL) == address
    return address if plausible else ""


def read_person(id_token_claims: Mapping[str, Any], userinfo: object) -> Person:
    """The person whom an ID token's verified claims and userinfo, if it was asked for, describe.

    Userinfo comes first, claim by claim. Raises UserinfoRefused where it is no object or of another `sub`
    (OpenID Connect Core 5.3.2).
    """
    subject = id_token_claims["sub"]
    documents = _documents(id_token_claims, userinfo)
    email, verified = _email(documents)
    given_name = _first(documents, "given_name", MAX_NAME)
    family_name = _first(documents, "family_name", MAX_NAME)
    username = _first(documents, "preferred_username", MAX_NAME)
    name = _first(documents, "name", MAX_NAME) or join_names(given_name, family_name)
    return Person(
        subject=subject,
        email=email,
        email_verified=verified,
        name=name or username or email[:MAX_NAME],
        given_name=given_name,
        family_name=family_name,
        phone=_first(documents, "phone_number", MAX_PHONE),
        locale=_locale(_first(documents, "locale", 50)),
    )


def holds_what_we_need(claims: Mapping[str, Any]) -> bool:
    """Whether an ID token has email, whether it is verified, and a name, so that userinfo need not be asked."""
    named = any(clean_text(claims.get(claim), MAX_NAME) for claim in ("name", "given_name", "family_name"))
    return named and bool(clean_email(claims.get("email"))) and isinstance(claims.get("email_verified"), bool)


def session_id(claims: Mapping[str, Any]) -> str:
    """The `sid` by which the provider knows this session (OpenID Connect Front-Channel Logout section 3), or ""."""
    sid = claims.get("sid")
    return sid if isinstance(sid, str) and len(sid) <= MAX_SESSION_ID and sid.isprintable() else ""


def join_names(given_name: str, family_name: str) -> str:
    return f"{given_name} {family_name}".strip()[:MAX_NAME].rstrip()


def _is_kept(character: str) -> bool:
    if character.isspace():
        return True
    return unicodedata.category(character) not in _REMOVED_CATEGORIES and character not in _BLANKS


def _documents(id_token_claims: Mapping[str, Any], userinfo: object) -> list[Mapping[str, Any]]:
    if userinfo is None:
        return [id_token_claims]
    if not isinstance(userinfo, Mapping):
        raise UserinfoRefused("userinfo_malformed", "userinfo is not a JSON object")
    if userinfo.get("sub") != id_token_claims["sub"]:
        raise UserinfoRefused("userinfo_subject", "userinfo's sub is missing or not the ID token's")
    return [userinfo, id_token_claims]


def _email(documents: Sequence[Mapping[str, Any]]) -> tuple[str, bool]:
    """The first plausible address, and whether the same document calls it verified.

    Only an ASCII address counts as verified: comparing others without regard to case takes a dotless i for an i, and
    so one person's address for another's.
    """
    for document in documents:
        address = clean_email(document.get("email"))
        if address:
            return address, document.get("email_verified") is True and address.isascii()
    return "", False


def _first(documents: Sequence[Mapping[str, Any]], claim: str, limit: int) -> str:
    return next((text for document in documents if (text := clean_text(document.get(claim), limit))), "")


def _locale(text: str) -> str:
    return text if _LOCALE.fullmatch(text) else ""
