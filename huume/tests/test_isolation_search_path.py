"""Whatever happens to a connection, its next statement runs in the schema of the tenant that is set."""

from collections.abc import Callable

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from accounts.models import Role
from huume.database.base import DatabaseWrapper
from huume.tests.pooled_threads import execute, in_thread, pooled_connections, schema_of_the_server, server_process
from tenants.models import Tenant
from tenants.schemas import current_schema, set_tenant


@pytest.fixture(params=["reported", "not reported, as below PostgreSQL 18"])
def reports(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "reported":
        monkeypatch.setattr(DatabaseWrapper, "_reported_search_path", lambda self: None)


def stay_on_acme(acme: Tenant, globex: Tenant, disturb: Callable[[], None]) -> str:
    """Disturbs a connection that is on acme, with globex before it, and says where its next statement runs."""

    def work() -> str:
        set_tenant(globex)
        schema_of_the_server()
        set_tenant(acme)
        assert schema_of_the_server() == "acme"
        disturb()
        return schema_of_the_server()

    return in_thread(work)


@pytest.mark.parametrize("sql", ["RESET search_path", "RESET ALL", "DISCARD ALL", "SET search_path = globex, public"])
def test_a_path_that_somebody_else_set(acme: Tenant, globex: Tenant, sql: str) -> None:
    assert stay_on_acme(acme, globex, lambda: execute(sql)) == "acme"


def test_a_path_that_somebody_set_behind_djangos_back(acme: Tenant, globex: Tenant) -> None:
    assert stay_on_acme(acme, globex, lambda: connection.connection.execute("SET search_path = globex")) == "acme"


def test_a_path_set_for_a_transaction(acme: Tenant, globex: Tenant) -> None:
    def disturb() -> None:
        with transaction.atomic():
            execute("SET LOCAL search_path = globex")
            assert schema_of_the_server() == "acme"

    assert stay_on_acme(acme, globex, disturb) == "acme"


def test_a_rollback(acme: Tenant, globex: Tenant, reports: None) -> None:
    """PostgreSQL takes a SET back with the transaction that it was made in."""

    def work() -> str:
        set_tenant(globex)
        schema_of_the_server()
        with transaction.atomic():
            set_tenant(acme)
            assert schema_of_the_server() == "acme"
            transaction.set_rollback(True)
        return schema_of_the_server()

    assert in_thread(work) == "acme"


def test_a_rollback_to_a_savepoint(acme: Tenant, globex: Tenant, reports: None) -> None:
    def work() -> str:
        set_tenant(globex)
        with transaction.atomic():
            schema_of_the_server()
            with transaction.atomic():
                set_tenant(acme)
                assert schema_of_the_server() == "acme"
                transaction.set_rollback(True)
            return schema_of_the_server()

    assert in_thread(work) == "acme"


def test_an_error_in_a_transaction(acme: Tenant, globex: Tenant, reports: None) -> None:
    def disturb() -> None:
        with pytest.raises(ProgrammingError), transaction.atomic():
            execute("SELECT nothing_such")

    assert stay_on_acme(acme, globex, disturb) == "acme"


def test_a_tenant_set_in_a_failed_transaction(acme: Tenant, globex: Tenant, reports: None) -> None:
    @transaction.atomic
    def fail_and_move() -> None:
        try:
            execute("SELECT nothing_such")
        finally:
            set_tenant(acme)

    def work() -> str:
        set_tenant(globex)
        with pytest.raises(ProgrammingError):
            fail_and_move()
        return schema_of_the_server()

    assert in_thread(work) == "acme"


def test_a_connection_that_is_closed_and_opened(acme: Tenant, globex: Tenant, reports: None) -> None:
    assert stay_on_acme(acme, globex, lambda: connection.close()) == "acme"


def test_a_connection_that_is_lost_and_opened(acme: Tenant, globex: Tenant, reports: None) -> None:
    def disturb() -> None:
        with pytest.raises(Exception, match=r"terminating connection|closed"):
            execute("SELECT pg_terminate_backend(pg_backend_pid())")
        connection.close_if_unusable_or_obsolete()

    assert stay_on_acme(acme, globex, disturb) == "acme"


def test_a_context_inside_another_gives_the_outer_one_back(acme: Tenant, globex: Tenant, reports: None) -> None:
    def disturb() -> None:
        with tenant_context(globex):
            assert schema_of_the_server() == "globex"

    assert stay_on_acme(acme, globex, disturb) == "acme"


def test_a_new_thread_starts_on_the_register(acme: Tenant) -> None:
    assert current_schema() == "acme"
    assert in_thread(lambda: (current_schema(), schema_of_the_server())) == ("public", "public")


def test_a_path_that_is_right_is_not_set_again(acme: Tenant) -> None:
    def statements() -> list[str]:
        set_tenant(acme)
        schema_of_the_server()
        set_tenant(acme)
        with CaptureQueriesContext(connection) as queries:
            schema_of_the_server()
        return [query["sql"] for query in queries]

    assert in_thread(statements) == ["SELECT current_schema()"]


def test_a_connection_that_another_tenant_had_before(acme: Tenant, globex: Tenant, reports: None) -> None:
    def work(tenant: Tenant) -> tuple[str, int]:
        set_tenant(tenant)
        return schema_of_the_server(), server_process()

    with pooled_connections(1):
        first, second = in_thread(lambda: work(globex)), in_thread(lambda: work(acme))
    assert (first[0], second[0]) == ("globex", "acme")
    assert first[1] == second[1]


def test_a_missing_table_is_an_error_and_never_another_schemas(acme: Tenant) -> None:
    execute("ALTER TABLE acme.accounts_role RENAME TO moved_away")
    with pytest.raises(ProgrammingError, match="accounts_role"):
        list(Role.objects.values_list("description"))


def test_a_missing_schema_is_an_error_and_never_anothers(acme: Tenant) -> None:
    execute("ALTER SCHEMA acme RENAME TO moved_away")
    with pytest.raises(ProgrammingError, match="accounts_role"):
        list(Role.objects.values_list("description"))


def test_the_public_schema_holds_the_register_and_nothing_else(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = {name for (name,) in cursor.fetchall()}
    assert {name for name in tables if not name.startswith("tenants_")} == {
        "django_migrations",
        "django_tasks_database_dbtaskresult",
    }
