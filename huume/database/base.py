"""django-tenants' database backend, with two guards of ours on its search_path."""

from typing import Any

from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantDatabaseWrapper


class DatabaseWrapper(TenantDatabaseWrapper):
    def _handle_search_path(self, cursor: Any = None) -> None:
        """Sets search_path once for each checkout of a connection, and again where the server says it changed.

        PostgreSQL 18 reports search_path to the client (protocol, "ParameterStatus"), so looking is free.
        """
        if self.search_path_set_schemas and not self._server_agrees():
            self.search_path_set_schemas = None
        super()._handle_search_path(cursor)  # type: ignore[no-untyped-call]  # the library is untyped

    def _server_agrees(self) -> bool:
        reported = self.connection.pgconn.parameter_status(b"search_path")
        if reported is None:
            return True
        parts = [part.strip().strip('"') for part in reported.decode().split(",")]
        return parts == list(self.search_path_set_schemas or [])
