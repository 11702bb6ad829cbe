"""What the commands about one of a tenant's people share: how they find the person, and how they say no."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone

from accounts.access import AccessRefused
from accounts.models import SignIn, User
from tenants.commands import TenantCommand
from tenants.models import Tenant


class UserCommand(TenantCommand):
    """A command about one person, named by email address, and by number where several have the same address."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email", help="The person's email address, in small or capital letters.")
        parser.add_argument("--user", type=int, metavar="ID", help="Which one, where several people share the address.")

    def handle_tenant(self, tenant: Tenant, **options: Any) -> None:
        options["email"] = User.objects.normalize_email(options["email"].strip())
        validate_email(options["email"])
        try:
            self.stdout.write(self.handle_person(tenant, **options))
        except AccessRefused as error:
            raise CommandError(str(error)) from error

    def handle_person(self, tenant: Tenant, **options: Any) -> str:
        """Does it, and says in one line what was done."""
        raise CommandError(f"{type(self).__module__} does nothing for a person.")


def find_person(email: str, user: int | None) -> User | None:
    """The one person of this address; None where there is none. Raises CommandError where several share it."""
    found: list[User] = list(User.objects.filter(email__iexact=email).order_by("pk"))
    if user is not None:
        found = [person for person in found if person.pk == user]
        if not found:
            raise CommandError(f"User {user} does not have the address {email}.")
    if len(found) > 1:
        raise CommandError(_which(email, found))
    return found[0] if found else None


def require_person(email: str, user: int | None) -> User:
    person = find_person(email, user)
    if person is None:
        raise CommandError(f"There is no user with the address {email}.")
    return person


def _which(email: str, found: Sequence[User]) -> str:
    listed = "; ".join(f"{person.pk}: {_described(person)}" for person in found)
    return f"{len(found)} people have the address {email}. Say which one with --user ID. {listed}."


def _described(person: User) -> str:
    last = person.sign_ins.filter(outcome=SignIn.Outcome.SUCCEEDED).first()
    signed_in = f"last signed in {timezone.localtime(last.at):%d %B %Y %H:%M}" if last else "never signed in"
    state = "" if person.is_active else ", suspended"
    return (
        f"{person.name or 'no name'}, here since {timezone.localtime(person.created_at):%d %B %Y}, {signed_in}{state}"
    )
