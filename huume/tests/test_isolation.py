"""Mallory of globex brings what is hers to acme and to the staff host, and gets nothing for it."""

import json
import logging
from typing import Any

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django_tenants.utils import tenant_context

from accounts.models import Session, User
from huume.logs import JsonFormatter, request_id
from huume.testing import ClientFor, TenantClient, make_user
from tenants.models import Tenant
from tenants.schemas import current_schema

TENANT_PAGES = ["/", "/people/", "/roles/", "/teams/", "/landlords/", "/sign-ins/"]


@pytest.fixture
def hers(mallory: User, globex: Tenant, client_for: ClientFor) -> TenantClient:
    return client_for(globex, mallory)


def at(client: TenantClient, tenant: Tenant) -> TenantClient:
    """A browser on the tenant's host that sends every cookie of another's."""
    moved = TenantClient(tenant.primary_host)
    moved.cookies = client.cookies
    return moved


def is_sent_away(answer: Any) -> bool:
    return answer.status_code == 302 and str(answer["Location"]).startswith(("/sign-in/", "/admin/login/"))


def test_mallory_is_in_at_home(hers: TenantClient, mallory: User) -> None:
    assert mallory.email in hers.get("/").content.decode()


@pytest.mark.parametrize("path", TENANT_PAGES)
def test_a_session_cookie_of_globex_is_nothing_at_acme(hers: TenantClient, acme: Tenant, path: str) -> None:
    assert is_sent_away(at(hers, acme).get(path))


def test_a_session_cookie_of_globex_is_nothing_on_the_staff_host(hers: TenantClient, staff: Tenant) -> None:
    assert is_sent_away(at(hers, staff).get("/admin/"))


def test_a_session_cookie_of_acme_is_nothing_at_globex_for_the_same_number(
    acme: Tenant, globex: Tenant, client_for: ClientFor
) -> None:
    """Users' numbers begin anew in every schema."""
    alice = make_user("Alice Reed", roles=("User administrator",))
    with tenant_context(globex):
        User.objects.create(pk=alice.pk, name="Same Number", email="same@globex.example")
    assert is_sent_away(at(client_for(acme, alice), globex).get("/"))


def test_a_copied_row_of_a_session_is_nothing_at_acme(hers: TenantClient, acme: Tenant, mallory: User) -> None:
    User.objects.update_or_create(pk=mallory.pk, defaults={"name": "Same Number", "email": "same@acme.example"})
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO acme.accounts_session SELECT * FROM globex.accounts_session")
    assert Session.objects.count() == 1
    assert is_sent_away(at(hers, acme).get("/"))


def test_a_form_token_of_globex_is_refused_at_acme(hers: TenantClient, acme: Tenant, client_for: ClientFor) -> None:
    token = str(hers.get("/").context["csrf_token"])
    browser = client_for(acme, make_user("Alice Reed"), enforce_csrf_checks=True)
    browser.get("/")
    answer = browser.post("/sign-out/", {"csrfmiddlewaretoken": token})
    assert answer.status_code == 403
    assert "too old to be sent" in answer.content.decode()
    assert not is_sent_away(browser.get("/"))


@pytest.mark.parametrize(
    "path", ["/nothing/", "/sign-in/", "/oidc/okta/start/", "/oauth2/okta/authresp?state=x&code=y"]
)
def test_pages_of_acme_name_nobody_else(acme: Tenant, globex: Tenant, path: str) -> None:
    page = Client().get(path, HTTP_HOST="acme.localhost", follow=True).content.decode()
    assert "globex" not in page.lower()


def test_a_crash_at_acme_names_nobody_else(
    acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch, client_for: ClientFor
) -> None:
    def crash(*_arguments: Any) -> None:
        raise RuntimeError("globex")

    monkeypatch.setattr("accounts.middleware.GateMiddleware.process_view", crash)
    answer = client_for(acme, raise_request_exception=False).get("/sign-in/")
    assert answer.status_code == 500
    assert "globex" not in answer.content.decode().lower()


def test_static_files_are_the_same_on_every_host_and_set_no_cookie(acme: Tenant, globex: Tenant) -> None:
    bodies = set()
    for host in ("acme.localhost", "globex.localhost", "localhost"):
        answer = Client().get("/static/huume.css", HTTP_HOST=host)
        bodies.add(answer.getvalue())
        assert not answer.cookies
    assert len(bodies) == 1


def test_a_key_of_the_cache_is_each_tenants_own(acme: Tenant, globex: Tenant) -> None:
    cache.set("key", "acme's")
    with tenant_context(globex):
        assert cache.get("key") is None
        cache.set("key", "globex's")
    assert cache.get("key") == "acme's"


def move_content_types(by: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_content_type SET id = id + %s", [by])
        cursor.execute("UPDATE auth_permission SET content_type_id = content_type_id + %s", [by])


def test_content_types_and_permissions_are_right_where_their_ids_differ(
    acme: Tenant, globex: Tenant, mallory: User, client_for: ClientFor
) -> None:
    alice = make_user("Alice Reed", roles=("User administrator",))
    bob = make_user("Bob Lund", roles=("Staff",))
    with tenant_context(globex):
        move_content_types(1_000)
    ids = []
    for tenant, admin in ((acme, alice), (globex, mallory)) * 2:
        with tenant_context(tenant):
            ids.append(ContentType.objects.get_for_model(User).pk)
        assert client_for(tenant, admin).get("/people/").status_code == 200
        assert client_for(acme, bob).get("/people/").status_code == 403
    assert ids[:2] == ids[2:]
    assert ids[1] == ids[0] + 1_000


def test_after_the_answer_the_connection_is_on_the_register(acme: Tenant) -> None:
    Client().get("/sign-in/", HTTP_HOST="acme.localhost")
    assert current_schema() == "public"


def test_after_a_crash_the_connection_is_on_the_register(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_arguments: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("huume.middleware.TenantMiddleware._answer", crash)
    with pytest.raises(RuntimeError):
        Client().get("/sign-in/", HTTP_HOST="acme.localhost")
    assert current_schema() == "public"


def test_cookies_have_no_domain_so_that_no_other_host_gets_them(hers: TenantClient) -> None:
    hers.get("/")
    assert {cookie["domain"] for cookie in hers.cookies.values()} == {""}
    assert not settings.SESSION_COOKIE_DOMAIN
    assert not settings.CSRF_COOKIE_DOMAIN
    assert not settings.LANGUAGE_COOKIE_DOMAIN


def test_log_lines_name_tenant_and_request(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[dict[str, Any]] = []

    def log(*_arguments: Any) -> None:
        record = logging.makeLogRecord({"msg": "one line\nor two", "levelname": "INFO"})
        lines.append(json.loads(JsonFormatter().format(record)))

    monkeypatch.setattr("accounts.middleware.GateMiddleware.process_view", log)
    answer = Client().get("/sign-in/", HTTP_HOST="acme.localhost")
    assert (lines[0]["tenant"], lines[0]["request"]) == ("acme", answer["X-Request-Id"])
    assert request_id.get() == ""
