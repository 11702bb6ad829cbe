"""The roles that every tenant starts with. They may be edited; they are made once, when the tenant is."""

from typing import Any

from django.utils.translation import gettext_noop as N_

from accounts.models import Role
from accounts.permissions import Permission
from tenants.signals import tenant_provisioned

P = Permission
STANDARD_ROLES: dict[str, tuple[str, tuple[Permission, ...]]] = {
    "User administrator": (N_("Lets people in, gives them roles and teams."), tuple(Permission)),
    "Manager": (N_("Sees people, roles and teams."), (P.SEE_PEOPLE, P.SEE_GROUPS, P.EXPORT)),
    "Auditor": (
        N_("Sees who may see what, and who signed in."),
        (P.SEE_PEOPLE, P.SEE_GROUPS, P.SEE_SIGN_INS, P.SEE_HISTORY, P.EXPORT),
    ),
    "Staff": (N_("Opens the portal, and what other modules grant."), ()),
}


def make_standard_roles(**_kwargs: Any) -> None:
    for name, (description, permissions) in STANDARD_ROLES.items():
        role, made = Role.objects.get_or_create(name=name, defaults={"description": description, "is_standard": True})
        if made:
            role.set_codenames(permissions)


def register() -> None:
    tenant_provisioned.connect(make_standard_roles, dispatch_uid="standard-roles")
