from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.core.validators import validate_email

from tenants.commands import OneLineCommand
from tenants.provision import provision


class Command(OneLineCommand):
    help = "Adds a tenant: its schema, its hosts, its standard roles. Run again, it updates name, contact and hosts."
    example = "acme --name 'Acme Homes' --contact it@acme.example --host portal.acme.example"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subdomain", help="Becomes the host and the name of the schema.")
        parser.add_argument("--name", required=True, help="As people call the organisation.")
        parser.add_argument("--contact", default="", help="Email of the IT administrator.")
        parser.add_argument(
            "--host", action="append", default=[], help="A host of the customer's own; may be repeated."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["name"].strip():
            raise ValidationError("The name is empty.")
        if options["contact"]:
            validate_email(options["contact"])
        tenant, made = provision(
            options["subdomain"].strip().lower(),
            options["name"].strip(),
            contact=options["contact"],
            hosts=options["host"],
        )
        self.stdout.write(f"{tenant.name} is {'ready' if made else 'up to date'} at {tenant.address}")
