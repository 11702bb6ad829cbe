"""Work in threads, each on a connection of its own to the tests' database, pooled where a test says so."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple, TypeVar

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.test import RequestFactory
from psycopg_pool import ConnectionPool

from huume.database.base import DatabaseWrapper

Result = TypeVar("Result")


def in_thread(work: Callable[[], Result]) -> Result:
    """What the work returns or raises; outside the test's transaction, so that only what is committed is there."""

    def run() -> Result:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(run).result()


@contextmanager
def pooled_connections(largest: int, *, timeout: float = 10.0) -> Iterator[ConnectionPool[Any]]:
    """All threads begun within share a pool; the test's own connection stays as it is."""
    own = connections["default"]
    options = {"min_size": 1, "max_size": largest, "timeout": timeout}
    settings = {**own.settings_dict, "OPTIONS": {**own.settings_dict["OPTIONS"], "pool": options}}
    made = DatabaseWrapper(settings, alias="pooled").pool  # type: ignore[no-untyped-call]  # the library is untyped
    assert made is not None
    pool: ConnectionPool[Any] = made
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseWrapper, "pool", property(lambda self: None if self is own else pool))
        pool.open()
        yield pool
    pool.close()
    DatabaseWrapper._connection_pools.pop("pooled")


def schema_of_the_server() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def server_process() -> int:
    connection.ensure_connection()
    return int(connection.connection.pgconn.backend_pid)


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str


def answer_of(path: str, host: str) -> Answer:
    """What a worker would send: the whole application, with the signals at a request's end."""
    said: list[Any] = []
    environ = RequestFactory().get(path, HTTP_HOST=host).environ
    response = _application()(environ, lambda status, headers, *_rest: said.extend([status, dict(headers)]))
    body = b"".join(response)
    response.close()
    return Answer(int(said[0][:3]), said[1], body.decode())


@cache
def _application() -> Any:
    return WSGIHandler()
