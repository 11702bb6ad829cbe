"""The settings of a product on its own domain over TLS, for tests that run on localhost."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from accounts.tests.fake_provider import FakeProvider
from accounts.tests.fake_provider_cast import FakeClient
from tenants import hosts
from tenants.models import Domain, Tenant

ROOT = Path(__file__).parents[2]
HOST = "acme.huume.test"
CUSTOMERS_HOST = "portal.acme.example"
SHOW = """
import json
from django.conf import settings
cookies = ("SESSION_COOKIE_", "CSRF_COOKIE_", "LANGUAGE_COOKIE_", "ATTEMPT_COOKIE_")
families = (*cookies, "SECURE_", "BASE_DOMAIN", "BASE_HOST", "SCHEME")
print(json.dumps({name: getattr(settings, name) for name in dir(settings) if name.startswith(families)}))
"""


@cache
def settings_on(base_domain: str) -> dict[str, Any]:
    """The settings that a base domain decides, as a process of that domain reads them."""
    environment = {**os.environ, "BASE_DOMAIN": base_domain, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    environment["DJANGO_SETTINGS_MODULE"] = "huume.settings"
    shown = subprocess.run(
        [sys.executable, "-c", SHOW], env=environment, cwd=ROOT, check=True, capture_output=True, text=True
    )
    settings: dict[str, Any] = json.loads(shown.stdout)
    return settings


def move_to_own_domain(tenant: Tenant, settings: Any) -> None:
    """The tenant answers at HOST and at a host of its own, with the settings of `huume.test`."""
    for name, value in settings_on("huume.test").items():
        setattr(settings, name, value)
    for host in (HOST, CUSTOMERS_HOST):
        Domain.objects.create(domain=host, tenant=tenant, is_primary=False)
    hosts.forget()


def register_at(okta: FakeProvider, host: str) -> None:
    address = f"https://{host}"
    okta.add_client(
        FakeClient("acme-client", ["acme-secret"], [f"{address}/oauth2/okta/authresp"], [address], name="Huume")
    )


@pytest.fixture
def own_domain(acme: Tenant, settings: Any) -> Tenant:
    move_to_own_domain(acme, settings)
    return acme
