"""Settings that are handed over while a test sign-in is under way have not been tested by it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import RequestFactory

from accounts import attempts, rehearse
from accounts.oidc.requests import read_answer
from accounts.tests.fake_provider import FakeProvider
from huume.setup.tests.setup_cast import enter_setup
from huume.testing import ClientFor, TenantClient, configure_okta
from tenants.configure import configure, look_up
from tenants.models import IdentityProvider, SetupSession, Tenant


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    configured = configure_okta(acme, okta)
    IdentityProvider.objects.filter(pk=configured.pk).update(status=IdentityProvider.Status.SUBMITTED, live_at=None)
    configured.refresh_from_db()
    return configured


@pytest.fixture
def contact(acme: Tenant, provider: IdentityProvider, client_for: ClientFor) -> TenantClient:
    client = client_for(acme)
    enter_setup(client, acme)
    return client


def request_to(acme: Tenant, path: str) -> HttpRequest:
    request = RequestFactory().get(path)
    request.tenant = acme  # type: ignore[attr-defined]  # as TenantMiddleware does
    return request


def test_a_test_says_nothing_of_what_was_handed_over_meanwhile(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, contact: TenantClient
) -> None:
    back = okta.authorize(contact.post("/setup/test/")["Location"], person="alice")
    answer = read_answer(parse_qs(urlsplit(back).query))
    attempt = attempts.take(answer.state, contact.cookies[settings.ATTEMPT_COOKIE_NAME].value)
    # The provider is read, and while it is asked who that was, a secret that nobody has tried takes the other's place.
    found = look_up("okta", issuer=okta.issuer, client_id="acme-client")
    configure(acme, "okta", kind="okta", found=found, client_id="acme-client", client_secret="never tried")
    rehearse.finish(request_to(acme, back), provider, attempt, answer, SetupSession.objects.get())
    assert IdentityProvider.objects.get().tested_at is None


def test_a_test_of_what_stands_counts(okta: FakeProvider, contact: TenantClient) -> None:
    back = urlsplit(okta.authorize(contact.post("/setup/test/")["Location"], person="alice"))
    contact.get(f"{back.path}?{back.query}")
    assert IdentityProvider.objects.get().tested_at is not None
