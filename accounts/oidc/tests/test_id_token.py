"""Every rule for an ID token, broken one by one."""

import json
import random
from typing import Any

import jwt
import pytest

from accounts.oidc.errors import SignInError, TokenRefused, UnknownKey
from accounts.oidc.tests.signing import (
    ACCESS_TOKEN,
    CLIENT_ID,
    GARBAGE,
    ISSUER,
    NONCE,
    NOW,
    at_hash,
    b64,
    claims,
    ec_jwk,
    ec_key,
    garbage_document,
    id_token,
    raw_token,
    rsa_jwk,
    rsa_key,
)
from accounts.oidc.tokens import verify_id_token

HEADER = b'{"alg":"RS256","kid":"k1"}'


def verify(token: Any, *, access_token: str | None = ACCESS_TOKEN, **changes: Any) -> dict[str, Any]:
    known = {"jwks": {"keys": [rsa_jwk()]}, "issuer": ISSUER, "client_id": CLIENT_ID, "nonce": NONCE, "now": NOW}
    return verify_id_token(token, access_token=access_token, **{**known, **changes})


def refusal(token: Any, **changes: Any) -> str:
    with pytest.raises(TokenRefused) as caught:
        verify(token, **changes)
    assert caught.value.status == 403
    return caught.value.code


NOT_DATES: list[Any] = [..., None, True, "1800000000", -1, 1_800_000_000_000, 10**400, [], {}]
BROKEN_CLAIMS: list[tuple[str, dict[str, Any]]] = [
    *(
        ("token_issuer", {"iss": iss})
        for iss in (..., None, "", ISSUER + "/", ISSUER.upper(), [ISSUER], "https://evil")
    ),
    *(
        ("token_audience", {"aud": aud})
        for aud in (..., None, "", "other", [], ["other"], [CLIENT_ID, 1], {CLIENT_ID: 1})
    ),
    ("token_audience", {"aud": [[CLIENT_ID]]}),
    ("token_audience", {"aud": f"{CLIENT_ID} other"}),
    ("token_authorized_party", {"aud": [CLIENT_ID, "other"]}),
    ("token_authorized_party", {"aud": [CLIENT_ID, "other"], "azp": "other"}),
    *(("token_authorized_party", {"azp": azp}) for azp in (None, "", "other", [CLIENT_ID])),
    *(("token_expired", {"exp": exp}) for exp in (*NOT_DATES, 0, NOW - 60, NOW - 3600)),
    *(("token_issued_at", {"iat": iat}) for iat in (*NOT_DATES, NOW + 61)),
    *(("token_not_yet_valid", {"nbf": nbf}) for nbf in (*NOT_DATES[1:], NOW + 61)),
    *(
        ("token_nonce", {"nonce": nonce})
        for nonce in (..., None, "", "other", NONCE[:-1], NONCE + "n", "é", "\ud83d", [NONCE])
    ),
    *(
        ("token_subject", {"sub": sub})
        for sub in (..., None, "", " ", 7, ["00u1"], "s" * 256, "a\0b", "a\ud800", "a\nb", "a\u202eb")
    ),
    *(("token_access_token_hash", {"at_hash": given}) for given in (None, "", 1, "wrong", "é", at_hash("another"))),
]


@pytest.mark.parametrize(("code", "changes"), BROKEN_CLAIMS, ids=lambda value: ascii(value)[:60])
def test_a_broken_claim_is_refused(code: str, changes: dict[str, Any]) -> None:
    assert refusal(id_token(**changes)) == code


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e999", b"1" + b"0" * 5000])
def test_an_expiry_that_is_no_finite_number_is_refused(number: bytes) -> None:
    payload = json.dumps(claims(exp="?")).encode().replace(b'"?"', number)
    assert refusal(raw_token(HEADER, payload)) in {"token_malformed", "token_expired"}


@pytest.mark.parametrize(
    "payload",
    [b"", b"null", b"[]", b"7", b"{", b"\xff\xfe", b"[" * 30_000, b'{"sub":"a","sub":"b"}', b'{"x":NaN}', b'"text"'],
)
def test_a_payload_that_is_no_proper_object_is_refused(payload: bytes) -> None:
    assert refusal(raw_token(HEADER, payload)) == "token_malformed"


def test_a_changed_payload_is_refused() -> None:
    header, _, signature = id_token().split(".")
    other = id_token(sub="00u2").split(".")[1]
    assert refusal(f"{header}.{other}.{signature}") == "token_signature"


@pytest.mark.parametrize("signature", ["", "AAAA", "A" * 342, "A" * 1000])
def test_a_wrong_signature_is_refused(signature: str) -> None:
    header, payload, _ = id_token().split(".")
    assert refusal(f"{header}.{payload}.{signature}") == "token_signature"


def test_a_signature_that_is_no_base64_is_refused() -> None:
    assert refusal(id_token().rsplit(".", 1)[0] + "." + "A" * 341) == "token_malformed"


def test_a_signature_of_another_key_under_the_same_kid_is_refused() -> None:
    forged = raw_token(HEADER, json.dumps(claims()).encode(), rsa_key(name="forger"))
    assert refusal(forged) == "token_signature"


def test_keys_that_the_token_brings_along_are_not_believed() -> None:
    forger = rsa_key(name="forger")
    header = {"alg": "RS256", "kid": "k1", "jwk": rsa_jwk(forger), "jku": "https://evil.example/keys"}
    assert refusal(raw_token(json.dumps(header).encode(), json.dumps(claims()).encode(), forger)) == "token_signature"


def test_the_public_key_is_no_secret_to_sign_with() -> None:
    public = rsa_jwk()["n"]
    forged = jwt.encode(claims(), public, algorithm="HS256", headers={"kid": "k1"})
    assert refusal(forged) == "token_algorithm"


def test_an_unsigned_token_is_refused() -> None:
    header, payload = b64(json.dumps({"alg": "none", "kid": "k1"}).encode()), id_token().split(".")[1]
    assert refusal(f"{header}.{payload}.") == "token_algorithm"


def test_an_unknown_kid_asks_for_newer_keys() -> None:
    with pytest.raises(UnknownKey):
        verify(id_token({"kid": "k2"}))


def test_a_token_without_kid_that_no_key_signed_asks_for_newer_keys() -> None:
    with pytest.raises(UnknownKey):
        verify(id_token({"kid": ...}), jwks={"keys": [rsa_jwk(rsa_key(name="forger"))]})


def test_a_hash_that_cannot_be_checked_is_refused() -> None:
    assert refusal(id_token(at_hash=at_hash(ACCESS_TOKEN)), access_token=None) == "token_access_token_hash"


def test_the_refusal_never_holds_the_token_nor_its_secrets() -> None:
    token = id_token(nonce="another-nonce-value")
    with pytest.raises(TokenRefused) as caught:
        verify(token)
    assert not any(secret in str(caught.value) for secret in (*token.split("."), NONCE, "another-nonce-value"))


@pytest.mark.parametrize("missing", ["issuer", "client_id", "nonce"])
def test_an_empty_expectation_is_the_callers_mistake(missing: str) -> None:
    with pytest.raises(ValueError, match="may not be empty"):
        verify(id_token(), **{missing: ""})


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "azp", "nonce", "iat", "exp", "nbf", "at_hash"])
@pytest.mark.parametrize(
    "value", [value for value in GARBAGE if not isinstance(value, bytes)], ids=lambda v: ascii(v)[:20]
)
def test_garbage_in_one_claim_is_refused_and_never_crashes(claim: str, value: Any) -> None:
    is_past_date = claim in ("iat", "nbf") and type(value) is not bool and value in (0, 1.5)
    if is_past_date:
        assert verify(id_token(**{claim: value}))[claim] == value
    else:
        assert refusal(id_token(**{claim: value}))


@pytest.mark.parametrize("seed", range(100))
def test_a_set_of_garbage_keys_never_crashes(seed: int) -> None:
    chance = random.Random(seed)
    names = ("kty", "kid", "n", "e", "use", "alg", "key_ops", "d")
    keys = [rsa_jwk(**garbage_document(chance, names)) for _ in range(5)]
    keys += [rsa_jwk(**{chance.choice(names): chance.choice(GARBAGE)}) for _ in range(5)]
    with pytest.raises(SignInError):
        verify(
            id_token(),
            jwks={"keys": [rsa_jwk(rsa_key(name="forger")), *(key for key in keys if key["n"] != rsa_jwk()["n"])]},
        )


@pytest.mark.parametrize("seed", range(150))
def test_a_token_with_one_character_changed_is_refused(seed: int) -> None:
    token, chance = id_token(), random.Random(seed)
    place = chance.randrange(len(token))
    other = chance.choice([character for character in "Ab9-_.=é \n" if character != token[place]])
    with pytest.raises(TokenRefused):
        verify(token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": [CLIENT_ID]},
        {"aud": [CLIENT_ID, "other"], "azp": CLIENT_ID},
        {"azp": CLIENT_ID},
        {"exp": NOW - 59},
        {"iat": NOW + 60, "nbf": NOW + 60},
        {"exp": int(NOW) + 1, "iat": 0},
        {"sub": "s" * 255},
        {"sub": "é|1"},
        {"at_hash": at_hash(ACCESS_TOKEN)},
    ],
    ids=ascii,
)
def test_a_proper_token_gives_its_claims(changes: dict[str, Any]) -> None:
    assert verify(id_token(**changes)) == claims(**changes)


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_each_allowed_rsa_algorithm_works(algorithm: str) -> None:
    changes = {"at_hash": at_hash(ACCESS_TOKEN, f"sha{algorithm[2:]}")}
    token = jwt.encode(claims(**changes), rsa_key(), algorithm=algorithm, headers={"kid": "k1"})
    assert verify(token, jwks={"keys": [rsa_jwk(alg=algorithm)]})["sub"] == "00u1"


@pytest.mark.parametrize(("algorithm", "curve"), [("ES256", "P-256"), ("ES384", "P-384"), ("ES512", "P-521")])
def test_each_allowed_elliptic_algorithm_works(algorithm: str, curve: str) -> None:
    changes = {"at_hash": at_hash(ACCESS_TOKEN, f"sha{algorithm[2:]}")}
    token = jwt.encode(claims(**changes), ec_key(curve), algorithm=algorithm, headers={"kid": "e1"})
    assert verify(token, jwks={"keys": [rsa_jwk(), ec_jwk(curve)]})["sub"] == "00u1"


def test_a_token_without_kid_is_tried_with_each_fitting_key() -> None:
    keys = [ec_jwk(), rsa_jwk(rsa_key(name="forger"), kid="other"), rsa_jwk()]
    assert verify(id_token({"kid": ...}), jwks={"keys": keys})["sub"] == "00u1"
