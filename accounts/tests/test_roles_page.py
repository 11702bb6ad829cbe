"""Roles: seen, added, changed, deleted, and never more given than is held."""

import re
from typing import Any

import pytest

from accounts.models import Role, User
from accounts.permissions import Permission as P
from huume.testing import ClientFor, make_user
from tenants.models import Tenant

NEW = {"name": "Helper", "description": "Helps.", "is_active": "on", "permissions": ["see_people"]}


@pytest.fixture
def keeper(acme: Tenant) -> User:
    """May manage roles, and holds little else."""
    made = Role.objects.create(name="Keeper of roles")
    made.set_codenames([P.SEE_GROUPS, P.MANAGE_ROLES])
    return make_user("Karl Keeper", roles=("Keeper of roles",))


def post(client_for: ClientFor, tenant: Tenant, who: User, path: str, sent: dict[str, Any]) -> str:
    text: str = client_for(tenant, who).post(path, sent, follow=True).content.decode()
    return text


def test_a_role_that_gives_more_than_its_maker_holds_is_refused(
    acme: Tenant, keeper: User, client_for: ClientFor
) -> None:
    page = post(client_for, acme, keeper, "/roles/add/", NEW)
    assert "You cannot give more than you hold yourself. You do not hold: See people." in page
    assert 'value="Helper"' in page
    assert not Role.objects.filter(name="Helper").exists()


def test_what_the_editor_does_not_hold_is_disabled_and_kept(
    acme: Tenant, alice: User, keeper: User, client_for: ClientFor
) -> None:
    manager = Role.objects.get(name="Manager")
    before = manager.codenames()
    page = client_for(acme, keeper).get(f"/roles/{manager.pk}/").content.decode()
    assert re.search(r'value="see_people"[^>]* checked disabled>', page)
    assert re.search(r'value="give_access"(?![^>]* checked)[^>]* disabled>', page)
    sent = {"name": "Manager", "description": "Another", "is_active": "on", "permissions": ["see_groups"]}
    post(client_for, acme, keeper, f"/roles/{manager.pk}/", sent)
    manager.refresh_from_db()
    assert (manager.description, manager.codenames()) == ("Another", before)


@pytest.mark.parametrize("name", ["Staff", "sTAFF", "  staff ", "St\u200baff"])
def test_a_name_that_is_taken_is_refused_in_words(acme: Tenant, alice: User, client_for: ClientFor, name: str) -> None:
    page = post(client_for, acme, alice, "/roles/add/", NEW | {"name": name})
    assert "There is a role of this name already." in page
    assert Role.objects.count() == 4


@pytest.mark.parametrize("name", ["", "   ", "\u202e", "x" * 101])
def test_a_name_that_is_none_is_refused(acme: Tenant, alice: User, client_for: ClientFor, name: str) -> None:
    assert "There is something to mend" in post(client_for, acme, alice, "/roles/add/", NEW | {"name": name})
    assert Role.objects.count() == 4


def test_nothing_that_a_role_cannot_give_is_given(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    page = post(client_for, acme, alice, "/roles/add/", NEW | {"permissions": ["add_group"]})
    assert "nothing that a role can give" in page
    assert not Role.objects.filter(name="Helper").exists()


def test_the_role_that_keeps_the_last_administrator_is_not_deleted_or_switched_off(
    acme: Tenant, alice: User, client_for: ClientFor
) -> None:
    role = Role.objects.get(name="User administrator")
    refusal = "This would leave nobody who can sign in and give access."
    assert refusal in post(client_for, acme, alice, f"/roles/{role.pk}/delete/", {})
    switched_off = {"name": role.name, "description": "", "permissions": list(role.codenames())}
    assert refusal in post(client_for, acme, alice, f"/roles/{role.pk}/", switched_off)
    role.refresh_from_db()
    assert role.is_active


def test_who_may_only_see_roles_gets_no_form(acme: Tenant, client_for: ClientFor) -> None:
    browser, staff = client_for(acme, make_user("Mina Ng", roles=("Manager",))), Role.objects.get(name="Staff")
    assert "/roles/add/" not in browser.get("/roles/").content.decode()
    assert browser.get(f"/roles/{staff.pk}/").content.decode().count("<form") == 1  # to sign out
    assert browser.post(f"/roles/{staff.pk}/", NEW).status_code == 403
    assert Role.objects.filter(name="Staff").exists()


def test_roles_are_listed_with_what_they_give_and_to_how_many(
    acme: Tenant, alice: User, bob: User, client_for: ClientFor
) -> None:
    page = client_for(acme, alice).get("/roles/").content.decode()
    assert "See people; See roles, teams and landlords; Export" in page
    row = page[page.index("<bdi>Staff</bdi>") :]
    assert '<td data-label="People">1</td>' in row[: row.index("</tr>")]


def test_a_role_is_added_and_changed(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    assert "The role Helper is saved." in post(client_for, acme, alice, "/roles/add/", NEW)
    role = Role.objects.get(name="Helper")
    assert (role.description, role.is_active, role.codenames()) == ("Helps.", True, frozenset({"see_people"}))
    post(client_for, acme, alice, f"/roles/{role.pk}/", {"name": "helper", "permissions": ["see_history"]})
    role.refresh_from_db()
    assert (role.name, role.is_active, role.codenames()) == ("helper", False, frozenset({"see_history"}))


def test_deleting_says_first_who_loses_it(acme: Tenant, alice: User, bob: User, client_for: ClientFor) -> None:
    staff = Role.objects.get(name="Staff")
    asked = client_for(acme, alice).get(f"/roles/{staff.pk}/delete/").content.decode()
    assert "Who loses it: 1 person" in asked
    assert "Bob Lund" in asked
    assert Role.objects.filter(pk=staff.pk).exists()
    assert "The role Staff is deleted." in post(client_for, acme, alice, f"/roles/{staff.pk}/delete/", {})
    assert not bob.groups.exists()
