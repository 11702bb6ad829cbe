"""The pool of connections: lost ones are replaced, used ones come back, and too few of them is a page, not a crash."""

from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from psycopg_pool import ConnectionPool

from huume.database.pool import TRUSTED_SECONDS
from huume.tests.pooled_threads import answer_of, execute, in_thread, pooled_connections, server_process
from tenants import hosts
from tenants.models import Tenant


@pytest.fixture
def round_trips(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Connections that were asked whether they work."""
    asked: list[Any] = []
    ask = ConnectionPool.check_connection

    def count(pooled: Any) -> None:
        asked.append(pooled)
        ask(pooled)

    monkeypatch.setattr(ConnectionPool, "check_connection", staticmethod(count))
    return asked


def test_no_free_connection_is_an_error_in_time(acme: Tenant) -> None:
    with (
        pooled_connections(1, timeout=0.1) as pool,
        pool.connection(timeout=10),
        pytest.raises(OperationalError, match="couldn't get a connection"),
    ):
        in_thread(server_process)


def test_no_free_connection_is_a_page_that_says_when_to_come_back(acme: Tenant) -> None:
    hosts.find("acme.localhost")
    with pooled_connections(1, timeout=0.1) as pool, pool.connection(timeout=10):
        status, headers, page = in_thread(lambda: answer_of("/sign-in/", "acme.localhost"))
    assert status == 503
    assert headers["Retry-After"] == "10"
    assert "out of reach for a moment" in page


def test_no_free_connection_before_the_host_is_known_is_plain(acme: Tenant) -> None:
    hosts.forget()
    with pooled_connections(1, timeout=0.1) as pool, pool.connection(timeout=10):
        status, headers, page = in_thread(lambda: answer_of("/sign-in/", "acme.localhost"))
    assert status == 503
    assert headers["Content-Type"].startswith("text/plain")
    assert "acme" not in page.lower()


def test_a_request_gives_its_connection_back(acme: Tenant) -> None:
    with pooled_connections(1, timeout=5) as pool:
        for _request in range(3):
            assert in_thread(lambda: answer_of("/sign-in/", "acme.localhost")).status == 200
        assert pool.get_stats()["pool_available"] == 1


def test_lost_connections_are_replaced_at_the_next_checkout(acme: Tenant) -> None:
    """As after a restart of the server. The pool's own four tries would wait 3 s between them, and give up."""
    with pooled_connections(4, timeout=2.5) as pool:
        held = [pool.getconn(timeout=10) for _ in range(4)]
        lost = sorted(each.info.backend_pid for each in held)
        for each in held:
            pool.putconn(each)
        execute(f"SELECT pg_terminate_backend(pid, 5000) FROM unnest(ARRAY{lost}) AS pid")
        assert in_thread(server_process) not in lost


def test_a_working_connection_costs_no_round_trip(acme: Tenant, round_trips: list[Any]) -> None:
    with pooled_connections(1):
        first = in_thread(server_process)
        round_trips.clear()
        assert in_thread(server_process) == first
    assert round_trips == []


def test_a_connection_that_was_silent_for_long_is_asked(acme: Tenant, round_trips: list[Any]) -> None:
    with pooled_connections(1) as pool:
        in_thread(server_process)
        with pool.connection() as pooled:
            pooled.checked_at -= TRUSTED_SECONDS
        round_trips.clear()
        in_thread(server_process)
    assert len(round_trips) == 1


def test_a_message_of_the_server_is_no_loss(acme: Tenant, round_trips: list[Any]) -> None:
    with pooled_connections(1) as pool:
        first = in_thread(server_process)
        with pool.connection() as pooled:
            pooled.execute("LISTEN test_a_message")
        execute_elsewhere("NOTIFY test_a_message")
        round_trips.clear()
        assert in_thread(server_process) == first
    assert len(round_trips) == 1


def execute_elsewhere(sql: str) -> None:
    with psycopg.connect(**{**connection.get_connection_params(), "autocommit": True}) as other:
        other.execute(sql.encode())
