"""/healthz: on every host, quick, and silent about whose it is."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from huume import health
from huume.tests.pooled_threads import answer_of, execute, in_thread
from tenants.models import Tenant

HOSTS = ["acme.localhost", "localhost", "nobody.localhost", "10.0.0.7:8000", "", "acme.localhost\x00"]


@pytest.fixture(autouse=True)
def _before(db: None) -> None:
    """The list of migrations is read once in a process, whose first call it would make slower."""
    health.known_migrations()


@pytest.mark.parametrize("schema", ["public", "staff"])
def test_a_migration_that_is_not_applied_is_a_503(schema: str) -> None:
    app = "tenants" if schema == "public" else "accounts"
    execute(f"DELETE FROM {schema}.django_migrations WHERE app = '{app}' AND name = '0001_initial'")
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "migrations": "pending"}


@pytest.mark.parametrize("table", ["public.django_migrations", "staff.django_migrations"])
def test_a_database_that_was_never_migrated_is_a_503(table: str) -> None:
    execute(f"ALTER TABLE {table} RENAME TO moved_away")
    assert Client().get("/healthz").status_code == 503


def test_a_database_that_is_down_is_a_503(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nonexistent")
    answer = in_thread(lambda: answer_of("/healthz", "nobody.localhost"))
    assert answer.status == 503
    assert "nonexistent" not in answer.text
    assert "health: database: OperationalError" in caplog.text


@pytest.mark.parametrize("host", HOSTS)
def test_every_host_has_it(acme: Tenant, host: str) -> None:
    answer = Client().get("/healthz", HTTP_HOST=host)
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "migrations": "ok"}


def test_it_is_no_way_into_a_host_that_is_nobodys() -> None:
    for path in ("/healthz/", "/healthz/sign-in/", "/healthzz", "//healthz"):
        assert Client().get(path, HTTP_HOST="nobody.localhost").status_code == 404


def test_a_suspended_tenants_host_has_it_too(acme: Tenant) -> None:
    acme.suspend()
    assert Client().get("/healthz", HTTP_HOST="acme.localhost").status_code == 200


def test_it_costs_one_statement_and_no_session(django_assert_num_queries: Any) -> None:
    Client().get("/healthz")
    with django_assert_num_queries(1):
        answer = Client().get("/healthz")
    assert not answer.cookies


def test_a_newer_schema_than_the_code_knows_is_healthy() -> None:
    """While a new version is rolled out the old one serves on."""
    for schema in ("public", "staff"):
        execute(
            f"INSERT INTO {schema}.django_migrations (app, name, applied) VALUES ('tenants', '9999_of_tomorrow', now())"
        )
    assert Client().get("/healthz").status_code == 200
