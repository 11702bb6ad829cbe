"""No tenant gets a name of ours on our own domain, by whichever way it is typed."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from tenants.models import Domain, Tenant
from tenants.provision import provision

RESERVED = ["admin", "auth", "www", "staff", "sso.acme", "xn--acm-dma", "login"]


@pytest.mark.parametrize("label", RESERVED)
def test_a_name_of_ours_is_refused_as_a_further_host(globex: Tenant, settings: Any, label: str) -> None:
    settings.BASE_HOST, settings.LOCAL = "huume.test", False
    with pytest.raises(ValidationError):
        provision("globex", "Globex Housing", hosts=[f"{label}.huume.test"])
    assert not Domain.objects.filter(tenant=globex, domain__startswith=label).exists()


@pytest.mark.parametrize("host", ["0x7f.0x1", "portal.0x7f000001"])
def test_what_browsers_read_as_an_address_is_no_host(globex: Tenant, host: str) -> None:
    with pytest.raises(ValidationError):
        provision("globex", "Globex Housing", hosts=[host])
