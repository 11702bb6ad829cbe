"""The hand-over form as an IT contact sends it."""

import re
from typing import Any
from urllib.parse import urlsplit

from accounts.tests.fake_provider import FakeProvider
from huume.setup.tests.setup_cast import enter_setup
from huume.testing import ClientFor, TenantClient
from tenants.models import IdentityProvider, Tenant

SECRET = "sEcReT-of_acme-0123456789abcdefghijklmnopqrstuv"
ADDRESS = "/setup/details/"
STORED = "/setup/check/?noted=stored"


def domain_of(okta: FakeProvider) -> str:
    """As it is typed, without a scheme."""
    return urlsplit(okta.issuer).netloc


def filled_in(okta: FakeProvider, **changed: Any) -> dict[str, Any]:
    """Everything right, but for what is changed; None leaves a field out."""
    right = {
        "domain": domain_of(okta),
        "client_id": "acme-client",
        "auth_method": "client_secret",
        "client_secret": SECRET,
        "secret_expires_on": "",
        "first_administrator": "",
    }
    return {name: value for name, value in {**right, **changed}.items() if value is not None}


def contact_at(tenant: Tenant, client_for: ClientFor) -> TenantClient:
    browser: TenantClient = client_for(tenant)
    enter_setup(browser, tenant)
    return browser


def hand_over(browser: TenantClient, okta: FakeProvider, **changed: Any) -> Any:
    return browser.post(ADDRESS, filled_in(okta, **changed))


def only_provider(tenant: Tenant) -> IdentityProvider:
    return IdentityProvider.objects.get(tenant=tenant)


def nothing_stored(tenant: Tenant) -> bool:
    provider = only_provider(tenant)
    return (provider.status, provider.issuer, provider.client_id, bool(provider.client_secret)) == (
        "draft",
        "",
        "",
        False,
    )


def led_to(answer: Any) -> str:
    """Where it went on to; which run of the check it was is left out."""
    return re.sub(r"/[0-9a-f-]{36}/", "/", str(answer["Location"]))
