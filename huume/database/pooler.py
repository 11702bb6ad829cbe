"""Finds a transaction pooler between us and PostgreSQL, and refuses to work through one.

A transaction pooler (PgBouncer with pool_mode=transaction) gives a connection another server session whenever no
transaction is open, so the search_path of one tenant meets the statements of another. Huume has a pool of its own.
"""

import logging
from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import OperationalError, connection

# Other clients of the pooler may take or give back a session between two of our looks.
ROUNDS = 3
SENTENCE = (
    "The database is reached through a transaction pooler (such as PgBouncer with pool_mode=transaction): statements "
    "of one connection run in several sessions of the server, so one tenant would be shown another's data. Let "
    "DATABASE_URL name PostgreSQL itself, or a pooler with pool_mode=session; DATABASE_POOL sets the size of our own."
)
logger = logging.getLogger(__name__)


class TransactionPoolerError(OperationalError):
    """One sentence for the operator."""

    def __init__(self) -> None:
        super().__init__(SENTENCE)


def refuse_transaction_pooler(parameters: Mapping[str, Any]) -> None:
    """Raises TransactionPoolerError, or psycopg.OperationalError where the database cannot be reached.

    `parameters` are those of psycopg.connect.
    """
    try:
        with _connect(parameters) as first, _connect(parameters) as second:
            found = any(_sessions_move(first, second) for _round in range(ROUNDS))
    except psycopg.errors.ProtocolViolation:
        # PgBouncer with pool_mode=statement: it forbids transactions.
        found = True
    if found:
        raise TransactionPoolerError


def refuse_at_start() -> None:
    """For the start of a server: a database that is not there yet is no reason to stay down."""
    try:
        refuse_transaction_pooler(connection.get_connection_params())
    except psycopg.Error as error:
        logger.warning("database not reached at start, looked for no pooler: %s", type(error).__name__)


def _connect(parameters: Mapping[str, Any]) -> psycopg.Connection[Any]:
    return psycopg.connect(**{**parameters, "autocommit": True})


def _sessions_move(first: psycopg.Connection[Any], second: psycopg.Connection[Any]) -> bool:
    before = _session(first)
    with second.transaction():
        # In this order: a pooler with one session to give would leave the second look without an answer.
        return _session(second) == before or _session(first) != before


def _session(of: psycopg.Connection[Any]) -> int:
    row = of.execute("SELECT pg_backend_pid()").fetchone()
    return int(row[0]) if row else 0
