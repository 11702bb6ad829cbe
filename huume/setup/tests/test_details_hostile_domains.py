"""Domains that lead inside, elsewhere, nowhere or nowhere in time, as somebody with a setup link could type them."""

import socket
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from accounts.tests.fake_provider import FakeProvider
from huume import connections
from huume.connections import Resolved
from huume.outbound import Client
from huume.setup.tests.handing_over import contact_at, hand_over, nothing_stored
from huume.testing import ClientFor, TenantClient
from tenants import configure
from tenants.models import IdentityProvider, Tenant

NOBODY_THERE = "No identity provider answers there."
NO_PROVIDER = "it has no OpenID configuration"
DOMAIN = "sso.acme-homes.example"
KINDS = ("okta", "oidc")
LookUp = Callable[[str, int], list[Resolved]]


@pytest.fixture
def contact(acme: Tenant, client_for: ClientFor) -> TenantClient:
    return contact_at(acme, client_for)


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[str]:
    """The addresses that would have been connected to; as in production, none of this machine may be."""
    settings.OIDC_ALLOW_LOCAL_PROVIDERS = False
    found: list[str] = []

    def note(_family: Any, address: tuple[str, int], _seconds: float) -> None:
        found.append(address[0])

    monkeypatch.setattr(connections, "_try_connect", note)
    return found


def leading_to(*answers: list[str]) -> LookUp:
    """A name server that gives one answer after the other, and the last one from then on."""
    left = list(answers)

    def look_up(_host: str, port: int) -> list[Resolved]:
        addresses = left.pop(0) if len(left) > 1 else left[0]
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [(family, (address, port)) for family, address in zip(families, addresses, strict=True)]

    return look_up


def page_for(contact: TenantClient, okta: FakeProvider, domain: str) -> str:
    return unescape(hand_over(contact, okta, domain=domain).content.decode())


INSIDE = [
    ["127.0.0.1"],
    ["::1"],
    ["10.0.0.1"],
    ["192.168.1.1"],
    ["169.254.169.254"],
    ["fd00:ec2::254"],
    ["168.63.129.16"],
    ["::ffff:127.0.0.1"],
    ["8.8.8.8", "10.0.0.1"],
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("addresses", INSIDE)
def test_a_domain_that_leads_inside_is_not_called(
    acme: Tenant,
    okta: FakeProvider,
    contact: TenantClient,
    reached: list[str],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    addresses: list[str],
) -> None:
    IdentityProvider.objects.update(kind=kind)
    monkeypatch.setattr(connections, "look_up", leading_to(addresses))
    page = page_for(contact, okta, DOMAIN)
    assert NOBODY_THERE in page
    assert not any(address in page for address in addresses)
    assert reached == []
    assert nothing_stored(acme)


def test_a_name_that_changes_between_check_and_connection_gains_nothing(
    acme: Tenant, okta: FakeProvider, contact: TenantClient, reached: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "look_up", leading_to(["8.8.8.8"], ["127.0.0.1"]))
    pages = [page_for(contact, okta, DOMAIN) for _each in range(3)]
    assert all(NOBODY_THERE in page for page in pages)
    assert reached == ["8.8.8.8"], "the very address that was checked, and none afterwards"
    assert nothing_stored(acme)


@pytest.mark.parametrize("typed", [f"{DOMAIN}:8443", f"https://{DOMAIN}:22/", f"http://{DOMAIN}", "ftp://x.example"])
def test_no_other_port_and_no_other_scheme(
    acme: Tenant,
    okta: FakeProvider,
    contact: TenantClient,
    reached: list[str],
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
) -> None:
    asked: list[int] = []

    def look_up(_host: str, port: int) -> list[Resolved]:
        asked.append(port)
        return []

    monkeypatch.setattr(connections, "look_up", look_up)
    page_for(contact, okta, typed)
    assert set(asked) <= {443}
    assert reached == []
    assert nothing_stored(acme)


@pytest.mark.parametrize("mode", ["redirect_loopback", "huge", "bomb", "html", "status500", "array", "bad_utf8"])
def test_what_answers_otherwise_is_not_followed_and_not_repeated(
    acme: Tenant, okta: FakeProvider, contact: TenantClient, mode: str
) -> None:
    okta.break_rule("discovery", mode)
    page = page_for(contact, okta, okta.issuer)
    assert NO_PROVIDER in page
    assert "/redirected" not in [call.path for call in okta.calls]
    assert nothing_stored(acme)


@pytest.mark.parametrize("mode", ["hang", "drip", "drip_headers", "close", "truncated"])
def test_answers_without_end_are_given_up_and_read_as_no_answer(
    acme: Tenant, okta: FakeProvider, contact: TenantClient, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    hasty = Client(allow_local=True, total_timeout=0.2)
    monkeypatch.setattr(configure, "outbound_client", lambda: hasty)
    okta.break_rule("discovery", mode)
    assert NOBODY_THERE in page_for(contact, okta, okta.issuer)
    assert nothing_stored(acme)
    hasty.close()
