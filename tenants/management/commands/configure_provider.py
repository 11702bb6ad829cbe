import sys
from typing import Any

from django.core.management.base import CommandParser

from tenants.actor import COMMAND
from tenants.commands import TenantCommand, read_secret
from tenants.configure import configure, default_kind, explain_remarks, look_up, require_one_of
from tenants.models import IdentityProvider, Tenant


class Command(TenantCommand):
    help = "Creates or updates a tenant's identity provider. The client secret comes on standard input only."
    example = "acme okta --domain acme.okta.com --client-id 0oa1b2 --client-secret-stdin --activate < secret.txt"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("slug", help="Part of the redirect URI, such as okta.")
        parser.add_argument(
            "--kind", choices=IdentityProvider.Kind.values, help="By default the slug, where it is a kind; else oidc."
        )
        parser.add_argument("--domain", default="", help="As the IT administrator hands it over: acme.okta.com.")
        parser.add_argument("--issuer", default="", help="The exact issuer, instead of a domain.")
        parser.add_argument("--client-id", required=True)
        parser.add_argument(
            "--client-secret-stdin", action="store_true", help="Read the client secret from standard input."
        )
        parser.add_argument(
            "--email-domain", action="append", help="A domain that the provider is trusted for; may be repeated."
        )
        parser.add_argument("--activate", action="store_true", help="Switch it live.")

    def handle_tenant(self, tenant: Tenant, **options: Any) -> None:
        slug = options["slug"].strip().lower()
        kind = options["kind"] or default_kind(slug)
        require_one_of(options["domain"], options["issuer"], kind)
        secret = read_secret(sys.stdin, "client secret") if options["client_secret_stdin"] else ""
        found = look_up(kind, domain=options["domain"], issuer=options["issuer"], client_id=options["client_id"])
        provider = configure(
            tenant,
            slug,
            kind=kind,
            found=found,
            client_id=options["client_id"],
            client_secret=secret,
            email_domains=options["email_domain"],
            by=COMMAND,
        )
        if options["activate"]:
            provider.activate(COMMAND)
        for remark in explain_remarks(found):
            self.stdout.write(remark)
        self.stdout.write(
            f"{provider} is {provider.get_status_display()}. Redirect URI: {tenant.address}{provider.redirect_path}"
        )
