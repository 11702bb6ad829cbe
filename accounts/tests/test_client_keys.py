"""Generations of our keys at a provider: what is published and what signs at each moment, and that nothing else is."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.dispatch import Signal
from django.utils import timezone

from accounts import client_keys
from accounts.oidc.client_assertion import ES256, RS256, public_jwk
from accounts.tests.access_cast import apart, on_own_connection, table_held, wait_for_waiting
from huume.crypto import DecryptionError, generate_key
from huume.testing import live_provider_row
from tenants.actor import Actor
from tenants.models import ClientKey, IdentityProvider, Tenant
from tenants.signals import recorded

STAFF = Actor("staff", key="7", name="ann@huume.example")


def generations(provider: IdentityProvider, *hours: float) -> list[ClientKey]:
    """As many, each made so many hours ago; oldest first."""
    made = []
    for ago in hours:
        key = client_keys._make(provider)
        key.created_at = timezone.now() - timedelta(hours=ago)
        key.save()
        made.append(key)
    return made


def kids(*keys: ClientKey) -> set[str]:
    return {public_jwk(key.open(algorithm))["kid"] for key in keys for algorithm in (ES256, RS256)}


def published(provider: IdentityProvider) -> set[str]:
    return {jwk["kid"] for jwk in client_keys.jwks(provider)["keys"]}


class Listener:
    def __init__(self, signal: Signal) -> None:
        self.heard: list[dict[str, Any]] = []
        self.signal = signal
        signal.connect(self.hear)

    def hear(self, **kwargs: Any) -> None:
        self.heard.append(kwargs)

    def close(self) -> None:
        self.signal.disconnect(self.hear)


def test_nothing_private_is_published(acme: Tenant) -> None:
    provider = live_provider_row(acme)
    key = client_keys.ensure_keys(provider)
    text = json.dumps(client_keys.jwks(provider))
    members = {name for jwk in json.loads(text)["keys"] for name in jwk}
    assert members == {"kty", "use", "alg", "kid", "crv", "x", "y", "n", "e"}
    for algorithm in (ES256, RS256):
        assert not [line for line in key.open(algorithm).splitlines() if len(line) > 20 and line in text]


def test_what_is_stored_is_sealed_for_its_own_row_and_column(acme: Tenant) -> None:
    provider = live_provider_row(acme)
    one, other = generations(provider, 1, 0)
    assert "PRIVATE KEY" not in f"{one.ec_private_key.ciphertext}{one.rsa_private_key.ciphertext}"
    for stolen in (other.ec_private_key, one.rsa_private_key):
        one.ec_private_key = stolen
        with pytest.raises(DecryptionError):
            one.open(ES256)


def test_keys_that_cannot_be_read_are_no_empty_set(acme: Tenant, settings: Any) -> None:
    provider = live_provider_row(acme)
    client_keys.ensure_keys(provider)
    cache.clear()
    settings.ENCRYPTION_KEYS = [generate_key()]
    with pytest.raises(DecryptionError):
        client_keys.jwks(provider)


def test_no_two_providers_share_a_key(acme: Tenant, globex: Tenant) -> None:
    ours, second, theirs = live_provider_row(acme), live_provider_row(acme, "entra"), live_provider_row(globex)
    assert not published(ours) & published(theirs)
    assert not published(ours) & published(second)


def test_the_first_call_makes_one_generation_and_the_next_none(acme: Tenant) -> None:
    provider = live_provider_row(acme)
    first = client_keys.ensure_keys(provider)
    assert client_keys.ensure_keys(provider) == first
    assert published(provider) == kids(first)
    assert ClientKey.objects.count() == 1


def test_two_first_calls_at_once_make_one_generation(acme: Tenant) -> None:
    provider = apart(acme, lambda: live_provider_row(acme, "racing"))
    try:
        with ThreadPoolExecutor(2) as threads:
            with table_held("public.tenants_clientkey"):
                first, second = (
                    threads.submit(on_own_connection, acme, lambda: client_keys.ensure_keys(provider)) for _ in "ab"
                )
                wait_for_waiting(2)
            assert first.result() == second.result()
    finally:
        apart(acme, provider.delete)


def test_it_signs_at_once_where_it_is_the_only_one(acme: Tenant) -> None:
    provider = live_provider_row(acme)
    made = client_keys.roll_over(provider, STAFF)
    assert client_keys.ensure_keys(provider) == made


# Hours since each generation was made, oldest first; which signs; which are published.
MOMENTS: list[tuple[tuple[float, ...], int, set[int]]] = [
    ((0,), 0, {0}),
    ((1000,), 0, {0}),
    ((1000, 0), 0, {0, 1}),
    ((1000, 23.9), 0, {0, 1}),
    ((1000, 24.1), 1, {0, 1}),
    ((1000, 47.9), 1, {0, 1}),
    ((1000, 48.1), 1, {1}),
    ((1, 0), 0, {0, 1}),
    ((1000, 100, 0), 1, {1, 2}),
    ((1000, 40, 10), 1, {0, 1, 2}),
    ((1000, 50, 25), 2, {1, 2}),
    ((1000, 30, 25), 2, {0, 1, 2}),
    ((3000, 2000, 1000), 2, {2}),
]


@pytest.mark.parametrize(("hours", "signing", "shown"), MOMENTS)
def test_each_moment(acme: Tenant, hours: tuple[float, ...], signing: int, shown: set[int]) -> None:
    provider = live_provider_row(acme)
    made = generations(provider, *hours)
    assert client_keys.ensure_keys(provider) == made[signing]
    assert published(provider) == kids(*(made[place] for place in shown))


@pytest.mark.parametrize(("hours", "signing", "shown"), MOMENTS)
def test_what_is_retired_is_what_was_published_no_more(
    acme: Tenant, hours: tuple[float, ...], signing: int, shown: set[int]
) -> None:
    provider = live_provider_row(acme)
    made = generations(provider, *hours)
    assert client_keys.retire(acme) == len(made) - len(shown)
    assert set(ClientKey.objects.all()) == {made[place] for place in shown}
    assert client_keys.ensure_keys(provider) == made[signing]
    assert client_keys.retire(acme) == 0


def test_daily_retires_them_tenant_by_tenant(acme: Tenant, globex: Tenant) -> None:
    for tenant in (acme, globex):
        generations(live_provider_row(tenant), 3000, 2000)
    said = StringIO()
    call_command("daily", stdout=said)
    assert "2 client keys" in said.getvalue()
    assert ClientKey.objects.count() == 2


def test_another_tenants_are_not_retired(acme: Tenant, globex: Tenant) -> None:
    generations(live_provider_row(globex), 3000, 2000)
    assert client_keys.retire(acme) == 0
    assert client_keys.retire(globex) == 1


def test_rolling_over_twice_makes_one_that_waits(acme: Tenant) -> None:
    provider = live_provider_row(acme)
    (older,) = generations(provider, 100)
    newer = client_keys.roll_over(provider, STAFF)
    assert client_keys.roll_over(provider, STAFF) == newer
    assert set(ClientKey.objects.all()) == {older, newer}
    assert client_keys.signs_from(newer) == newer.created_at + timedelta(hours=24)


def test_rolling_over_and_retiring_are_on_record_without_a_key(acme: Tenant) -> None:
    provider = live_provider_row(acme)
    older, _newer = generations(provider, 3000, 2000)
    listener = Listener(recorded)
    try:
        made = client_keys.roll_over(provider, STAFF)
        client_keys.retire(acme)
    finally:
        listener.close()
    rolled, retired = listener.heard
    assert (rolled["kind"], rolled["by"], rolled["about"]) == ("client_keys.rolled_over", STAFF, str(provider.pk))
    assert rolled["after"] == {"provider": "okta", "generation": str(made.pk), "kids": list(rolled["after"]["kids"])}
    assert set(rolled["after"]["kids"]) == kids(made)
    assert (retired["kind"], retired["by"].kind) == ("client_keys.retired", "daily")
    assert retired["before"] == {"provider": "okta", "generation": str(older.pk)}


def test_the_address_is_on_the_tenants_own_host(acme: Tenant) -> None:
    assert client_keys.jwks_address(live_provider_row(acme)) == "http://acme.localhost:8000/oidc/okta/jwks.json"
