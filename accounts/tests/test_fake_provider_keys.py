"""The demo directory takes an assertion only where it is right in every way, at its token endpoint and at PAR."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests

from accounts.oidc.client_assertion import ASSERTION_TYPE, ES256, RS256, generate_private_key, public_jwk, sign
from accounts.tests import fake_provider_clients as said
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.fake_provider_app import ACME, App

TOKEN, PAR = "/oauth2/v1/token", "/oauth2/v1/par"
KEY, OTHER_KEY, EC_KEY = generate_private_key(RS256), generate_private_key(RS256), generate_private_key(ES256)


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    keys = {"keys": [public_jwk(KEY), public_jwk(EC_KEY)]}
    with FakeProvider(clients=[replace(ACME, secrets=[], jwks=keys)]) as running:
        yield running


@pytest.fixture
def app(provider: FakeProvider) -> Iterator[App]:
    trying = App(provider)
    yield trying
    trying.close()


def claims(app: App, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    right = {"iss": ACME.client_id, "sub": ACME.client_id, "aud": app.provider.issuer + TOKEN, "iat": now}
    return {
        name: value for name, value in {**right, "exp": now + 300, "jti": str(now), **changes}.items() if value != ""
    }


def push(app: App, assertion: str, **changes: str) -> requests.Response:
    params = {name: values[0] for name, values in parse_qs(urlsplit(app.url()).query).items()}
    proof = {"client_assertion": assertion, "client_assertion_type": ASSERTION_TYPE}
    return app.http.post(app.provider.issuer + PAR, {**params, **proof, **changes}, timeout=5)


def exchange(app: App, assertion: str, **changes: str | None) -> requests.Response:
    code = app.answer()["code"][0]
    proof = {"client_secret": None, "client_assertion": assertion, "client_assertion_type": ASSERTION_TYPE}
    return app.exchange(code, **{**proof, **changes})


def refusal(response: requests.Response) -> str:
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    return str(response.json()["error_description"])


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"aud": ""}, said.BAD_AUDIENCE),
    ({"aud": "https://another.example/oauth2/v1/token"}, said.BAD_AUDIENCE),
    ({"iss": "globex-client"}, said.BAD_SUBJECT),
    ({"iss": ""}, said.BAD_SUBJECT),
    ({"sub": "globex-client"}, said.BAD_SUBJECT),
    ({"exp": ""}, said.EXPIRED),
    ({"exp": 1_700_000_000}, said.EXPIRED),
    ({"exp": 9_700_000_000}, said.TOO_LONG),
]


@pytest.mark.parametrize(("changes", "words"), WRONG)
def test_a_claim_that_is_wrong(app: App, changes: dict[str, Any], words: str) -> None:
    assert refusal(exchange(app, sign(claims(app, **changes), KEY))) == words


def test_one_for_the_token_endpoint_is_none_for_par_and_the_other_way_round(app: App) -> None:
    assert refusal(push(app, sign(claims(app), KEY))) == said.BAD_AUDIENCE
    assert refusal(exchange(app, sign(claims(app, aud=app.provider.issuer + PAR), KEY))) == said.BAD_AUDIENCE


def test_one_that_was_used_already(app: App) -> None:
    assertion = sign(claims(app), KEY)
    assert exchange(app, assertion).status_code == 200
    assert refusal(exchange(app, assertion)) == said.USED


def test_another_key(app: App) -> None:
    assert refusal(exchange(app, sign(claims(app), OTHER_KEY))) == said.BAD_KID


def test_another_key_under_the_kid_of_the_right_one(app: App) -> None:
    forged = jwt.encode(claims(app), OTHER_KEY, RS256, headers={"kid": public_jwk(KEY)["kid"]})
    assert refusal(exchange(app, forged)) == said.BAD_SIGNATURE


def test_an_algorithm_that_it_does_not_offer(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.provider, "assertion_algorithms", ["RS256"])
    assert refusal(exchange(app, sign(claims(app), EC_KEY))) == said.BAD_SIGNATURE


@pytest.mark.parametrize("assertion", ["", "garbage", "a.b.c"])
def test_what_is_no_assertion(app: App, assertion: str) -> None:
    assert refusal(exchange(app, assertion)) == said.BAD_ASSERTION


def test_another_type(app: App) -> None:
    assert refusal(exchange(app, sign(claims(app), KEY), client_assertion_type="x")) == said.BAD_ASSERTION_TYPE


def test_a_secret_is_none_of_its_credentials(app: App) -> None:
    assert refusal(exchange(app, "", client_assertion=None, client_secret="acme-secret")) == said.BAD_CREDENTIALS


def test_two_credentials(app: App) -> None:
    both = exchange(app, sign(claims(app), KEY), client_secret="acme-secret")
    assert (both.status_code, both.json()["error_description"]) == (400, said.TWO_CREDENTIALS)


def test_a_client_that_is_not_known(app: App) -> None:
    unknown = sign(claims(app, sub="nobody", iss="nobody"), KEY)
    answer = exchange(app, unknown, client_id="nobody")
    assert (answer.status_code, answer.json()["errorCode"]) == (401, "invalid_client")


def test_keys_that_cannot_be_fetched(app: App) -> None:
    client = app.provider.client(ACME.client_id)
    assert client
    unreachable = replace(client, jwks=None, jwks_uri="http://127.0.0.1:9/keys")
    app.provider.add_client(unreachable)
    try:
        assert refusal(exchange(app, sign(claims(app), KEY))) == said.BAD_KID
    finally:
        app.provider.add_client(client)


@pytest.mark.parametrize("key", [KEY, EC_KEY], ids=[RS256, ES256])
def test_the_right_one_at_either_endpoint(app: App, key: str) -> None:
    assert exchange(app, sign(claims(app), key)).status_code == 200
    assert push(app, sign(claims(app, aud=app.provider.issuer + PAR, jti="at-par"), key)).status_code == 201


def test_the_metadata_names_it_with_its_algorithms(app: App) -> None:
    document = app.get("/.well-known/openid-configuration").json()
    assert "private_key_jwt" in document["token_endpoint_auth_methods_supported"]
    assert {"RS256", "ES256"} <= set(document["token_endpoint_auth_signing_alg_values_supported"])
