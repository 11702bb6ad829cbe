import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import check_runs, check_words
from accounts.live_check import CHECKS, Line
from tenants.actor import COMMAND
from tenants.commands import TenantCommand
from tenants.models import IdentityProvider, Tenant

WIDTH = 10


class Command(TenantCommand):
    help = (
        "The live check of a tenant's provider: whether people will be able to sign in, and what to mend where. "
        "Exit status 1 when something has to be mended, 0 when not."
    )
    example = "acme okta --json"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("slug", nargs="?", default="", help="Which provider, where the tenant has several.")
        parser.add_argument("--json", action="store_true", help="A list of check, outcome, expected, found, advice.")

    def handle_tenant(self, tenant: Tenant, **options: Any) -> None:
        provider = choose(tenant, options["slug"].strip().lower())
        try:
            check = check_runs.ask(provider, by=COMMAND, most=check_runs.MOST_FOR_OPERATORS)
        except check_runs.CheckRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        lines = check_runs.carry_out(check, by=COMMAND)
        found = self._as_json(lines) if options["json"] else self._as_table(provider, lines)
        if len(found) < len(CHECKS):
            raise CommandError("The check did not come to its end: another one was begun, or the provider was removed.")
        if any(line.outcome == "failed" for line in found):
            sys.exit(1)

    def _as_json(self, lines: Iterator[Line]) -> list[Line]:
        found = list(lines)
        self.stdout.write(json.dumps([asdict(line) for line in found], indent=2, ensure_ascii=False))
        return found

    def _as_table(self, provider: IdentityProvider, lines: Iterator[Line]) -> list[Line]:
        """Line by line as they come; what to do where something is wrong."""
        found = []
        for line in lines:
            found.append(line)
            word = check_words.outcome_word(line.outcome)
            self.stdout.write(f"{word:<{WIDTH}}{check_words.title(line.check, provider, line.outcome)}: {line.found}")
            if line.outcome == "failed":
                self.stdout.write(f"{'':<{WIDTH}}Expected: {line.expected}")
            if line.outcome != "ok" and line.advice:
                self.stdout.write(f"{'':<{WIDTH}}{line.advice}")
            self.stdout.flush()
        return found


def choose(tenant: Tenant, slug: str) -> IdentityProvider:
    """The provider of that slug, or the only one. Raises CommandError, which names those that there are."""
    providers = list(IdentityProvider.objects.select_related("tenant").filter(tenant=tenant))
    chosen = [provider for provider in providers if provider.slug == slug or not slug]
    if len(chosen) == 1:
        return chosen[0]
    named = ", ".join(sorted(provider.slug for provider in providers))
    if not providers:
        raise CommandError(f"{tenant} has no provider yet.")
    if slug:
        raise CommandError(f"{tenant} has no provider “{slug}”. It has: {named}.")
    raise CommandError(f"{tenant} has several providers. Say which one: {named}.")
