from typing import Any

from tenants.actor import COMMAND
from tenants.commands import TenantCommand
from tenants.models import Tenant


class Command(TenantCommand):
    help = "Lets a suspended tenant's people sign in again."
    example = "acme"

    def handle_tenant(self, tenant: Tenant, **options: Any) -> None:
        tenant.resume(COMMAND)
        self.stdout.write(f"{tenant.name} is open again.")
