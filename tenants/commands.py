"""What the tenant commands share: how they find their tenant, and how they say no."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_tenants.utils import tenant_context

from tenants.discovery import DiscoveryError
from tenants.models import Tenant


class OneLineCommand(BaseCommand):
    """A command whose refusals are one clear line and exit status 1; `example` ends its --help."""

    example = ""
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        epilog = f"Example: manage.py {subcommand} {self.example}" if self.example else None
        parser = super().create_parser(prog_name, subcommand, epilog=epilog, **kwargs)
        # Raises CommandError for wrong arguments, where argparse would print its usage and exit with 2.
        parser.called_from_command_line = False
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except CommandError as error:
            self.stderr.write(f"{error}. See: manage.py {argv[1]} --help")
            sys.exit(1)

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except DiscoveryError as error:
            raise CommandError(str(error)) from error


class TenantCommand(OneLineCommand):
    """A command about one customer, which refuses Huume's own staff and the register itself."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subdomain", help="The tenant's subdomain, such as acme.")

    def handle(self, *args: Any, **options: Any) -> str | None:
        with chosen_tenant(options["subdomain"]) as tenant:
            return self.handle_tenant(tenant, **options)

    def handle_tenant(self, tenant: Tenant, **options: Any) -> str | None:
        raise CommandError(f"{type(self).__module__} does nothing for a tenant.")


@contextmanager
def chosen_tenant(subdomain: str) -> Iterator[Tenant]:
    """The tenant, with its schema set. Raises CommandError where it is none of a customer's."""
    subdomain = subdomain.strip().lower()
    if subdomain in {settings.STAFF_SCHEMA, "public"}:
        raise CommandError(f"“{subdomain}” is Huume's own. Name a customer's subdomain.")
    tenant = Tenant.objects.filter(schema_name=subdomain).first()
    if tenant is None:
        raise CommandError(f"There is no tenant “{subdomain}”.")
    with tenant_context(tenant):
        yield tenant


def read_secret(stream: Any, what: str) -> str:
    """One secret from standard input, without the line break at its end. Raises CommandError where there is none."""
    secret = str(stream.read(20_000)).strip("\r\n")
    if not secret.strip():
        raise CommandError(f"No {what} came on standard input.")
    return secret
