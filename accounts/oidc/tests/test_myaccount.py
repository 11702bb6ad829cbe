"""What Okta's MyAccount API adds to a person, and what it must not."""

import random
from typing import Any

import pytest

from accounts.oidc.claims import Person
from accounts.oidc.myaccount import HEADERS, addresses, enrich
from accounts.oidc.tests.signing import GARBAGE

ADA = Person("00u1", "ada@acme.example", True, "Ada Lovelace", "Ada", "Lovelace", "+441", "en")
NOBODY = Person("00u1")


def email(address: Any, status: Any = "VERIFIED", roles: Any = ("PRIMARY",)) -> dict[str, Any]:
    return {"status": status, "roles": list(roles), "profile": {"email": address}}


def phone(number: Any, status: str = "VERIFIED") -> dict[str, Any]:
    return {"status": status, "profile": {"phoneNumber": number}}


def test_an_unverified_primary_email_is_not_taken() -> None:
    assert enrich(NOBODY, None, [email("eve@acme.example", "UNVERIFIED")], None).email == ""


def test_a_secondary_email_is_not_taken() -> None:
    assert enrich(NOBODY, None, [email("eve@acme.example", roles=["SECONDARY"])], None).email == ""


@pytest.mark.parametrize("address", ["ada@acme.example", "eve@acme.example"])
def test_an_email_is_never_made_verified(address: str) -> None:
    unverified = Person("00u1", "ada@acme.example")
    got = enrich(unverified, None, [email(address)], None)
    assert (got.email, got.email_verified) == ("ada@acme.example", False)


def test_a_filled_in_email_is_not_verified() -> None:
    got = enrich(NOBODY, None, [email("new@acme.example", "UNVERIFIED"), email("ada@acme.example")], None)
    assert (got.email, got.email_verified, got.name) == ("ada@acme.example", False, "ada@acme.example")


def test_what_the_claims_said_stays() -> None:
    profile = {"profile": {"firstName": "Eve", "lastName": "Evil", "mobilePhone": "+666"}}
    assert enrich(ADA, profile, [email("eve@acme.example")], [phone("+667")]) == ADA


def test_an_unverified_phone_is_not_taken() -> None:
    assert enrich(NOBODY, None, None, [phone("+1", "UNVERIFIED")]).phone == ""


@pytest.mark.parametrize(
    ("attributes", "phones", "number"),
    [
        ({"mobilePhone": "+1"}, [phone("+2", "UNVERIFIED"), phone(None), phone("+3"), phone("+4")], "+3"),
        ({"mobilePhone": "+1", "primaryPhone": "+5"}, [], "+1"),
        ({"mobilePhone": None, "primaryPhone": "+5"}, None, "+5"),
    ],
)
def test_a_verified_phone_comes_before_the_profiles(attributes: dict[str, Any], phones: Any, number: str) -> None:
    assert enrich(NOBODY, {"profile": attributes}, None, phones).phone == number


@pytest.mark.parametrize("stand_in", ["", "ada@acme.example"])
def test_a_name_is_filled_in_for_a_missing_one(stand_in: str) -> None:
    profile = {"profile": {"firstName": " Ada\u202e", "lastName": "Lovelace"}}
    got = enrich(Person("00u1", name=stand_in), profile, None, None)
    assert (got.name, got.given_name, got.family_name) == ("Ada Lovelace", "Ada", "Lovelace")


@pytest.mark.parametrize(
    "answer",
    [*GARBAGE, {"profile": []}, [{"profile": "x", "status": "VERIFIED", "roles": 5}]],
    ids=lambda v: ascii(v)[:30],
)
def test_garbage_changes_nothing(answer: Any) -> None:
    assert enrich(ADA, answer, answer, answer) == ADA
    assert enrich(NOBODY, answer, answer, answer) == NOBODY


@pytest.mark.parametrize("seed", range(150))
def test_garbage_inside_proper_answers_never_raises(seed: int) -> None:
    chance = random.Random(seed)

    def junk() -> Any:
        return chance.choice(GARBAGE)

    emails = [
        {"status": "VERIFIED", "roles": chance.choice((["PRIMARY"], junk())), "profile": {"email": junk()}},
        junk(),
    ]
    phones = [
        {"status": chance.choice(("VERIFIED", junk())), "profile": chance.choice(({"phoneNumber": None}, junk()))}
    ]
    got = enrich(NOBODY, {"profile": {"firstName": None, "lastName": junk()}}, emails, phones)
    assert (got.subject, got.email, got.email_verified, got.phone) == ("00u1", "", False, "")


def test_it_is_asked_on_the_issuers_origin() -> None:
    assert addresses("https://acme.okta.com/oauth2/default") == {
        "profile": "https://acme.okta.com/idp/myaccount/profile",
        "emails": "https://acme.okta.com/idp/myaccount/emails",
        "phones": "https://acme.okta.com/idp/myaccount/phones",
    }


def test_the_version_is_named() -> None:
    assert HEADERS["Accept"] == "application/json; okta-version=1.0.0"
