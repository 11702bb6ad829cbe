import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.core.management.base import CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django_tenants.utils import schema_context

from accounts.models import User
from tenants.commands import OneLineCommand, read_secret

GROUP = "Account managers"
DAILY_WORK = ("tenant", "domain", "identityprovider")


class Command(OneLineCommand):
    help = (
        "Adds a member of Huume's staff who looks after customers in the admin, or brings one up to date: password, and"
        " whether they are a superuser. The password comes on standard input only; the second factor is set up at the"
        " first sign-in."
    )
    example = "ada@huume.example --password-stdin < password.txt"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="Their email address, which they sign in with.")
        parser.add_argument(
            "--superuser", action="store_true", help="May do everything in the admin; without it, no longer."
        )
        parser.add_argument(
            "--password-stdin", action="store_true", required=True, help="Read the password from standard input."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        validate_email(email)
        password = read_secret(sys.stdin, "password")
        with schema_context(settings.STAFF_SCHEMA), transaction.atomic():
            made = add(email, password, is_superuser=options["superuser"])
        rank = "an account manager and superuser" if options["superuser"] else "an account manager"
        self.stdout.write(f"{email} is {'now' if made else 'still'} {rank}.")


def add(email: str, password: str, *, is_superuser: bool) -> bool:
    """Whether they are new. Raises ValidationError for a password that is too easy."""
    person = User.objects.select_for_update().filter(username=email).first() or User(username=email)
    made, person.email = person.pk is None, email
    validate_password(password, person)
    # The same password again leaves their sessions as they are.
    if made or not person.check_password(password):
        person.set_password(password)
    person.is_active = person.is_staff = True
    person.is_superuser = is_superuser
    person.save()
    person.groups.add(account_managers())
    return made


def account_managers() -> Group:
    """The group that may do all daily work on tenants, and nothing else."""
    group, _made = Group.objects.get_or_create(name=GROUP)
    group.permissions.set(
        Permission.objects.filter(content_type__app_label="tenants", content_type__model__in=DAILY_WORK)
    )
    return group
