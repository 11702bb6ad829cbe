from typing import Any

from accounts.access import resume
from accounts.user_commands import UserCommand, require_person
from tenants.models import Tenant


class Command(UserCommand):
    help = "Lets a suspended person sign in again, with the roles and teams of before."
    example = "acme bob@acme.example"

    def handle_person(self, tenant: Tenant, **options: Any) -> str:
        person = require_person(options["email"], options["user"])
        resume(person, by=None)
        return f"{person.email} of {tenant.name} may sign in again."
