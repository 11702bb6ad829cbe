"""The admin is on the staff host alone, and to nobody but Huume's own staff."""

from typing import Any

import pytest
from django.conf import settings
from django_tenants.utils import tenant_context

from accounts.models import User
from huume.testing import ClientFor, TenantClient, sign_in
from huume.tests.staff_desk import add_manager, enter
from tenants.models import Tenant

PAGES = [
    "/admin/",
    "/admin/tenants/",
    "/admin/tenants/tenant/",
    "/admin/tenants/tenant/add/",
    "/admin/tenants/identityprovider/",
    "/admin/tenants/identityprovider/add/",
    "/admin/sign-ins/",
    "/admin/second-factor/",
    "/admin/second-step/set-up/",
    "/admin/confirm/",
    "/admin/password_change/",
    "/admin/jsi18n/",
    "/admin/nothing-of-the-kind/",
]


@pytest.fixture
def counter(staff: Tenant, client_for: ClientFor) -> TenantClient:
    return client_for(staff)


def is_sent_to_sign_in(answer: Any) -> bool:
    return bool(answer.status_code == 302 and answer["Location"].startswith("/admin/login/"))


@pytest.mark.parametrize("page", [*PAGES, "/admin/second-step/"])
def test_a_stranger_is_sent_to_sign_in(counter: TenantClient, page: str) -> None:
    assert is_sent_to_sign_in(counter.get(page))


@pytest.mark.parametrize("action", ["suspend", "resume", "delete", "change", "history"])
def test_a_stranger_changes_no_tenant(counter: TenantClient, globex: Tenant, action: str) -> None:
    answer = counter.post(f"/admin/tenants/tenant/{globex.pk}/{action}/", {"name": globex.name})
    assert is_sent_to_sign_in(answer)
    assert not Tenant.objects.get(pk=globex.pk).is_suspended


@pytest.mark.parametrize("page", ["/admin/", "/admin/login/", "/admin/tenants/tenant/", "/admin/second-step/"])
def test_customers_hosts_have_no_admin(acme: Tenant, client_for: ClientFor, alice: User, page: str) -> None:
    assert client_for(acme, alice).get(page).status_code == 404


@pytest.mark.parametrize("page", ["/sign-in/", "/people/", "/profile/", "/oidc/okta/start/"])
def test_the_staff_host_has_no_portal(counter: TenantClient, page: str) -> None:
    assert counter.get(page).status_code == 404


def test_the_staff_hosts_root_leads_to_the_admin(counter: TenantClient) -> None:
    assert counter.get("/")["Location"] == "/admin/"


def test_a_customers_session_is_nothing_here(
    counter: TenantClient, globex: Tenant, mallory: User, client_for: ClientFor
) -> None:
    counter.cookies = client_for(globex, mallory).cookies
    assert is_sent_to_sign_in(counter.get("/admin/"))


def test_a_customers_session_row_is_nothing_here(staff: Tenant, counter: TenantClient, mallory: User) -> None:
    with tenant_context(staff):
        User.objects.create(pk=mallory.pk, username="ada@huume.example", is_staff=True, is_superuser=True)
    sign_in(counter, staff, mallory)
    with tenant_context(staff):
        stored = counter.session
        stored["tenant"] = "globex"
        stored.save()
    assert is_sent_to_sign_in(counter.get("/admin/"))


def test_a_customers_user_made_staff_by_tampering_is_nobody_here(
    counter: TenantClient, globex: Tenant, mallory: User
) -> None:
    with tenant_context(globex):
        mallory.username, mallory.is_staff, mallory.is_superuser = "mallory@globex.example", True, True
        mallory.set_password("a password of her own")
        mallory.save()
    answer = counter.post("/admin/login/", {"username": mallory.username, "password": "a password of her own"})
    assert answer.status_code == 200
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert is_sent_to_sign_in(counter.get("/admin/"))


def test_staffs_cookie_is_nothing_at_a_customers(acme: Tenant, staff: Tenant, client_for: ClientFor) -> None:
    stolen = client_for(acme)
    stolen.cookies = enter(client_for(staff)).cookies
    assert stolen.get("/")["Location"].startswith("/sign-in/")


def test_somebody_who_is_no_longer_staff_is_out_at_once(staff: Tenant, counter: TenantClient) -> None:
    ada = add_manager()
    enter(counter, ada)
    assert counter.get("/admin/").status_code == 200
    with tenant_context(staff):
        User.objects.filter(pk=ada.pk).update(is_staff=False)
    assert is_sent_to_sign_in(counter.get("/admin/"))


def test_sessions_last_eight_hours_and_no_longer(staff: Tenant, counter: TenantClient) -> None:
    enter(counter)
    for seconds, lasts in ((8 * 3600 - 60, True), (60, False)):
        with tenant_context(staff):
            session = counter.session
            session["started"] -= seconds
            session.save()
        assert (counter.get("/admin/").status_code == 200) is lasts
    assert is_sent_to_sign_in(counter.get("/admin/"))
