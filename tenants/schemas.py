"""Whose schema the connection is on, in typed words: what django-tenants adds to it is not known to Django's types."""

from typing import Any, cast

from django.db import connection

_connection = cast(Any, connection)


def current_schema() -> str:
    return str(_connection.schema_name)


def current_tenant() -> Any:
    """The Tenant, or a stand-in with a schema name alone (within schema_context)."""
    return _connection.tenant


def set_tenant(tenant: Any) -> None:
    _connection.set_tenant(tenant)


def set_register() -> None:
    _connection.set_schema_to_public()
