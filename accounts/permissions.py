"""What may be granted: a fixed list of ours, with words for people. Django's own permissions are never on offer."""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(models.TextChoices):
    SEE_PEOPLE = "see_people", _("See people")
    GIVE_ACCESS = "give_access", _("Give and take access")
    SUSPEND_PEOPLE = "suspend_people", _("Suspend people")
    SEE_GROUPS = "see_groups", _("See roles, teams and landlords")
    MANAGE_ROLES = "manage_roles", _("Manage roles")
    MANAGE_TEAMS = "manage_teams", _("Manage teams and landlords")
    SEE_SIGN_INS = "see_sign_ins", _("See sign-ins")
    SEE_HISTORY = "see_history", _("See history")
    EXPORT = "export", _("Export")


# What makes a user administrator: who does not see people cannot let them in either.
ADMINISTRATOR = (Permission.SEE_PEOPLE.value, Permission.GIVE_ACCESS.value)
# The app whose permissions they are, and their names, as auth_permission has them.
APP = "accounts"
GRANTABLE = tuple((permission.value, str(permission.label)) for permission in Permission)


def in_words(codenames: Iterable[str]) -> list[str]:
    """In the order of the list above."""
    held = set(codenames)
    return [str(permission.label) for permission in Permission if permission.value in held]
