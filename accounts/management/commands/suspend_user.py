from typing import Any

from accounts.access import suspend
from accounts.user_commands import UserCommand, require_person
from tenants.models import Tenant


class Command(UserCommand):
    help = "Suspends a person: they cannot sign in, and their open sessions are gone. Their roles and teams stay."
    example = "acme bob@acme.example"

    def handle_person(self, tenant: Tenant, **options: Any) -> str:
        person = require_person(options["email"], options["user"])
        suspend(person, by=None)
        return f"{person.email} of {tenant.name} is suspended: no way in."
