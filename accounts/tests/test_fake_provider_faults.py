"""Each fault of the demo directory breaks the rule that its name says, and no other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
import requests

from accounts.tests.fake_provider import FAULTS, FakeProvider, fault_cases
from accounts.tests.fake_provider_app import ACME, MYACCOUNT, VERSION, App
from accounts.tests.fake_provider_tokens import CLAIM_FAULTS, SIGNING_FAULTS, at_hash


@pytest.fixture(scope="module")
def running() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        yield provider


@pytest.fixture
def app(running: FakeProvider) -> Iterator[App]:
    app = App(running)
    yield app
    app.close()


@pytest.fixture
def strict_app() -> Iterator[App]:
    """Of a provider that promises and sends ``iss``."""
    with FakeProvider(style="rfc9207") as provider:
        app = App(provider)
        yield app
        app.close()


def in_time(exp: Any) -> bool:
    return type(exp) is int and exp > time.time()


RULES: dict[str, Callable[[dict[str, Any], dict[str, Any], str], bool]] = {
    "iss": lambda claims, tokens, issuer: claims.get("iss") == issuer,
    "aud": lambda claims, tokens, issuer: ACME.client_id in (claims.get("aud"), *([*claims.get("aud", [])])),
    "azp": lambda claims, tokens, issuer: (
        claims.get("azp", ACME.client_id if type(claims.get("aud")) is not list else None) == ACME.client_id
    ),
    "exp": lambda claims, tokens, issuer: in_time(claims.get("exp")),
    "iat": lambda claims, tokens, issuer: claims.get("iat", time.time() + 99) <= time.time() + 60,
    "nbf": lambda claims, tokens, issuer: claims.get("nbf", 0) <= time.time() + 60,
    "nonce": lambda claims, tokens, issuer: claims.get("nonce") == "nonce-1",
    "sub": lambda claims, tokens, issuer: type(claims.get("sub")) is str and 0 < len(claims["sub"]) < 256,
    "at_hash": lambda claims, tokens, issuer: claims.get("at_hash") == at_hash(tokens["access_token"]),
}
BROKEN_RULE = {"several_aud_no_azp": "azp", "expired": "exp", "wrong_at_hash": "at_hash"}


def claims_of(token: str) -> dict[str, Any]:
    off: Any = {"verify_signature": False, "verify_sub": False, "verify_jti": False, "verify_iat": False}
    return dict(jwt.decode(token, options=off))


@pytest.mark.parametrize("fault", ["", *sorted(CLAIM_FAULTS)])
def test_claim_fault_breaks_one_rule(app: App, fault: str) -> None:
    if fault:
        app.provider.break_rule(fault)
    tokens = app.tokens()
    claims = claims_of(tokens["id_token"])
    broken = {rule for rule, holds in RULES.items() if not holds(claims, tokens, app.provider.issuer)}
    named = {rule for rule in RULES if rule in fault.split("_")}
    assert broken == ({BROKEN_RULE[fault]} if fault in BROKEN_RULE else named)


def test_claim_faults_keep_the_signature(app: App) -> None:
    app.provider.break_rule("wrong_nonce")
    assert app.verify(app.tokens()["id_token"])["nonce"] != "nonce-1"


@pytest.mark.parametrize("fault", sorted(SIGNING_FAULTS))
def test_signing_fault_gives_a_token_that_does_not_verify(app: App, fault: str) -> None:
    app.provider.break_rule(fault)
    token = app.tokens()["id_token"]
    app.provider.mend()
    with pytest.raises((jwt.PyJWTError, KeyError)):
        app.verify(token)


@pytest.mark.parametrize("fault", ["wrong_key", "alg_hs256_public_key", "alg_hs256_client_secret", "alg_none"])
def test_forgery_by_a_wrong_key_or_algorithm_names_the_published_kid(app: App, fault: str) -> None:
    app.provider.break_rule(fault)
    assert jwt.get_unverified_header(app.tokens()["id_token"])["kid"] == app.provider.keys.kid


def test_symmetric_key_in_the_key_set_is_the_one_that_signed(app: App) -> None:
    app.provider.break_rule("jwks_symmetric")
    key = jwt.PyJWK(app.get("/oauth2/v1/keys").json()["keys"][0])
    assert jwt.decode(app.tokens()["id_token"], key, ["HS256"], audience=ACME.client_id)["nonce"] == "nonce-1"


def test_header_names_the_attackers_keys_which_are_served(app: App) -> None:
    app.provider.break_rule("jku_header")
    token = app.tokens()["id_token"]
    url = jwt.get_unverified_header(token)["jku"]
    key = jwt.PyJWKSet.from_dict(requests.get(url, timeout=5).json())["attacker"]
    assert jwt.decode(token, key, ["RS256"], audience=ACME.client_id)["nonce"] == "nonce-1"
    assert len(app.provider.calls_to("attacker")) == 1


@pytest.mark.parametrize("fault", ["no_sub", "empty_sub", "long_sub", "sub_number"])
def test_subject_fault_of_the_id_token_is_none_of_userinfo(app: App, fault: str) -> None:
    app.provider.break_rule(fault)
    tokens = app.tokens()
    told = claims_of(tokens["id_token"]).get("sub", app.provider.person("alice").subject)
    assert app.get("/oauth2/v1/userinfo", tokens["access_token"]).json()["sub"] == told


@pytest.mark.parametrize("fault", ["userinfo_other_sub", "userinfo_no_sub", "userinfo_sub_number"])
def test_userinfo_subject_differs(app: App, fault: str) -> None:
    app.provider.break_rule(fault)
    tokens = app.tokens()
    person = app.get("/oauth2/v1/userinfo", tokens["access_token"]).json()
    assert person.get("sub") != app.verify(tokens["id_token"])["sub"]
    assert person["email"] == "alice.reed@acme.example"


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        ("", "code iss state"),
        ("callback_no_state", "code iss"),
        ("callback_two_states", "code iss state state"),
        ("callback_two_codes", "code code iss state"),
        ("callback_no_code", "iss state"),
        ("callback_code_and_error", "code error iss state"),
        ("callback_no_iss", "code state"),
        ("callback_error_markup", "error error_description iss state"),
    ],
)
def test_callback_fault_changes_which_parameters_come(strict_app: App, fault: str, names: str) -> None:
    if fault:
        strict_app.provider.break_rule(fault)
    query = urlsplit(strict_app.provider.authorize(strict_app.url(), person="alice")).query
    assert sorted(name for name, _ in parse_qsl(query)) == names.split()


@pytest.mark.parametrize("name", ["state", "iss"])
def test_callback_fault_changes_one_value(strict_app: App, name: str) -> None:
    right = strict_app.answer()
    strict_app.provider.break_rule(f"callback_wrong_{name}")
    wrong = strict_app.answer()
    assert {member for member in right if right[member] != wrong[member]} == {name, "code"}


@pytest.mark.parametrize("error", FAULTS["callback_error"].values)
def test_callback_carries_any_error_of_a_provider(app: App, error: str) -> None:
    app.provider.break_rule("callback_error", error)
    answer = app.answer()
    assert (answer["error"], answer["state"]) == ([error], ["state-1"])
    assert "code" not in answer


def test_markup_in_an_error_description_arrives_as_it_was_written(app: App) -> None:
    app.provider.break_rule("callback_error_markup")
    assert "<script>" in app.answer()["error_description"][0]


@pytest.mark.parametrize(("fault", "value"), fault_cases("discovery"))
def test_discovery_fault_changes_one_member(app: App, fault: str, value: Any) -> None:
    right = app.get("/.well-known/openid-configuration").json()
    app.provider.break_rule(fault, value)
    wrong = app.get("/.well-known/openid-configuration").json()
    changed = {name for name in right if wrong.get(name) != right[name]} if isinstance(wrong, dict) else {"document"}
    assert changed == ({value} if isinstance(value, str) else {"document" if "object" in fault else "issuer"})


@pytest.mark.parametrize(("fault", "value"), fault_cases("claims"))
def test_claims_fault_shows_in_userinfo_and_myaccount_alike(app: App, fault: str, value: Any) -> None:
    token = app.tokens(scope=f"openid email profile {MYACCOUNT}")["access_token"]
    paths = ["/oauth2/v1/userinfo", "/idp/myaccount/emails" if "email" in fault else "/idp/myaccount/profile"]
    right = [app.get(path, token, **VERSION).json() for path in paths]
    app.provider.break_rule(fault, value)
    wrong = [app.get(path, token, **VERSION).json() for path in paths]
    assert right[0] != wrong[0]
    assert right[0]["sub"] == wrong[0]["sub"]
    assert (right[1] != wrong[1]) or fault.startswith("email_verified")


@pytest.mark.parametrize("error", FAULTS["scopes_refused"].values)
def test_scopes_are_refused_only_where_api_scopes_are_asked(app: App, error: str) -> None:
    app.provider.break_rule("scopes_refused", error)
    assert app.answer(scope=f"openid {MYACCOUNT}")["error"] == [error]
    assert "code" in app.answer()


def test_unknown_fault_is_refused(app: App) -> None:
    with pytest.raises(KeyError):
        app.provider.break_rule("no_such_rule")
    with pytest.raises(ValueError, match="No such fault of transport"):
        app.provider.break_rule("token", "hnag")
