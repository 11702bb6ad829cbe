from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts import client_keys
from tenants.actor import COMMAND
from tenants.commands import TenantCommand
from tenants.models import IdentityProvider, Tenant


class Command(TenantCommand):
    help = (
        "Makes a new generation of the keys by which we prove to a provider that we are its client (private_key_jwt). "
        "It is published at once and signs 24 hours later; the older one stays published for 24 hours more. "
        "Where a new generation waits for its turn already, nothing is made."
    )
    example = "acme okta"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("slug", help="The provider's slug, such as okta.")

    def handle_tenant(self, tenant: Tenant, **options: Any) -> None:
        provider = IdentityProvider.objects.filter(tenant=tenant, slug=options["slug"]).first()
        if provider is None:
            raise CommandError(f"{tenant.name} has no provider “{options['slug']}”.")
        newest = client_keys.roll_over(provider, COMMAND)
        begins = timezone.localtime(client_keys.signs_from(newest))
        self.stdout.write(
            f"The newest keys of {tenant.name}’s {provider.button_label} sign from {begins:%d %b %Y %H:%M %Z}. "
            f"Published: {client_keys.jwks_address(provider)}"
        )
