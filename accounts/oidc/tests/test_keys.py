"""Which header is read, and which published key may verify."""

import json
import random
from typing import Any

import pytest

from accounts.oidc.errors import TokenRefused, UnknownKey
from accounts.oidc.keys import ALLOWED_ALGORITHMS, MAX_HEADER, MAX_KEYS, MAX_TOKEN, MAX_TRIED, read_header, select_keys
from accounts.oidc.tests.signing import GARBAGE, b64, ec_jwk, garbage_document, id_token, rsa_jwk, rsa_key

RS256 = {"alg": "RS256", "kid": "k1"}


def header_refusal(token: Any) -> str:
    with pytest.raises(TokenRefused) as caught:
        read_header(token)
    return caught.value.code


@pytest.mark.parametrize(
    "alg",
    [
        "none",
        "None",
        "nOnE",
        "",
        "HS256",
        "HS384",
        "HS512",
        "rs256",
        "ES256K",
        "EdDSA",
        "RSA-OAEP",
        None,
        5,
        ["RS256"],
        {},
        ...,
    ],
)
def test_an_algorithm_off_the_list_is_refused(alg: Any) -> None:
    assert header_refusal(id_token({"alg": alg})) == "token_algorithm"


@pytest.mark.parametrize(
    "members",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["b64"], "b64": True},
        {"b64": False},
        {"b64": True},
        {"kid": 5},
        {"kid": None},
        {"kid": ["k1"]},
        {"typ": "at+jwt"},
        {"typ": "logout+JWT"},
    ],
    ids=ascii,
)
def test_a_header_that_asks_for_more_is_refused(members: dict[str, Any]) -> None:
    assert header_refusal(id_token(members)) == "token_malformed"


@pytest.mark.parametrize(
    "token",
    [
        *GARBAGE,
        *("a.b", "..", ".e30.x", "a.b.c.d", "a.b.c.d.e", "a b.c.d", "é.é.é", "e30=.e30.x", "\n" + "e30.e30.x"),
        "x" * (MAX_TOKEN + 1),
        b64(json.dumps(RS256).encode()) + f".{'A' * MAX_TOKEN}.x",
        b64(json.dumps({**RS256, "x5c": ["A" * MAX_HEADER]}).encode()) + ".e30.x",
        *(
            b64(header) + ".e30.x"
            for header in (b"[]", b"null", b"{", b"\xff", b'{"alg":"RS256","alg":"RS256"}', b"[" * 9000)
        ),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_is_no_signed_token_is_refused(token: Any) -> None:
    assert header_refusal(token) == "token_malformed"


@pytest.mark.parametrize("alg", ALLOWED_ALGORITHMS)
def test_a_header_with_an_allowed_algorithm_is_read(alg: str) -> None:
    assert read_header(id_token({"alg": alg, "typ": "JWT"})) == {"alg": alg, "kid": "k1", "typ": "JWT"}


@pytest.mark.parametrize("seed", range(100))
def test_a_garbage_header_is_refused_and_never_crashes(seed: int) -> None:
    chance = random.Random(seed)
    header = {**garbage_document(chance, ("kid", "typ", "b64", "jwk", "x5c")), "crit": chance.choice(GARBAGE)}
    header = {name: value for name, value in header.items() if not isinstance(value, bytes)}
    assert header_refusal(id_token({"crit": None, **header})) == "token_malformed"


@pytest.mark.parametrize(
    "unfit",
    [
        {"use": "enc"},
        {"use": ["sig"]},
        {"alg": "RS512"},
        {"alg": "RSA-OAEP"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "EC"},
        {"kty": "OKP"},
        {"kty": None},
        {"key_ops": ["encrypt"]},
        {"key_ops": "verify"},
        {"d": "AQAB"},
        {"n": ""},
        {"n": 5},
        {"n": None},
        {"n": b64(b"\xff" * 2048)},
        {"e": "AA"},
        {"e": "AQ"},
        {"e": b64(b"\xff" * 64)},
        {"n": "é"},
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_an_unfit_key_is_not_used(unfit: dict[str, Any]) -> None:
    with pytest.raises(TokenRefused) as caught:
        select_keys({"keys": [rsa_jwk(**unfit)]}, RS256)
    assert caught.value.code == "token_key_unfit"


def test_a_short_rsa_key_is_not_used() -> None:
    with pytest.raises(TokenRefused) as caught:
        select_keys({"keys": [rsa_jwk(rsa_key(1024, "short"))]}, RS256)
    assert caught.value.code == "token_key_unfit"


@pytest.mark.parametrize("alg", ["ES384", "ES512", "RS256", "PS256"])
def test_a_key_of_another_curve_or_type_is_not_used(alg: str) -> None:
    with pytest.raises(TokenRefused) as caught:
        select_keys({"keys": [ec_jwk("P-256")]}, {"alg": alg, "kid": "e1"})
    assert caught.value.code == "token_key_unfit"


def test_a_key_that_lies_about_its_curve_is_not_used() -> None:
    with pytest.raises(TokenRefused) as caught:
        select_keys({"keys": [ec_jwk("secp256k1", crv="P-256")]}, {"alg": "ES256", "kid": "e1"})
    assert caught.value.code == "token_key_unfit"


@pytest.mark.parametrize("jwks", [*GARBAGE, {"keys": "k1"}, {"keys": None}, {"keys": [None, 1, "k1", []]}], ids=ascii)
def test_a_set_without_keys_asks_for_another(jwks: Any) -> None:
    with pytest.raises(UnknownKey):
        select_keys(jwks, RS256)


def test_an_unknown_kid_asks_for_another_set() -> None:
    with pytest.raises(UnknownKey):
        select_keys({"keys": [rsa_jwk()]}, {"alg": "RS256", "kid": "k2"})


def test_keys_beyond_the_limit_are_not_looked_at() -> None:
    with pytest.raises(UnknownKey):
        select_keys({"keys": [*({"kid": f"x{i}"} for i in range(MAX_KEYS)), rsa_jwk()]}, RS256)


def test_a_token_without_kid_tries_a_few_keys_at_most() -> None:
    assert len(select_keys({"keys": [rsa_jwk(kid=f"k{i}") for i in range(20)]}, {"alg": "RS256"})) == MAX_TRIED


def test_broken_keys_do_not_break_the_rest() -> None:
    broken = [garbage_document(random.Random(seed), ("kty", "kid", "n", "e", "use", "alg")) for seed in range(40)]
    assert len(select_keys({"keys": [*broken, None, rsa_jwk(n="AAAA"), rsa_jwk()]}, RS256)) == 1


def test_two_keys_under_one_kid_are_both_tried() -> None:
    assert len(select_keys({"keys": [rsa_jwk(), rsa_jwk(rsa_key(name="other"))]}, RS256)) == 2


@pytest.mark.parametrize("absent", ["use", "alg", "key_ops"])
def test_a_key_may_leave_its_purpose_open(absent: str) -> None:
    key = {name: value for name, value in rsa_jwk().items() if name != absent}
    assert len(select_keys({"keys": [key]}, RS256)) == 1
