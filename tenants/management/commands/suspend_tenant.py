from typing import Any

from tenants.actor import COMMAND
from tenants.commands import TenantCommand
from tenants.models import Tenant


class Command(TenantCommand):
    help = "Suspends a tenant: nobody signs in, open sessions are gone; data stays."
    example = "acme"

    def handle_tenant(self, tenant: Tenant, **options: Any) -> None:
        tenant.suspend(COMMAND)
        self.stdout.write(f"{tenant.name} is suspended: nobody can sign in.")
