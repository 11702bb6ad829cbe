"""The live check in the admin: asked for by a button, shown while it runs, for those only who may change providers."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django_tenants.utils import tenant_context

from accounts.live_check import CHECKS
from accounts.models import User
from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, TenantClient, configure_okta
from huume.tests.staff_desk import add_manager, enter
from tenants.actor import Actor
from tenants.candidates import propose
from tenants.configure import look_up
from tenants.models import AuthMethod, IdentityProvider, ProviderCheck, Tenant


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    return configure_okta(acme, okta)


@pytest.fixture
def ada(staff: Tenant, client_for: ClientFor) -> TenantClient:
    return enter(client_for(staff))


def address(provider: IdentityProvider) -> str:
    return f"/admin/check/{provider.pk}/"


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    body: bytes = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode()


def test_every_line_and_the_way_back(ada: TenantClient, provider: IdentityProvider) -> None:
    assert "Check now" in text_of(ada.get(address(provider)))
    asked = ada.post(address(provider))
    page = text_of(ada.get(asked["Location"]))
    assert page.count('class="outcome ') == len(CHECKS)
    assert "Back to the provider" in page
    assert ProviderCheck.objects.get().asked_by == "ada@huume.example"
    assert "Check again" in text_of(ada.get(address(provider)))


def test_the_candidate_is_checked_where_it_is_named(
    ada: TenantClient, provider: IdentityProvider, okta: FakeProvider
) -> None:
    candidate = propose(
        provider,
        found=look_up("okta", issuer=okta.issuer, client_id="acme-client"),
        client_id="acme-client",
        auth_method=AuthMethod.SECRET,
        client_secret="not the right one",
        by=Actor("contact"),
    )
    asked = ada.post(f"{address(provider)}?settings={candidate.pk}")
    assert "One thing to fix" in text_of(ada.get(asked["Location"]))
    provider.refresh_from_db()
    assert provider.check_failed == []


@pytest.mark.parametrize("settings", ["nonsense", "00000000-0000-0000-0000-000000000000", "'"])
def test_settings_that_are_not_there_are_not_found(
    ada: TenantClient, provider: IdentityProvider, settings: str
) -> None:
    assert ada.get(address(provider), {"settings": settings}).status_code == 404


def test_a_second_click_waits_for_the_first(ada: TenantClient, provider: IdentityProvider) -> None:
    ada.post(address(provider))
    assert ada.post(address(provider)).status_code == 429


def test_who_may_only_look_asks_for_no_check(staff: Tenant, provider: IdentityProvider, client_for: ClientFor) -> None:
    viewer = add_manager("viewer@huume.example")
    with tenant_context(staff):
        viewer.groups.clear()
        viewer.user_permissions.set(Permission.objects.filter(codename="view_identityprovider"))
    browser = enter(client_for(staff), viewer)
    assert "Check now" not in text_of(browser.get(address(provider)))
    assert browser.post(address(provider)).status_code == 403
    assert not ProviderCheck.objects.exists()


def test_without_permission_there_is_nothing_to_see(
    staff: Tenant, provider: IdentityProvider, client_for: ClientFor
) -> None:
    nobody = add_manager("nobody@huume.example")
    with tenant_context(staff):
        nobody.groups.clear()
        nobody.user_permissions.clear()
    assert enter(client_for(staff), nobody).get(address(provider)).status_code == 403


def test_signed_out_it_leads_to_the_sign_in(staff: Tenant, provider: IdentityProvider, client_for: ClientFor) -> None:
    answer = client_for(staff).get(address(provider))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


def test_a_run_of_another_provider_is_not_found(
    ada: TenantClient, provider: IdentityProvider, globex: Tenant, okta: FakeProvider
) -> None:
    other = configure_okta(globex, okta)
    run = ada.post(address(other))["Location"].rstrip("/").rpartition("/")[2]
    assert ada.get(f"{address(provider)}{run}/").status_code == 404


def test_on_a_customers_host_there_is_no_such_page(
    acme: Tenant, provider: IdentityProvider, client_for: ClientFor
) -> None:
    mallory = User.objects.create(name="Mallory")
    assert client_for(acme, mallory).get(address(provider)).status_code in {403, 404}
