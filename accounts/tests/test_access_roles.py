"""Editing a role counts as giving what it gives."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.access import AccessRefused, delete_role, save_role, set_access
from accounts.models import Role, User
from accounts.standard_roles import STANDARD_ROLES
from accounts.tests.access_cast import change_role, make_role, role
from huume.testing import make_user
from tenants.models import Tenant


@pytest.fixture
def robin(alice: User) -> User:
    """May manage roles and see people, and nothing else."""
    make_role("Role keeper", "manage_roles", "see_people")
    return make_user("Robin Vale", roles=("Role keeper",))


def refusal(changed: Role, **changes: Any) -> str:
    with pytest.raises(AccessRefused) as refused:
        change_role(changed, **changes)
    return refused.value.code


def test_a_new_role_that_gives_more_than_its_maker_holds_is_refused(robin: User) -> None:
    with pytest.raises(AccessRefused) as refused:
        save_role(Role(), name="Mine", description="", is_active=True, codenames=["export"], by=robin)
    assert refused.value.code == "more_than_held"
    assert not Role.objects.filter(name="Mine").exists()


def test_a_permission_that_the_editor_does_not_hold_is_not_added(robin: User) -> None:
    edited = role("Role keeper")
    assert refusal(edited, codenames=["manage_roles", "see_people", "give_access"], by=robin) == "more_than_held"
    assert edited.codenames() == {"manage_roles", "see_people"}


def test_a_permission_is_not_added_to_a_switched_off_role_either(robin: User) -> None:
    asleep = make_role("Asleep", is_active=False)
    assert refusal(asleep, codenames=["export"], by=robin) == "more_than_held"


def test_switching_a_role_on_counts_as_giving_all_of_it(robin: User) -> None:
    asleep = make_role("Asleep", "export", is_active=False)
    assert refusal(asleep, is_active=True, by=robin) == "more_than_held"
    assert not Role.objects.get(pk=asleep.pk).is_active


def test_switching_on_is_noticed_on_an_object_that_a_form_has_changed_already(robin: User) -> None:
    asleep = make_role("Asleep", "export", is_active=False)
    asleep.is_active = True
    assert refusal(asleep, by=robin) == "more_than_held"


@pytest.mark.parametrize("codename", ["delete_user", "add_tenant", "no_such_permission"])
def test_only_what_is_on_the_list_can_be_given_even_by_an_operator(acme: Tenant, codename: str) -> None:
    assert refusal(role("Staff"), codenames=[codename]) == "not_grantable"


def test_who_may_not_manage_roles_changes_none(alice: User) -> None:
    make_role("Front desk", "give_access")
    dana = make_user("Dana Holt", roles=("Front desk",))
    assert refusal(role("Staff"), name="Personnel", by=dana) == "no_permission"
    with pytest.raises(AccessRefused) as refused:
        delete_role(role("Staff"), by=dana)
    assert refused.value.code == "no_permission"
    assert Role.objects.filter(name="Staff").exists()


@pytest.mark.parametrize("name", ["Manager", "MANAGER", "  manager "])
def test_a_name_that_is_taken_is_refused_however_it_is_written(alice: User, name: str) -> None:
    assert refusal(Role(), name=name, is_active=True, codenames=[], by=alice) == "name_taken"


def test_another_role_is_not_renamed_to_a_name_that_is_taken(alice: User) -> None:
    assert refusal(role("Staff"), name="auditor", by=alice) == "name_taken"


@pytest.mark.parametrize("name", ["", "   ", "x" * 151])
def test_an_empty_or_endless_name_is_refused(alice: User, name: str) -> None:
    with pytest.raises(ValidationError):
        save_role(Role(), name=name, description="", is_active=True, codenames=[], by=alice)


def test_a_role_deleted_meanwhile_is_not_made_again_by_saving_it(alice: User) -> None:
    gone = make_role("Short-lived")
    Role.objects.filter(pk=gone.pk).delete()
    assert refusal(gone, by=alice) == "role_gone"
    assert not Role.objects.filter(name="Short-lived").exists()


def test_renaming_is_free(robin: User) -> None:
    renamed = change_role(role("Manager"), name="Team manager", description="As before", by=robin)
    assert renamed.codenames() == {"see_people", "see_groups", "export"}
    assert role("Team manager").description == "As before"


def test_a_role_may_be_written_in_other_letters(alice: User) -> None:
    assert change_role(role("Staff"), name="STAFF", by=alice).name == "STAFF"


def test_more_than_the_editor_holds_can_be_taken_or_switched_off(robin: User, bob: User) -> None:
    set_access(bob, roles=[role("Manager"), role("Auditor")], teams=[], by=None)
    change_role(role("Manager"), codenames=["see_people"], by=robin)
    change_role(role("Auditor"), is_active=False, by=robin)
    assert bob.permissions == {"see_people"}


def test_what_the_maker_holds_can_be_given(robin: User) -> None:
    made = save_role(Role(), name=" Looks on ", description="", is_active=True, codenames=["see_people"], by=robin)
    assert made.name == "Looks on"
    assert made.codenames() == {"see_people"}


def test_a_role_that_is_held_can_be_deleted_and_its_holders_lose_it(alice: User, bob: User) -> None:
    delete_role(role("Staff"), by=alice)
    assert not Role.objects.filter(name="Staff").exists()
    assert bob.is_waiting


def test_the_standard_roles_are_there_with_what_they_are_meant_to_give(acme: Tenant) -> None:
    there = {standard.name: standard.codenames() for standard in Role.objects.filter(is_standard=True)}
    assert there == {name: frozenset(given) for name, (_words, given) in STANDARD_ROLES.items()}
