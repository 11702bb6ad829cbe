"""What is believed of claims and userinfo, and how it is cleaned."""

import dataclasses
import random
import unicodedata
from typing import Any

import pytest

from accounts.oidc.claims import Person, clean_email, clean_text, holds_what_we_need, read_person, session_id
from accounts.oidc.errors import UserinfoRefused
from accounts.oidc.tests.signing import GARBAGE, garbage_document

SUB = "00u1"
CLAIMS = (
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "email",
    "email_verified",
    "phone_number",
    "locale",
)


def person(userinfo: Any = None, **claims: Any) -> Person:
    return read_person({"sub": SUB, **claims}, userinfo)


@pytest.mark.parametrize("sub", [None, "", "00u2", "00U1", " 00u1", ["00u1"], 1])
def test_userinfo_of_somebody_else_is_refused(sub: Any) -> None:
    with pytest.raises(UserinfoRefused) as caught:
        person({"sub": sub, "email": "eve@acme.example"})
    assert caught.value.code == "userinfo_subject"


def test_userinfo_without_a_subject_is_refused() -> None:
    with pytest.raises(UserinfoRefused):
        person({"email": "eve@acme.example"})


@pytest.mark.parametrize(
    "userinfo",
    [value for value in GARBAGE if not isinstance(value, dict) and value is not None],
    ids=lambda v: ascii(v)[:20],
)
def test_userinfo_that_is_no_object_is_refused(userinfo: Any) -> None:
    with pytest.raises(UserinfoRefused) as caught:
        person(userinfo)
    assert caught.value.code == "userinfo_malformed"


@pytest.mark.parametrize("said", [False, None, "true", "True", 1, [True], {}])
def test_only_json_true_makes_an_email_verified(said: Any) -> None:
    assert not person(email="ada@acme.example", email_verified=said).email_verified


def test_verified_in_one_document_says_nothing_of_the_others_email() -> None:
    got = person({"sub": SUB, "email": "ada@other.example"}, email="ada@acme.example", email_verified=True)
    assert (got.email, got.email_verified) == ("ada@other.example", False)


def test_a_refused_email_takes_its_verification_with_it() -> None:
    got = person({"sub": SUB, "email": "not an address", "email_verified": True}, email="ada@acme.example")
    assert (got.email, got.email_verified) == ("ada@acme.example", False)


@pytest.mark.parametrize("address", ["m\u0131ke@acme.example", "ada@\u0430cme.example", "\u017fam@acme.example"])
def test_an_address_that_could_be_taken_for_another_is_not_verified(address: str) -> None:
    got = person(email=address, email_verified=True)
    assert (got.email, got.email_verified) == (address, False)


@pytest.mark.parametrize(
    "address",
    [
        *("", "ada", "@acme.example", "ada@", "a@b@c", "a da@acme.example", "ada@acme.example\n", "ada\0@acme.example"),
        *(
            "a\u200bda@acme.example",
            "ada@acme.example\u202e",
            "\u212aate@acme.example",
            "ada@acme.example\r\nBcc: eve@x",
        ),
        *(
            "ada@acme.example,eve@x",
            "<ada@acme.example>",
            '"ada"@acme.example',
            "a\u00adda@acme.example",
            "a\ud800@x.example",
        ),
        f"{'a' * 250}@x.example",
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_an_address_is_never_repaired(address: str) -> None:
    assert clean_email(address) == ""


@pytest.mark.parametrize(
    "address",
    ["ada@acme.example", "Ada.O'Neil+x@ACME.example", "ada@localhost", "ä@acme.example", f"{'a' * 242}@acme.exampl"],
)
def test_a_plausible_address_stays_as_it_is(address: str) -> None:
    assert clean_email(f" {address} ") == address


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("  Ada \t\r\n Lovelace ", "Ada Lovelace"),
        ("Ada\x00\x1b[31m\x7f", "Ada[31m"),
        ("\u202eAda\u2066\u2069\u200f", "Ada"),
        ("A\u200bd\u200da\ufeff\u00ad", "Ada"),
        ("\U000e0041Ada\ud83d", "Ada"),
        ("\u3164\u2800\u115f", ""),
        ("Ada\u2028Lovelace\u00a0King", "Ada Lovelace King"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\u5f20\u4f1f", "\u5f20\u4f1f"),
    ],
    ids=ascii,
)
def test_text_is_cleaned(dirty: str, clean: str) -> None:
    assert clean_text(dirty, 150) == clean


@pytest.mark.parametrize("value", [value for value in GARBAGE if not isinstance(value, str)], ids=ascii)
def test_what_is_no_text_is_empty(value: Any) -> None:
    assert clean_text(value, 150) == ""


@pytest.mark.parametrize(("claim", "attribute", "limit"), [("name", "name", 150), ("phone_number", "phone", 50)])
def test_long_text_is_cut(claim: str, attribute: str, limit: int) -> None:
    assert getattr(person(**{claim: "x" * 10_000}), attribute) == "x" * limit


def test_a_cut_leaves_no_space_at_the_end() -> None:
    assert clean_text("x" * 9 + " yz", 10) == "x" * 9


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({}, ""),
        ({"email": "ada@acme.example"}, "ada@acme.example"),
        ({"email": "ada@acme.example", "preferred_username": "ada"}, "ada"),
        ({"preferred_username": "ada", "family_name": "Lovelace"}, "Lovelace"),
        ({"given_name": "Ada", "family_name": "Lovelace", "preferred_username": "ada"}, "Ada Lovelace"),
        ({"name": "\u200b", "given_name": "Ada"}, "Ada"),
        ({"name": ["Ada"], "given_name": {"en": "Ada"}, "email": 5}, ""),
        ({"name": "Countess", "given_name": "Ada"}, "Countess"),
        ({"given_name": "g" * 150, "family_name": "f" * 150}, "g" * 150),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_a_missing_name_falls_back(claims: dict[str, Any], name: str) -> None:
    assert person(**claims).name == name


@pytest.mark.parametrize("locale", ["en US", "<b>", "../../etc", "x" * 40, "", "en-"])
def test_a_locale_that_is_none_is_empty(locale: str) -> None:
    assert person(locale=locale).locale == ""


def test_userinfo_comes_before_the_thin_id_token() -> None:
    userinfo = {
        "sub": SUB,
        "name": "Ada Lovelace",
        "given_name": "Ada",
        "family_name": "Lovelace",
        "email": "ada@acme.example",
        "email_verified": True,
        "phone_number": "+1 (425) 555-1212",
        "locale": "en-US",
    }
    assert person(userinfo, name="old", email="old@acme.example", preferred_username="ada") == Person(
        SUB, "ada@acme.example", True, "Ada Lovelace", "Ada", "Lovelace", "+1 (425) 555-1212", "en-US"
    )


@pytest.mark.parametrize("seed", range(200))
def test_garbage_never_crashes_and_comes_out_clean(seed: int) -> None:
    chance = random.Random(seed)
    userinfo = {**garbage_document(chance, CLAIMS), "sub": SUB}
    got = dataclasses.asdict(person(chance.choice((None, userinfo)), **garbage_document(chance, CLAIMS)))
    assert got.pop("email_verified") is False
    assert all(isinstance(text, str) and len(text) <= 254 for text in got.values())
    assert not any(unicodedata.category(character)[0] == "C" for text in got.values() for character in text)


FULL = {"name": "Ada", "email": "ada@acme.example", "email_verified": False}


@pytest.mark.parametrize(
    "changes", [{"name": ""}, {"email": "x"}, {"email_verified": "true"}, {"email_verified": None}], ids=ascii
)
def test_an_id_token_with_gaps_needs_userinfo(changes: dict[str, Any]) -> None:
    assert not holds_what_we_need({**FULL, **changes})


def test_a_full_id_token_needs_no_userinfo() -> None:
    assert holds_what_we_need(FULL)


@pytest.mark.parametrize("sid", [value for value in GARBAGE if value not in ("", " ")], ids=lambda v: ascii(v)[:20])
def test_a_session_id_that_is_none_is_empty(sid: Any) -> None:
    assert session_id({"sid": sid}) == ""


def test_a_session_id_is_read() -> None:
    assert session_id({"sid": "102abc"}) == "102abc"
