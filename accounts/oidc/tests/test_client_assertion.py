"""What proves who the client is: signed by the key that it names, for one endpoint, once, for five minutes."""

import json

import jwt
import pytest
from jwt.types import Options

from accounts.oidc import client_assertion
from accounts.oidc.client_assertion import ALGORITHMS, ES256, RS256, choose_algorithm, generate_private_key, public_jwk

NOW = 1_800_000_000.0
TOKEN_ENDPOINT = "https://acme.okta.com/oauth2/v1/token"
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def made(private_key: str, *, audience: str = TOKEN_ENDPOINT) -> str:
    return client_assertion.assertion(private_key, client_id="0oa1client", audience=audience, now=NOW)


@pytest.fixture(scope="module")
def keys() -> dict[str, str]:
    return {algorithm: generate_private_key(algorithm) for algorithm in ALGORITHMS}


@pytest.mark.parametrize("algorithm", ["HS256", "none", "RS512", ""])
def test_no_pair_for_another_algorithm(algorithm: str) -> None:
    with pytest.raises(KeyError):
        generate_private_key(algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_public_half_has_no_private_member(keys: dict[str, str], algorithm: str) -> None:
    jwk = public_jwk(keys[algorithm])
    own = {"RS256": {"n", "e"}, "ES256": {"crv", "x", "y"}}[algorithm]
    assert jwk.keys() == {"kty", "use", "alg", "kid"} | own
    assert not jwk.keys() & PRIVATE_MEMBERS


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_another_key_of_the_same_kind_does_not_verify_it(keys: dict[str, str], algorithm: str) -> None:
    other = jwt.PyJWK(public_jwk(generate_private_key(algorithm)))
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(made(keys[algorithm]), other, algorithms=[algorithm], audience=TOKEN_ENDPOINT)


def test_a_key_that_is_neither_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(ValueError, match="neither EC nor RSA"):
        public_jwk(pem)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_it_says_who_to_whom_and_for_how_long(keys: dict[str, str], algorithm: str) -> None:
    jwk, assertion = public_jwk(keys[algorithm]), made(keys[algorithm])
    assert jwt.get_unverified_header(assertion) == {"alg": algorithm, "typ": "JWT", "kid": jwk["kid"]}
    lax: Options = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(assertion, jwt.PyJWK(jwk), algorithms=[algorithm], audience=TOKEN_ENDPOINT, options=lax)
    assert len(claims.pop("jti")) == 43
    assert claims == {
        "iss": "0oa1client",
        "sub": "0oa1client",
        "aud": TOKEN_ENDPOINT,
        "iat": 1_800_000_000,
        "exp": 1_800_000_300,
    }


def test_no_two_share_a_jti(keys: dict[str, str]) -> None:
    unproven: Options = {"verify_signature": False}
    ids = {jwt.decode(made(keys[ES256]), options=unproven)["jti"] for _one in range(20)}
    assert len(ids) == 20


def test_the_thumbprint_is_that_of_the_example() -> None:
    """RFC 7638 section 3.1."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok"
        "njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu"
        "6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8a"
        "wapJzKnqDKgw"
    )
    jwk = {"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    assert client_assertion.thumbprint(jwk) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_public_half_is_read_as_pyjwt_writes_it(keys: dict[str, str], algorithm: str) -> None:
    jwk = public_jwk(keys[algorithm])
    again = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(jwt.PyJWK(jwk).key))
    assert {name: again[name] for name in again.keys() & jwk.keys()}.items() <= jwk.items()


@pytest.mark.parametrize(
    ("supported", "chosen"),
    [((), RS256), (("RS256",), RS256), (("RS256", "ES256"), ES256), (("ES256",), ES256), (("PS256",), RS256)],
)
def test_es256_where_the_provider_names_it(supported: tuple[str, ...], chosen: str) -> None:
    assert choose_algorithm(supported) == chosen
