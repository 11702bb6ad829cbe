from typing import Any

from django.db import transaction
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand

from tenants.provision import ensure_staff


class Command(MigrateSchemasCommand):
    help = "Brings the register and every tenant's schema up to date; a fresh database is ready afterwards."

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)  # type: ignore[no-untyped-call]  # the library is untyped
        whole = not (options.get("schema_name") or options.get("tenant") or options.get("app_label"))
        if whole and not options.get("plan") and not options.get("check_unapplied"):
            with transaction.atomic():
                ensure_staff()
