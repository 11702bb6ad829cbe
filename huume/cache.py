"""Cache keys carry the tenant's schema, so that tenants are apart by construction."""

from tenants.schemas import current_schema


def tenant_key(key: str, key_prefix: str, version: int) -> str:
    return f"{current_schema()}:{key_prefix}:{version}:{key}"
