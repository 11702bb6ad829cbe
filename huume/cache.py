"""Cache keys carry the tenant's schema, so that tenants are apart by construction."""

from django.db import connection


def tenant_key(key: str, key_prefix: str, version: int) -> str:
    schema: str = getattr(connection, "schema_name", "public")
    return f"{schema}:{key_prefix}:{version}:{key}"
