"""The history is added to and never changed: what is kept of a change, where, and what PostgreSQL refuses."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import schema_context, tenant_context

from accounts import history
from accounts.models import HistoryEntry, HistoryName
from tenants.actor import COMMAND, Actor
from tenants.models import Tenant
from tenants.provision import provision
from tenants.record import record
from tenants.schemas import current_schema

ADA = Actor("staff", key="7", name="ada@huume.example", ip_address="192.0.2.1")
CHANGES = [
    "UPDATE accounts_historyentry SET kind = 'x'",
    "UPDATE accounts_historyentry SET kind = 'x' WHERE id = -1",
    "DELETE FROM accounts_historyentry",
    "DELETE FROM accounts_historyentry WHERE id = -1",
    "TRUNCATE accounts_historyentry",
    "TRUNCATE accounts_historyname, accounts_historyentry",
    "SET LOCAL session_replication_role = replica; DELETE FROM accounts_historyentry",
    "INSERT INTO accounts_historyentry OVERRIDING SYSTEM VALUE SELECT * FROM accounts_historyentry"
    " ON CONFLICT (id) DO UPDATE SET kind = 'x'",
]


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("schema", ["acme", "staff"])
@pytest.mark.parametrize("statement", CHANGES)
def test_postgresql_refuses_to_change_an_entry(acme: Tenant, schema: str, statement: str) -> None:
    with schema_context(schema):
        history.write("setup_link.sent", ADA)
        with pytest.raises(DatabaseError, match=rf"history is append-only: \w+ of {schema}\.accounts_historyentry"):
            run(statement)
        assert [entry.kind for entry in HistoryEntry.objects.all()] == ["setup_link.sent"]


def test_nor_by_the_models(acme: Tenant) -> None:
    entry = history.write("setup_link.sent", ADA)
    for change in (entry.delete, entry.save, HistoryEntry.objects.all().delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


@pytest.mark.parametrize("path", ["globex, public", "pg_temp, acme, public"])
def test_another_search_path_does_not_help(acme: Tenant, path: str) -> None:
    history.write("setup_link.sent", ADA)
    with pytest.raises(DatabaseError, match="append-only"):
        run(f"SET LOCAL search_path = {path}; DELETE FROM acme.accounts_historyentry")


def test_a_tenant_with_a_history_can_still_be_deleted(staff: Tenant) -> None:
    tenant, _made = provision("initech", "Initech")
    record(tenant, "setup_link.sent", by=ADA)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    tenant.delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'initech'")
        assert cursor.fetchone() == (0,)


def test_nothing_of_it_is_in_the_public_schema(acme: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('public.accounts_historyentry'), to_regproc('public.accounts_history_refuse')"
        )
        assert cursor.fetchone() == (None, None)


SECRETS: list[dict[str, Any]] = [
    {"client_secret": "x"},
    {"clientSecret": "x"},
    {"token": "x"},
    {"codes": ["123456"]},
    {"code": 123456},
    {"password": "x"},
    {"key": "x"},
    {"private-key": "x"},
    {"provider": {"settings": [{"secret": "x"}]}},
]


@pytest.mark.parametrize("values", SECRETS)
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_secret_is_refused_by_its_name(acme: Tenant, values: dict[str, Any], side: str) -> None:
    sides: dict[str, Any] = {side: values}
    with pytest.raises(ValueError, match="is a secret by its name") as refusal:
        history.write("provider.changed", ADA, **sides)
    assert "123456" not in str(refusal.value)
    assert not HistoryEntry.objects.exists()


def test_that_there_is_a_secret_and_until_when_may_be_said(acme: Tenant) -> None:
    values = {"secret_changed": True, "client_secret": None, "secret_expires_on": "2027-01-31", "codes_count": 3}
    assert history.write("provider.changed", ADA, after=values).after == values


@pytest.mark.parametrize("schema", ["acme", "globex", "public", "staff"])
def test_it_is_kept_in_the_tenants_own_schema_wherever_it_is_told(acme: Tenant, schema: str) -> None:
    with schema_context(schema):
        record(acme, "setup_link.sent", by=ADA, about="a1", before={"days": 1}, after={"days": 7})
        assert current_schema() == schema
    (entry,) = HistoryEntry.objects.all()
    assert (entry.kind, entry.actor_kind, entry.actor, entry.about) == ("setup_link.sent", "staff", "7", "a1")
    assert (entry.before, entry.after, entry.ip_address) == ({"days": 1}, {"days": 7}, "192.0.2.1")


def test_another_tenants_history_knows_nothing_of_it(acme: Tenant, globex: Tenant, staff: Tenant) -> None:
    record(acme, "setup_link.sent", by=ADA)
    for other in (globex, staff):
        with tenant_context(other):
            assert not HistoryEntry.objects.exists()
            assert not HistoryName.objects.exists()


def test_what_is_undone_leaves_nothing_behind(acme: Tenant) -> None:
    with transaction.atomic():
        record(acme, "setup_link.sent", by=ADA)
        transaction.set_rollback(True)
    assert not HistoryEntry.objects.exists()


def test_a_name_stands_apart_and_can_be_erased(acme: Tenant) -> None:
    entry = history.write("setup_link.sent", ADA)
    assert HistoryName.objects.get(key=entry.actor_key).name == "ada@huume.example"
    assert "ada" not in str(HistoryEntry.objects.values().get())
    HistoryName.objects.all().delete()
    assert HistoryEntry.objects.get() == entry


def test_a_new_name_takes_the_old_ones_place(acme: Tenant) -> None:
    history.write("setup_link.sent", ADA)
    history.write("setup_link.sent", Actor("staff", key="7", name="Ada Lane"))
    assert [name.name for name in HistoryName.objects.all()] == ["Ada Lane"]


def test_addresses_in_the_values_stand_apart_too(acme: Tenant) -> None:
    sent = {"email": "it@acme.example", "text": ["To it@acme.example.", "and to Bob <bob@acme.example>"], "days": 7}
    entry = history.write("setup_link.sent", ADA, before={"email": "it@acme.example"}, after=sent)
    assert "@" not in str(HistoryEntry.objects.values().get())
    first = entry.before["email"]
    assert entry.after["text"][0] == f"To {first}."
    assert HistoryName.objects.get(key=first).name == "it@acme.example"
    assert HistoryName.objects.filter(key__startswith="address:").count() == 2


def test_what_no_person_did_has_no_name(acme: Tenant) -> None:
    assert history.write("provider.checked", COMMAND).actor_key == ""
    assert not HistoryName.objects.exists()


def test_staffs_own_history_is_written_from_a_tenants_schema(acme: Tenant, staff: Tenant) -> None:
    history.note_in_staff("emergency.asked", ADA, about="e1", after={"tenant": "acme"})
    assert current_schema() == "acme"
    assert not HistoryEntry.objects.exists()
    with tenant_context(staff):
        assert HistoryEntry.objects.get().about == "e1"
