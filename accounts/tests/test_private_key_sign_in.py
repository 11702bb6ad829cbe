"""Signing in where the provider knows our public keys and there is no secret at all."""

import logging
import time
from dataclasses import replace
from typing import Any

import jwt
import pytest
from django.core.cache import cache
from django.db import connection
from pytest_django.fixtures import Settings

from accounts import client_keys
from accounts.client_authentication import Credentials, credentials
from accounts.models import SignIn
from accounts.oidc.client_assertion import ASSERTION_TYPE, ES256, RS256
from accounts.tests.access_cast import apart
from accounts.tests.fake_provider import FakeProvider, huume_client
from accounts.tests.test_client_keys import generations
from huume.crypto import generate_key
from huume.logs import JsonFormatter
from huume.testing import ClientFor, arrive, configure_okta, live_provider_row
from tenants.discovery import Metadata
from tenants.models import AuthMethod, ClientKey, IdentityProvider, Tenant

UNPROVEN: Any = {"verify_signature": False}


def register(tenant: Tenant, okta: FakeProvider, jwks: dict[str, Any]) -> None:
    """As the customer's administrator does it: public keys in place of every secret."""
    okta.add_client(replace(huume_client(tenant.schema_name), secrets=[], jwks=jwks))


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    made = configure_okta(acme, okta)
    made.auth_method = AuthMethod.PRIVATE_KEY
    made.set_client_secret("")
    made.save()
    register(acme, okta, client_keys.jwks(made))
    return made


def refused(answer: Any) -> str:
    assert answer.status_code == 502
    return SignIn.objects.latest("at").reason


def header_of(okta: FakeProvider) -> dict[str, Any]:
    (call,) = okta.calls_to("token")
    return jwt.get_unverified_header(call.form["client_assertion"])


# Refusals


def test_keys_that_the_provider_does_not_know(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor
) -> None:
    register(acme, okta, client_keys.jwks(live_provider_row(acme, "another")))
    assert refused(arrive(client_for(acme), okta, "Alice")) == "client_refused"


def test_mallorys_keys_do_not_open_acmes_client(
    acme: Tenant, globex: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor
) -> None:
    theirs = configure_okta(globex, okta)
    theirs.auth_method, theirs.client_id = AuthMethod.PRIVATE_KEY, "acme-client"
    stolen = credentials(theirs, theirs.metadata, theirs.metadata.token_endpoint).form
    (kid,) = {jwt.get_unverified_header(stolen["client_assertion"])["kid"]}
    assert kid not in {jwk["kid"] for jwk in client_keys.jwks(provider)["keys"]}


def test_keys_that_cannot_be_read(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor, settings: Settings
) -> None:
    begun = client_for(acme)
    location = begun.get("/oidc/okta/start/")["Location"]
    settings.ENCRYPTION_KEYS = [generate_key()]
    cache.clear()
    back = okta.authorize(location, person="Alice")
    assert refused(begun.get("/oauth2/okta/authresp?" + back.partition("?")[2])) == "secret_unreadable"
    assert not okta.calls_to("token")


def test_an_assertion_that_was_seen_is_refused_when_it_comes_again(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor
) -> None:
    arrive(client_for(acme), okta, "Alice")
    used = okta.calls_to("token")[0].form["client_assertion"]
    assert not okta.first_use("acme-client", jwt.decode(used, options=UNPROVEN)["jti"])


def test_no_secret_and_no_assertion_is_in_any_log(
    acme: Tenant,
    okta: FakeProvider,
    provider: IdentityProvider,
    client_for: ClientFor,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    arrive(client_for(acme), okta, "Alice")
    register(acme, okta, {"keys": [{"kid": "none"}]})
    arrive(client_for(acme), okta, "Alice")
    written = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    written += "".join(str(row) for row in SignIn.objects.values())
    sent = {call.form["client_assertion"] for call in okta.calls_to("token")}
    assert len(sent) == 2
    assert not [assertion for assertion in sent if assertion.rpartition(".")[2] in written]
    assert "PRIVATE KEY" not in written
    assert "eyJ" not in written


# What is sent


def test_a_whole_sign_in_without_a_secret(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor
) -> None:
    assert arrive(client_for(acme), okta, "Alice").status_code == 302
    (call,) = okta.calls_to("token")
    assert "client_secret" not in call.form
    assert "authorization" not in call.headers
    assert call.form["client_id"] == "acme-client"
    assert call.form["client_assertion_type"] == ASSERTION_TYPE


def test_a_secret_that_is_left_over_is_not_sent(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor
) -> None:
    provider.set_client_secret("left over")
    provider.save()
    assert arrive(client_for(acme), okta, "Alice").status_code == 302
    assert not [call for call in okta.calls_to("token") if "left over" in str(call.form.values())]


@pytest.mark.parametrize(
    ("offered", "signed_with"), [(["RS256"], RS256), (["ES256"], ES256), (["RS256", "ES256"], ES256), ([], RS256)]
)
def test_the_algorithm_is_one_that_the_provider_takes(
    acme: Tenant,
    okta: FakeProvider,
    provider: IdentityProvider,
    client_for: ClientFor,
    offered: list[str],
    signed_with: str,
) -> None:
    okta.assertion_algorithms = offered
    IdentityProvider.objects.update(metadata_fetched_at=None)
    assert arrive(client_for(acme), okta, "Alice").status_code == 302
    assert header_of(okta)["alg"] == signed_with


@pytest.mark.parametrize("endpoint", ["token_endpoint", "pushed_authorization_request_endpoint"])
def test_each_endpoint_gets_one_of_its_own(provider: IdentityProvider, endpoint: str) -> None:
    address = getattr(provider.metadata, endpoint)
    form = credentials(provider, provider.metadata, address).form
    claims = jwt.decode(form["client_assertion"], options=UNPROVEN)
    assert (claims["aud"], claims["iss"], claims["sub"]) == (address, "acme-client", "acme-client")
    assert claims["exp"] - time.time() <= 300


def test_no_connection_is_held_once_they_are_made(acme: Tenant) -> None:
    def made_and_held() -> tuple[bool, bool]:
        provider = live_provider_row(acme, "waiting")
        provider.auth_method = AuthMethod.PRIVATE_KEY
        try:
            before = connection.connection is not None
            credentials(provider, provider.metadata, provider.metadata.token_endpoint)
            return before, connection.connection is not None
        finally:
            provider.delete()

    assert apart(acme, made_and_held) == (True, False)


def test_they_never_show_themselves(provider: IdentityProvider) -> None:
    made = credentials(provider, provider.metadata, provider.metadata.token_endpoint)
    assert repr(made) == "Credentials()"


# A secret's


@pytest.mark.parametrize(
    ("offered", "basic"),
    [
        (("client_secret_post",), False),
        (("client_secret_basic", "client_secret_post"), False),
        (("client_secret_basic",), True),
        (("client_secret_basic", "private_key_jwt"), True),
        ((), False),
        (("tls_client_auth",), False),
    ],
)
def test_a_secret_goes_one_way_and_never_both(acme: Tenant, offered: tuple[str, ...], basic: bool) -> None:
    provider = live_provider_row(acme)
    metadata = replace(provider.metadata, token_auth_methods=offered)
    secret = "a secret of acme's directory"
    in_form = Credentials({"client_id": "client-of-okta", "client_secret": secret})
    in_header = Credentials({"client_id": "client-of-okta"}, basic=("client-of-okta", secret))
    assert credentials(provider, metadata, metadata.token_endpoint) == (in_header if basic else in_form)
    assert not ClientKey.objects.exists()


def test_metadata_stored_before_says_nothing_of_algorithms(acme: Tenant) -> None:
    stored = live_provider_row(acme).metadata_document
    assert Metadata.from_json(stored).token_auth_signing_algorithms == ()


# Roll-over


@pytest.mark.parametrize("hours", [0.0, 23.9, 24.1, 47.9, 48.1, 1000.0])
def test_people_sign_in_at_each_moment_of_a_roll_over(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor, hours: float
) -> None:
    """The provider fetches the set at that moment."""
    ClientKey.objects.all().delete()
    generations(provider, 2000, hours)
    register(acme, okta, client_keys.jwks(provider))
    assert arrive(client_for(acme), okta, "Alice").status_code == 302


def test_a_set_fetched_just_before_the_roll_over_is_good_for_a_day(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor
) -> None:
    ClientKey.objects.all().delete()
    (older,) = generations(provider, 2000)
    register(acme, okta, client_keys.jwks(provider))
    (newer,) = generations(provider, 23.9)
    assert arrive(client_for(acme), okta, "Alice").status_code == 302
    ClientKey.objects.filter(pk=newer.pk).update(created_at=older.created_at)
    ClientKey.objects.filter(pk=older.pk).update(created_at=older.created_at.replace(year=2020))
    assert refused(arrive(client_for(acme), okta, "Alice")) == "client_refused"
