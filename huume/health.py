import logging
from functools import cache

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse
from django_tenants.utils import schema_context

logger = logging.getLogger(__name__)
# Staff's schema stands for all tenants': what it has, `migrate_schemas` got round to.
APPLIED = f"""
    SELECT app, name FROM public.django_migrations
    INTERSECT SELECT app, name FROM "{settings.STAFF_SCHEMA}".django_migrations
"""  # noqa: S608


def healthz(request: HttpRequest) -> JsonResponse:
    """200 where the database answers and is migrated, 503 otherwise. Names no tenant and no version."""
    try:
        with schema_context("public"):
            pending = migrations_pending()
    except (DatabaseError, OSError) as error:
        logger.error("health: database: %s", type(error).__name__)
        return JsonResponse({"database": "failed", "migrations": "unknown"}, status=503)
    status = {"database": "ok", "migrations": "pending" if pending else "ok"}
    return JsonResponse(status, status=503 if pending else 200)


def migrations_pending() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(APPLIED)
        return not known_migrations().issubset(cursor.fetchall())


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """App and name of every migration in this process's code, which stays what it was at its start."""
    return frozenset(MigrationLoader(None).disk_migrations)
