"""What the tests of the access rules share: roles of their making, and changes at once on connections of their own."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection, connections
from django_tenants.utils import tenant_context

from accounts.access import save_role
from accounts.models import Role
from tenants.models import Tenant

Act = Callable[[], Any]


def role(name: str) -> Role:
    return Role.objects.get(name=name)


def make_role(name: str, *codenames: str, is_active: bool = True) -> Role:
    return save_role(Role(), name=name, description="", is_active=is_active, codenames=codenames, by=None)


def change_role(changed: Role, **changes: Any) -> Role:
    """The role saved with everything as it is, but for `changes` (and `by`: None unless it is said)."""
    as_it_is = {"name": changed.name, "description": changed.description, "is_active": changed.is_active}
    given = changed.codenames() if changed.pk else []
    return save_role(changed, **{"codenames": given, "by": None, **as_it_is, **changes})


def apart(tenant: Tenant, act: Act) -> Any:
    """What `act` returns, done in a thread on a connection of its own: committed, unlike all else in a test."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(on_own_connection, tenant, act).result()


def on_own_connection(tenant: Tenant, act: Act) -> Any:
    """For a thread: its connection is another one than the test's, and closed afterwards."""
    try:
        with tenant_context(tenant):
            return act()
    finally:
        connections.close_all()


def at_once(tenant: Tenant, *acts: Act, held: str) -> list[BaseException | None]:
    """How each act ended, where all of them had begun before the first could write to the table `held`."""
    with ThreadPoolExecutor(len(acts)) as threads:
        with table_held(f'"{tenant.schema_name}".{held}'):
            running: list[Future[Any]] = [threads.submit(on_own_connection, tenant, act) for act in acts]
            wait_for_waiting(len(acts))
        return [future.exception() for future in running]


@contextmanager
def table_held(table: str) -> Iterator[None]:
    """Nobody else writes to the table; everybody reads it."""
    parameters = {name: connection.get_connection_params()[name] for name in ("dbname", "user", "host", "port")}
    with psycopg.connect(**parameters) as holder:
        holder.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        yield


def wait_for_waiting(number: int) -> None:
    """Until so many connections to this database wait for a lock. Raises TimeoutError after ten seconds."""
    until = time.monotonic() + 10
    while _waiting() < number:
        if time.monotonic() > until:
            raise TimeoutError(f"{_waiting()} connections wait for a lock, not {number}.")
        time.sleep(0.02)


def _waiting() -> int:
    with connection.cursor() as cursor:
        # Within a transaction it is looked at once only, and whoever connects later would not be seen.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])
