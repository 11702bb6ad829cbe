"""A tenant is made whole or not at all: row, schema, hosts, standard roles."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django_tenants.utils import schema_exists

from huume.testing import ClientFor
from tenants.models import Domain, Tenant
from tenants.provision import add_host, ensure_staff, provision
from tenants.signals import tenant_provisioned
from tenants.tests import manage_process

BAD = [
    "",
    "Initech",
    "initech_homes",
    "-initech",
    "initech-",
    "in--tech",
    "in.tech",
    "in tech",
    "x" * 41,
    "ünitech",
    "a\n",
]
RESERVED = ["www", "admin", "auth", "api", "public", "staff", "mail", "localhost", "oidc", "pg-catalog", "pg-x"]


def refusal(subdomain: str, **options: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        provision(subdomain, "Initech", **options)
    return str(refused.value.code)


def nothing_is_left_of(subdomain: str) -> bool:
    hosts = Domain.objects.filter(domain__startswith=f"{subdomain}.")
    return not (Tenant.objects.filter(schema_name=subdomain).exists() or hosts.exists() or schema_exists(subdomain))


@pytest.mark.parametrize("subdomain", BAD)
def test_what_is_no_label_of_a_host_is_refused(db: None, subdomain: str) -> None:
    assert refusal(subdomain) == "bad_subdomain"


@pytest.mark.parametrize("subdomain", RESERVED)
def test_a_reserved_subdomain_is_refused(db: None, subdomain: str) -> None:
    assert refusal(subdomain) == "reserved_subdomain"


def test_a_host_of_another_tenant_is_refused_and_nothing_is_left(globex: Tenant) -> None:
    assert refusal("initech", hosts=["portal.initech.example", "GLOBEX.localhost:8000"]) == "host_taken"
    assert nothing_is_left_of("initech")
    assert not Domain.objects.filter(domain="portal.initech.example").exists()


@pytest.mark.parametrize("host", ["portal", "portal_1.example", "*.example.org", "portal.example/", "", "a..b"])
def test_what_is_no_host_is_refused(acme: Tenant, host: str) -> None:
    with pytest.raises(ValidationError) as refused:
        add_host(acme, host)
    assert refused.value.code == "bad_host"
    assert acme.domains.count() == 1


def test_a_failure_after_the_schema_is_made_leaves_nothing(db: None) -> None:
    def fail(**_kwargs: Any) -> None:
        assert schema_exists("initech")
        raise RuntimeError("half way")

    tenant_provisioned.connect(fail)
    try:
        with pytest.raises(RuntimeError, match="half way"):
            provision("initech", "Initech")
    finally:
        tenant_provisioned.disconnect(fail)
    assert nothing_is_left_of("initech")


def test_a_schema_that_belongs_to_no_tenant_is_not_taken_over(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA initech; CREATE TABLE initech.somebody_elses (id int)")
    assert refusal("initech") == "schema_exists"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM initech.somebody_elses")
        assert cursor.fetchone() == (0,)


def test_a_new_tenant_answers_on_all_its_hosts(db: None, client_for: ClientFor) -> None:
    tenant, made = provision("initech", "Initech", contact="it@initech.example", hosts=["Portal.Initech.example."])
    assert made
    assert (tenant.schema_name, tenant.address) == ("initech", "http://initech.localhost:8000")
    for host in ("initech.localhost:8000", "portal.initech.example"):
        assert client_for(tenant).get("/sign-in/", headers={"host": host}).status_code == 200


def test_doing_it_again_brings_it_up_to_date_and_takes_nothing_away(acme: Tenant) -> None:
    tenant, made = provision("acme", "Acme Housing", hosts=["portal.acme.example"])
    assert (tenant.pk, made) == (acme.pk, False)
    provision("acme", "Acme Housing", hosts=["other.acme.example"])
    there = Tenant.objects.get(pk=acme.pk)
    assert (there.name, there.contact, there.primary_host) == ("Acme Housing", "it@acme.example", "acme.localhost")
    hosts = set(there.domains.values_list("domain", flat=True))
    assert hosts == {"acme.localhost", "portal.acme.example", "other.acme.example"}


def test_huumes_own_staff_are_made_once(staff: Tenant) -> None:
    assert ensure_staff().pk == staff.pk
    assert staff.primary_host == "localhost"


def test_the_public_schema_holds_the_register_and_nothing_of_a_tenants(acme: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_schema, table_name FROM information_schema.tables")
        tables = {(schema, name) for schema, name in cursor.fetchall() if schema in {"public", "acme"}}
    assert {name for schema, name in tables if schema == "public"} == {
        "django_migrations",
        "django_tasks_database_dbtaskresult",
        "tenants_clientkey",
        "tenants_domain",
        "tenants_emergencyaccess",
        "tenants_identityprovider",
        "tenants_mail",
        "tenants_providercheck",
        "tenants_providersettings",
        "tenants_setuplink",
        "tenants_setupsession",
        "tenants_tenant",
        "tenants_trialsignin",
    }
    assert ("acme", "accounts_user") in tables


@pytest.fixture
def throw_away(db: None) -> Iterator[str]:
    """A subdomain for a tenant that is really made, and removed afterwards."""
    subdomain = f"t-{secrets.token_hex(4)}"
    try:
        yield subdomain
    finally:
        with manage_process.connect() as other:
            other.execute(
                "DELETE FROM public.tenants_domain WHERE tenant_id IN"
                " (SELECT id FROM public.tenants_tenant WHERE schema_name = %s)",
                [subdomain],
            )
            other.execute("DELETE FROM public.tenants_tenant WHERE schema_name = %s", [subdomain])
            other.execute(f'DROP SCHEMA IF EXISTS "{subdomain}" CASCADE')


def test_a_process_killed_half_way_leaves_nothing_and_the_next_one_makes_it(throw_away: str) -> None:
    arguments = ("provision_tenant", throw_away, "--name", "Half Way")
    with manage_process.connect() as holder:
        # Hosts are written last, when schema and roles are there.
        holder.execute("LOCK TABLE public.tenants_domain IN EXCLUSIVE MODE")
        with manage_process.start(*arguments) as process:
            server_process = wait_for_one_that_waits_for("tenants_domain")
            process.kill()
    wait_until_gone(server_process)

    assert nothing_is_left_of(throw_away)
    said = f"Half Way is ready at http://{throw_away}.localhost:8000\n"
    assert manage_process.run(*arguments) == (0, said, "")
    assert Tenant.objects.get(schema_name=throw_away).primary_host == f"{throw_away}.localhost"
    assert schema_exists(throw_away)


def wait_for_one_that_waits_for(table: str) -> int:
    """The id of the server's process that waits for the table. Raises TimeoutError after 30 seconds."""
    return int(
        wait_for_row("SELECT pid FROM pg_locks WHERE NOT granted AND relation = %s::regclass", f"public.{table}")
    )


def wait_until_gone(server_process: int) -> None:
    wait_for_row("SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)", server_process)


def wait_for_row(query: str, parameter: object) -> Any:
    until = time.monotonic() + 30
    with manage_process.connect() as other:
        while time.monotonic() < until:
            if row := other.execute(query, [parameter]).fetchone():
                return row[0]
            other.rollback()
            time.sleep(0.02)
    raise TimeoutError(query)
