"""Many threads that read many tenants through the whole application, with trouble thrown in; and how often wrongly.

The views stand in for pages: they read one row through the ORM, after an error, a rollback, or a lost connection.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

from accounts.gate import open_to_anybody
from accounts.models import Landlord
from huume.tests.pooled_threads import answer_of, execute

READ = "/read/"
TROUBLE = ("/error/", "/caught-error/", "/rollback/", "/lost/", "/nothing-such/")
MODEL_SCHEMA = "acme"

handler404 = "huume.refusals.not_found"
handler500 = "huume.refusals.server_error"


@open_to_anybody
def read(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(Landlord.objects.get().name)


@open_to_anybody
def fail(_request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        Landlord.objects.get()
        execute("SELECT nothing_such")
    return HttpResponse()


@open_to_anybody
def fail_and_read(request: HttpRequest) -> HttpResponse:
    with suppress(DatabaseError), transaction.atomic():
        execute("SELECT nothing_such")
    return read(request)


@open_to_anybody
def roll_back(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        Landlord.objects.update(name="never kept")
        transaction.set_rollback(True)
    return read(request)


@open_to_anybody
def lose(_request: HttpRequest) -> HttpResponse:
    execute("SELECT pg_terminate_backend(pg_backend_pid())")
    return HttpResponse()


VIEWS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "read/": read,
    "error/": fail,
    "caught-error/": fail_and_read,
    "rollback/": roll_back,
    "lost/": lose,
}
urlpatterns = [path(route, view) for route, view in VIEWS.items()]


@contextmanager
def throw_away_tenants(names: Sequence[str]) -> Iterator[None]:
    """Committed tenants, each with one table (copied from acme's) that holds one row: the tenant's name."""
    with psycopg.connect(**{**connection.get_connection_params(), "autocommit": True}) as direct:
        try:
            for name in names:
                _make(direct, name)
            yield
        finally:
            for name in names:
                _drop(direct, name)


def _make(direct: psycopg.Connection[Any], name: str) -> None:
    statements = (
        f"CREATE SCHEMA {name}",
        f"CREATE TABLE {name}.accounts_landlord (LIKE {MODEL_SCHEMA}.accounts_landlord INCLUDING ALL)",
        f"INSERT INTO {name}.accounts_landlord (name, description) VALUES ('{name}', '')",
        "INSERT INTO public.tenants_tenant (schema_name, name, contact, created_at) "
        f"VALUES ('{name}', '{name}', '', now())",
        "INSERT INTO public.tenants_domain (domain, is_primary, tenant_id) "
        f"SELECT '{name}.localhost', true, id FROM public.tenants_tenant WHERE schema_name = '{name}'",
    )
    for statement in statements:
        direct.execute(statement.encode())


def _drop(direct: psycopg.Connection[Any], name: str) -> None:
    statements = (
        f"DROP SCHEMA IF EXISTS {name} CASCADE",
        f"DELETE FROM public.tenants_domain WHERE domain = '{name}.localhost'",
        f"DELETE FROM public.tenants_tenant WHERE schema_name = '{name}'",
    )
    for statement in statements:
        direct.execute(statement.encode())


def count_reads(tenants: Sequence[str], *, reads: int, threads: int, trouble_in: int = 10) -> Counter[str]:
    """How many reads were "right" and "wrong" (another tenant's name), and how many requests were "refused".

    One request in `trouble_in` is trouble. Settings must name this module as ROOT_URLCONF.
    """

    def work(number: int) -> Counter[str]:
        chance, seen = random.Random(number), Counter[str]()
        while seen["right"] + seen["wrong"] < reads // threads:
            tenant = chance.choice(tenants)
            route = chance.choice(TROUBLE) if chance.random() < 1 / trouble_in else READ
            answer = answer_of(route, f"{tenant}.localhost")
            seen["refused" if answer.status != 200 else "right" if answer.text == tenant else "wrong"] += 1
        return seen

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(work, range(threads)), Counter())
