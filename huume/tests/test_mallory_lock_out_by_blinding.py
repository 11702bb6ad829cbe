"""A user administrator who no longer sees people cannot let anybody in: nobody can take that from the last one."""

from accounts.models import Role, User
from huume.testing import ClientFor, make_user
from tenants.models import Tenant

ALL = {"see_people", "give_access", "suspend_people", "see_groups", "manage_roles", "manage_teams", "see_sign_ins"}


def test_the_last_administrator_cannot_be_blinded(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    """The page of people asks for “see people”, and nobody can give what nobody holds."""
    role = Role.objects.get(name="User administrator")
    typed = {"name": role.name, "description": "", "is_active": "on", "permissions": sorted(ALL - {"see_people"})}
    client_for(acme, alice).post(f"/roles/{role.pk}/", typed)
    assert client_for(acme, alice).get("/people/").status_code == 200


def test_somebody_who_manages_roles_cannot_blind_the_administrators(
    acme: Tenant, alice: User, client_for: ClientFor
) -> None:
    mallory = make_user("Mallory Crane")
    clerk = Role.objects.create(name="Clerk")
    clerk.set_codenames(["see_groups", "manage_roles", "see_people"])
    mallory.groups.add(clerk)
    role = Role.objects.get(name="User administrator")
    client_for(acme, mallory).post(f"/roles/{role.pk}/", {"name": role.name, "is_active": "on"})
    assert client_for(acme, alice).get("/people/").status_code == 200
