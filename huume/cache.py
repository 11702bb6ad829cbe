"""Cache keys carry the tenant's schema, so that tenants are apart by construction."""

from django.core.cache import cache

from tenants.schemas import current_schema


def tenant_key(key: str, key_prefix: str, version: int) -> str:
    return f"{current_schema()}:{key_prefix}:{version}:{key}"


def count(key: str, seconds: int | None) -> int:
    """One more of what is counted under this key for so many seconds from the first one on; how many there are now."""
    cache.add(key, 0, seconds)
    try:
        return int(cache.incr(key))
    except ValueError:  # evicted meanwhile, or its time was over
        return 1
