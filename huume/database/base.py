"""django-tenants' database backend with guards of ours: on the search_path, on pooled connections, on poolers."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.backends.base.base import NO_DB_ALIAS
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantDatabaseWrapper
from psycopg_pool import ConnectionPool

from huume.database.pool import check_connection
from huume.database.pooler import refuse_transaction_pooler

Server = tuple[Any, ...]


class DatabaseWrapper(TenantDatabaseWrapper):
    _direct_servers: ClassVar[set[Server]] = set()

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Before each statement: sets the search_path where the server's is another than the tenant's.

        PostgreSQL 18 reports search_path to the client (protocol, "Asynchronous Operations": ParameterStatus), so
        looking is free, and nothing that we remember is believed: neither after a rollback nor on a connection fresh
        from the pool. Older servers do not report it: there it is set on every checkout and after every rollback.
        """
        reported = self._reported_search_path()
        if reported is not None:
            wanted = self._get_cursor_search_paths()  # type: ignore[no-untyped-call]  # the library is untyped
            self.search_path_set_schemas = wanted if reported == wanted else None
        super()._handle_search_path(cursor)  # type: ignore[no-untyped-call]  # the library is untyped

    def _reported_search_path(self) -> list[str] | None:
        reported = self.connection.pgconn.parameter_status(b"search_path")
        if reported is None:
            return None
        # Names of schemas hold neither commas nor quotation marks (tenants.naming).
        return [part.strip().strip('"') for part in reported.decode().split(",")]

    def get_new_connection(self, conn_params: Mapping[str, Any]) -> Any:
        """As Django does it, after one look, in each process, for a transaction pooler: TransactionPoolerError."""
        server = tuple(conn_params.get(name) for name in ("host", "port", "dbname"))
        if server not in self._direct_servers:
            refuse_transaction_pooler(conn_params)
            self._direct_servers.add(server)
        return super().get_new_connection(conn_params)

    @property
    def pool(self) -> ConnectionPool[Any] | None:
        """Django's pool, but for a check that costs no round trip."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        if self.alias not in self._connection_pools:
            self._connection_pools.setdefault(self.alias, self._make_pool(options))
        pool: ConnectionPool[Any] = self._connection_pools[self.alias]
        return pool

    def _make_pool(self, options: Mapping[str, Any]) -> ConnectionPool[Any]:
        return ConnectionPool(
            kwargs={**self.get_connection_params(), "autocommit": True},
            open=False,
            configure=self._configure_connection,
            check=check_connection,
            **options,
        )
