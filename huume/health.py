import logging

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django_tenants.utils import schema_context

logger = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> JsonResponse:
    """200 where the database answers and its register is migrated, 503 otherwise. Names no tenant and no version."""
    try:
        with schema_context("public"):
            pending = migrations_pending()
    except (DatabaseError, OSError) as error:
        logger.error("health: database: %s", type(error).__name__)
        return JsonResponse({"database": "failed", "migrations": "unknown"}, status=503)
    status = {"database": "ok", "migrations": "pending" if pending else "ok"}
    return JsonResponse(status, status=503 if pending else 200)


def migrations_pending() -> bool:
    executor = MigrationExecutor(connection)
    targets = [key for key in executor.loader.graph.leaf_nodes() if key[0] == "tenants"]
    return bool(executor.migration_plan(targets))
