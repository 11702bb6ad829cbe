"""Where a provider fetches our public keys: open to anybody, on the tenant's own host, and nobody else's keys there."""

import logging

import pytest
from django.core.cache import cache
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts import client_keys
from huume.crypto import generate_key
from huume.testing import ClientFor, live_provider_row
from tenants.models import ClientKey, IdentityProvider, Tenant


@pytest.mark.parametrize("slug", ["nobody", "globex-okta", "OKTA"])
def test_a_slug_that_is_not_this_tenants_is_not_found(
    acme: Tenant, globex: Tenant, client_for: ClientFor, slug: str
) -> None:
    live_provider_row(globex, "globex-okta")
    live_provider_row(acme)
    assert client_for(acme).get(f"/oidc/{slug}/jwks.json").status_code == 404
    assert not ClientKey.objects.exists()


def test_the_staff_host_has_none(staff: Tenant, client_for: ClientFor) -> None:
    assert client_for(staff).get("/oidc/okta/jwks.json").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_only_read(acme: Tenant, client_for: ClientFor, method: str) -> None:
    live_provider_row(acme)
    assert getattr(client_for(acme), method)("/oidc/okta/jwks.json").status_code == 405


def test_a_suspended_tenant_is_closed_as_everywhere(acme: Tenant, client_for: ClientFor) -> None:
    live_provider_row(acme)
    acme.suspend()
    answer = client_for(acme).get("/oidc/okta/jwks.json")
    assert answer.status_code == 403
    assert "closed for now" in answer.content.decode()


def test_keys_that_cannot_be_read_are_a_refusal_that_nobody_keeps(
    acme: Tenant, client_for: ClientFor, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client_keys.ensure_keys(live_provider_row(acme))
    cache.clear()
    settings.ENCRYPTION_KEYS = [generate_key()]
    answer = client_for(acme).get("/oidc/okta/jwks.json")
    assert answer.status_code == 503
    assert "no-store" in answer["Cache-Control"]
    assert "client key cannot be decrypted: check ENCRYPTION_KEYS" in caplog.messages


def test_mallorys_tenant_has_other_keys_under_the_same_slug(
    acme: Tenant, globex: Tenant, client_for: ClientFor
) -> None:
    live_provider_row(acme)
    live_provider_row(globex)
    ours, theirs = (client_for(tenant).get("/oidc/okta/jwks.json").json()["keys"] for tenant in (acme, globex))
    assert len(ours) == len(theirs) == 2
    assert not {jwk["kid"] for jwk in ours} & {jwk["kid"] for jwk in theirs}


@pytest.mark.parametrize("status", IdentityProvider.Status.values)
def test_it_is_there_before_the_provider_is_live(acme: Tenant, client_for: ClientFor, status: str) -> None:
    provider = live_provider_row(acme)
    IdentityProvider.objects.filter(pk=provider.pk).update(status=status)
    answer = client_for(acme).get("/oidc/okta/jwks.json")
    assert answer.status_code == 200
    assert answer.json() == client_keys.jwks(provider)


def test_anybody_may_keep_it_for_ten_minutes_and_gets_no_cookie(
    acme: Tenant, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    live_provider_row(acme)
    caplog.set_level(logging.DEBUG)
    answer = client_for(acme).get(reverse("jwks", args=["okta"]))
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/json", "public, max-age=600")
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert "PRIVATE" not in caplog.text


def test_a_head_says_the_same_without_the_body(acme: Tenant, client_for: ClientFor) -> None:
    live_provider_row(acme)
    answer = client_for(acme).head("/oidc/okta/jwks.json")
    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (200, b"", "public, max-age=600")
