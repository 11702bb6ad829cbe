"""Account managers add, find, change, suspend and delete tenants, and each change is in the log."""

from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_exists, tenant_context

from accounts.models import Session
from huume.testing import ClientFor, TenantClient, live_provider_row, make_user, sign_in
from huume.tests.staff_desk import ADA, enter
from tenants.models import Domain, Tenant
from tenants.provision import provision

LIST = "/admin/tenants/tenant/"


@pytest.fixture
def ada(staff: Tenant, client_for: ClientFor) -> TenantClient:
    """An account manager without a superuser's rights, both factors shown."""
    return enter(client_for(staff))


def page_of(tenant: Tenant, what: str = "change") -> str:
    return f"{LIST}{tenant.pk}/{what}/"


def last_entry() -> LogEntry:
    with tenant_context(Tenant.objects.get(schema_name="staff")):
        return LogEntry.objects.select_related("user", "content_type").order_by("-pk")[0]


def change_data(tenant: Tenant, **changed: Any) -> dict[str, Any]:
    rows = list(Domain.objects.filter(tenant=tenant).order_by("pk"))
    data: dict[str, Any] = {"name": tenant.name, "contact": tenant.contact, "session_minutes": "", "idle_minutes": ""}
    data |= {"domains-TOTAL_FORMS": len(rows), "domains-INITIAL_FORMS": len(rows)}
    for number, row in enumerate(rows):
        data |= {f"domains-{number}-id": row.pk, f"domains-{number}-tenant": tenant.pk}
        data |= {f"domains-{number}-domain": row.domain}
        data |= {f"domains-{number}-is_primary": "on"} if row.is_primary else {}
    return data | changed


def another_host(tenant: Tenant, host: str) -> dict[str, Any]:
    data = {"domains-1-domain": host, "domains-1-tenant": tenant.pk, "domains-TOTAL_FORMS": 2}
    return change_data(tenant, **data)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"schema_name": "www"}, "is reserved"),
        ({"schema_name": "Bad Name"}, "cannot be a subdomain"),
        ({"schema_name": "acme"}, "already"),
        ({"schema_name": "information-schema"}, "is reserved"),
        ({"hosts": "no host"}, "is not a host name"),
        ({"hosts": "acme.localhost"}, "belongs to another tenant"),
        ({"hosts": "admin.localhost"}, "is reserved"),
        ({"name": ""}, "required"),
    ],
)
def test_a_bad_new_tenant_is_refused_in_words(ada: TenantClient, typed: dict[str, str], words: str) -> None:
    data = {"name": "Initech", "schema_name": "initech", "contact": "", "hosts": ""} | typed
    answer = ada.post(f"{LIST}add/", data)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Tenant.objects.filter(name="Initech").exists()


def test_adding_a_tenant_provisions_it(ada: TenantClient) -> None:
    data = {"name": "Initech", "schema_name": "initech", "contact": "it@initech.example", "account_manager": ADA}
    answer = ada.post(f"{LIST}add/", {**data, "hosts": "Portal.Initech.Example.\r\n\r\n"})
    assert answer.status_code == 302
    tenant = Tenant.objects.get(schema_name="initech")
    assert schema_exists("initech")
    assert tenant.account_manager == ADA
    assert set(tenant.domains.values_list("domain", flat=True)) == {"initech.localhost", "portal.initech.example"}
    entry = last_entry()
    assert (entry.action_flag, entry.user.username, entry.object_repr) == (ADDITION, ADA, "Initech")


def test_content_types_of_one_schema_are_not_anothers(staff: Tenant, globex: Tenant) -> None:
    with tenant_context(globex):
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO django_content_type (id, app_label, model) VALUES (9999, 'tenants', 'made_up')")
        ContentType.objects.get_by_natural_key("tenants", "made_up")
        assert ContentType.objects.get_for_id(9999).model == "made_up"
    with tenant_context(staff), pytest.raises(ContentType.DoesNotExist):
        ContentType.objects.get_for_id(9999)


def test_the_list_shows_how_far_everybody_is(ada: TenantClient, acme: Tenant, globex: Tenant) -> None:
    live_provider_row(acme)
    page = ada.get(LIST).content.decode()
    for words in ("Acme Homes", "acme.localhost", "Okta: live", "Globex Housing", "a provider"):
        assert words in page


def test_huumes_own_staff_are_no_tenant_here(ada: TenantClient, staff: Tenant) -> None:
    assert "Huume</a></th>" not in ada.get(LIST).content.decode()
    assert ada.get(page_of(staff)).status_code == 302
    assert ada.post(page_of(staff, "suspend")).status_code == 403
    assert ada.post(page_of(staff, "delete"), {"name": staff.name}).status_code == 403


def test_the_list_costs_the_same_for_many_tenants(ada: TenantClient, acme: Tenant, globex: Tenant) -> None:
    ada.get(LIST)
    with CaptureQueriesContext(connection) as few:
        ada.get(LIST)
    for number in range(5):
        row = Tenant.objects.bulk_create([Tenant(schema_name=f"made-up-{number}", name=f"Made up {number}")])[0]
        Domain.objects.bulk_create([Domain(tenant=row, domain=f"made-up-{number}.localhost")])
        live_provider_row(row)
    assert "Made up 4" in ada.get(LIST).content.decode()
    with CaptureQueriesContext(connection) as many:
        ada.get(LIST)
    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=acme.localhost", {"acme"}),
        ("q=Globex", {"globex"}),
        ("suspended=yes", {"globex"}),
        ("suspended=no", {"acme"}),
        ("manager=nobody", {"globex"}),
        (f"manager={ADA}", {"acme"}),
        ("providers__status__exact=live", {"acme"}),
        ("providers__kind__exact=entra", set()),
    ],
)
def test_searching_and_filtering(ada: TenantClient, acme: Tenant, globex: Tenant, query: str, found: set[str]) -> None:
    live_provider_row(acme)
    live_provider_row(acme, slug="other")
    Tenant.objects.filter(pk=acme.pk).update(account_manager=ADA)
    globex.suspend()
    rows = ada.get(f"{LIST}?{query}").context["cl"].result_list
    assert sorted(row.schema_name for row in rows) == sorted(found)


def test_a_change_is_saved_and_logged(ada: TenantClient, acme: Tenant) -> None:
    answer = ada.post(page_of(acme), change_data(acme, name="Acme Living", session_minutes="30"))
    assert answer.status_code == 302
    acme.refresh_from_db()
    assert (acme.name, acme.session_minutes, acme.schema_name) == ("Acme Living", 30, "acme")
    entry = last_entry()
    assert entry.action_flag == CHANGE
    assert "Longest session" in entry.get_change_message()


def test_who_looks_after_it_is_kept(ada: TenantClient, acme: Tenant) -> None:
    ada.post(page_of(acme), change_data(acme, account_manager=ADA))
    acme.refresh_from_db()
    assert acme.account_manager == ADA


def test_its_page_leads_to_what_is_done_for_it(ada: TenantClient, acme: Tenant) -> None:
    page = ada.get(page_of(acme)).content.decode()
    for address in (f"/admin/setup-links/{acme.pk}/", "/admin/readiness/?q=acme", "/admin/break-glass/?tenant=acme"):
        assert f'href="{address}"' in page


def test_its_page_says_what_comes_next(ada: TenantClient, acme: Tenant) -> None:
    live_provider_row(acme)
    assert "live, next: First sign-in" in ada.get(page_of(acme)).content.decode()


def test_the_subdomain_never_changes(ada: TenantClient, acme: Tenant) -> None:
    ada.post(page_of(acme), change_data(acme, schema_name="acme-living", suspended_at="2026-01-01"))
    acme.refresh_from_db()
    assert (acme.schema_name, acme.suspended_at) == ("acme", None)


@pytest.mark.parametrize(
    ("host", "words"),
    [("globex.localhost", "another tenant"), ("admin.localhost", "is reserved"), ("no host", "is not a host name")],
)
def test_a_bad_host_is_refused(ada: TenantClient, acme: Tenant, globex: Tenant, host: str, words: str) -> None:
    assert words in ada.post(page_of(acme), another_host(acme, host)).content.decode()
    assert acme.domains.count() == 1


def test_a_host_is_stored_as_hosts_are(ada: TenantClient, acme: Tenant) -> None:
    assert ada.post(page_of(acme), another_host(acme, "Portal.Acme.Example:443")).status_code == 302
    assert acme.domains.filter(domain="portal.acme.example", is_primary=False).exists()
    assert "portal.acme.example" in last_entry().get_change_message()


def test_a_tenant_keeps_a_host(ada: TenantClient, acme: Tenant) -> None:
    answer = ada.post(page_of(acme), change_data(acme, **{"domains-0-DELETE": "on"}))
    assert "needs a host" in answer.content.decode()
    assert acme.domains.count() == 1


def test_one_host_is_the_primary_one(ada: TenantClient, acme: Tenant) -> None:
    data = another_host(acme, "portal.acme.example") | {"domains-1-is_primary": "on"}
    assert "one primary host" in ada.post(page_of(acme), data).content.decode()


def test_suspending_ends_sessions_and_is_logged(ada: TenantClient, acme: Tenant, client_for: ClientFor) -> None:
    sign_in(client_for(acme), acme, make_user("Bob Lund"))
    assert ada.get(page_of(acme, "suspend")).status_code == 405
    assert ada.post(page_of(acme, "suspend")).status_code == 302
    acme.refresh_from_db()
    assert acme.is_suspended
    assert not Session.objects.exists()
    assert last_entry().get_change_message().startswith("Suspended")
    ada.post(page_of(acme, "resume"))
    acme.refresh_from_db()
    assert not acme.is_suspended


@pytest.mark.parametrize("typed", ["", "acme homes", "acme", "Globex Housing"])
def test_deleting_wants_the_name(ada: TenantClient, acme: Tenant, typed: str) -> None:
    assert ada.post(page_of(acme, "delete"), {"name": typed, "post": "yes"}).status_code == 200
    assert Tenant.objects.filter(pk=acme.pk).exists()


def test_deleting_takes_everything_and_leaves_a_line_in_the_log(ada: TenantClient, staff: Tenant) -> None:
    initech, _made = provision("initech", "Initech")
    live_provider_row(initech)
    with connection.cursor() as cursor:
        # Made in this same transaction, as only a test does: checks that wait for its end keep tables.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert ada.post(page_of(initech, "delete"), {"name": "Initech"}).status_code == 302
    assert not Tenant.objects.filter(schema_name="initech").exists()
    assert not Domain.objects.filter(domain="initech.localhost").exists()
    assert not schema_exists("initech")
    entry = last_entry()
    assert (entry.action_flag, entry.object_repr) == (DELETION, "Initech")
    assert "initech.localhost" in entry.change_message


def test_nothing_is_deleted_by_a_bulk_action(ada: TenantClient, acme: Tenant) -> None:
    ada.post(LIST, {"action": "delete_selected", "_selected_action": acme.pk, "post": "yes"})
    assert Tenant.objects.filter(pk=acme.pk).exists()
