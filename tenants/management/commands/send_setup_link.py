from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from tenants import setup_links
from tenants.actor import COMMAND
from tenants.commands import TenantCommand
from tenants.configure import default_kind
from tenants.models import IdentityProvider, Tenant


class Command(TenantCommand):
    help = (
        "Sends a tenant's IT contact the link to set a provider up by, which is made as a draft where it is new. "
        "Run again, a new link takes the former one's place, which is dead from then on."
    )
    example = "acme okta --email it@acme.example --days 14"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("slug", nargs="?", default="", help="The tenant's only provider by default, else okta.")
        parser.add_argument("--email", default="", help="The tenant's contact by default.")
        parser.add_argument(
            "--days", type=int, default=setup_links.DAYS, help=f"How long it opens: 1 to {setup_links.MOST_DAYS}."
        )
        parser.add_argument(
            "--kind", choices=IdentityProvider.Kind.values, default="", help="Of a new provider; by its slug."
        )
        parser.add_argument(
            "--print", action="store_true", dest="shown", help="Prints the link, this once, and sends nothing."
        )

    def handle_tenant(self, tenant: Tenant, **options: Any) -> None:
        email = options["email"] or tenant.contact
        if not email:
            raise CommandError(f"{tenant.name} has no IT contact on record. Name one with --email")
        with transaction.atomic():
            provider = provider_for(tenant, options["slug"], options["kind"])
            if options["shown"]:
                link, token = setup_links.make(provider, email, by=COMMAND, days=options["days"])
                said = f"{setup_links.address(link, token)}\nShown this once; its codes go to {link.email}."
            else:
                link = setup_links.send(provider, email, by=COMMAND, days=options["days"])
                said = f"On its way to {link.email}, for {provider}."
        until = date_format(timezone.localtime(link.expires_at), "j F Y, H:i T")
        self.stdout.write(f"{said} It opens until {until}. A former link is dead.")


def provider_for(tenant: Tenant, slug: str, kind: str) -> IdentityProvider:
    """Raises CommandError where it cannot be told which is meant, ValidationError for a slug that cannot be one."""
    there = {provider.slug: provider for provider in tenant.providers.all()}
    wanted = slug or (next(iter(there)) if len(there) == 1 else "okta")
    if wanted in there:
        if kind and there[wanted].kind != kind:
            raise CommandError(f"The provider {wanted} is there already, and its kind is {there[wanted].kind}")
        return there[wanted]
    if there and not slug:
        raise CommandError(f"{tenant.name} has several providers. Name one: {', '.join(there)}")
    return setup_links.draft(tenant, wanted, kind or default_kind(wanted))
