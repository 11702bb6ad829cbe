from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.core.management.base import CommandError, CommandParser

from accounts.access import keeping_an_administrator, set_access
from accounts.models import Role, Team, User
from accounts.user_commands import UserCommand, find_person
from tenants.models import Tenant

Named = TypeVar("Named", Role, Team)


class Command(UserCommand):
    help = (
        "Sets a person's roles and teams to just these. Where there is no user with the address, "
        "one is added in advance."
    )
    example = "acme alice@acme.example --role 'User administrator' --team Red"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--role", action="append", default=[], metavar="NAME", help="May be repeated. None: no role."
        )
        parser.add_argument(
            "--team", action="append", default=[], metavar="NAME", help="May be repeated. None: no team."
        )

    def handle_person(self, tenant: Tenant, **options: Any) -> str:
        # Its lock is taken before the address is looked up: two commands at once for a new address make one user.
        with keeping_an_administrator():
            roles = chosen(options["role"], Role.objects.all(), "role")
            teams = chosen(options["team"], Team.objects.all(), "team")
            person = find_person(options["email"], options["user"])
            made = person is None
            person = person or User.objects.add_in_advance(options["email"])
            set_access(person, roles=roles, teams=teams, by=None)
        added = " (added in advance)" if made else ""
        given = f"{_listed(roles, 'role')}, {_listed(teams, 'team')}"
        return f"{person.email}{added} of {tenant.name} now has: {given}.{_warning(person)}"


def _warning(person: User) -> str:
    """Anybody of the directory may have given themselves an address that it does not vouch for."""
    identity = person.identities.first()
    if identity is None or person.email_verified:
        return ""
    known = f"{person.name or 'no name'}, {identity.subject} at {identity.issuer}"
    return f" Their address is not verified by the directory: make sure that this is who you mean ({known})."


def chosen(names: Sequence[str], offered: Iterable[Named], what: str) -> list[Named]:
    """Those of these names, whole names in small or capital letters. Raises CommandError, listing what there is."""
    by_name = {one.name.casefold(): one for one in offered}
    unknown = [name for name in names if name.strip().casefold() not in by_name]
    if unknown:
        there = ", ".join(sorted(one.name for one in by_name.values())) or "none"
        raise CommandError(
            f"There is no {what} called {', '.join(f'“{name}”' for name in unknown)}. There are: {there}."
        )
    return list({name.strip().casefold(): by_name[name.strip().casefold()] for name in names}.values())


def _listed(chosen: Sequence[Role] | Sequence[Team], what: str) -> str:
    names = ", ".join(str(one.name) for one in chosen)
    return f"{what}{'s' if len(chosen) > 1 else ''} {names}" if names else f"no {what}"
