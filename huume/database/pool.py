"""Whether a pooled connection still works, for the price of a look at its socket."""

import select
import time
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

# Firewalls forget silent connections without a word to either end, so silence is believed for this long only.
TRUSTED_SECONDS = 30.0


def check_connection(pooled: Any) -> None:
    """Raises psycopg.OperationalError for a connection that is lost; the pool then makes another.

    A server that goes away says so or closes the socket, and either can be read: only then, or after a long silence,
    is a round trip paid for. Where one is lost the others of the pool are looked at too: the pool waits longer
    before each further try, and after a restart of the server all of them are lost.
    """
    now = time.monotonic()
    if now - getattr(pooled, "checked_at", 0.0) < TRUSTED_SECONDS and not _is_readable(pooled):
        pooled.checked_at = now
        return
    try:
        ConnectionPool.check_connection(pooled)
    except psycopg.Error:
        pooled._pool.check()
        raise
    pooled.checked_at = now


def _is_readable(pooled: psycopg.Connection[Any]) -> bool:
    """Between statements there is nothing to read; a closed socket counts as readable."""
    if pooled.closed:
        return True
    poll = select.poll()
    poll.register(pooled.fileno(), select.POLLIN | select.POLLRDHUP)
    return bool(poll.poll(0))
