from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django_tenants.utils import schema_context

from accounts.models import User
from huume.staff import second_factor
from tenants.commands import OneLineCommand


class Command(OneLineCommand):
    help = (
        "Takes the admin away from a member of Huume's staff, at once: open sessions, second factor and rights are"
        " gone. What they did stays in the admin's log. Works for the last one too: add_account_manager makes another."
    )
    example = "ada@huume.example"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The email address that they sign in with.")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        with schema_context(settings.STAFF_SCHEMA), transaction.atomic():
            person = User.objects.select_for_update().filter(username=email).first()
            if person is None:
                raise CommandError(f"There is no account manager {email}.")
            remove(person)
            left = User.objects.filter(is_active=True, is_staff=True).count()
        self.stdout.write(f"{email} is no account manager any more. Left: {left}.")


def remove(person: User) -> None:
    person.is_active = person.is_staff = person.is_superuser = False
    person.set_unusable_password()
    person.save()
    person.groups.clear()
    person.sessions.all().delete()
    second_factor.forget(person)
