"""The user of a session is read by a statement of its own, which must say what the general query says."""

import itertools

import pytest
from django.contrib.auth.models import Permission as AuthPermission

from accounts.models import Role, User
from accounts.permissions import Permission
from accounts.standard_roles import STANDARD_ROLES
from huume.testing import make_user
from tenants.models import Tenant

COMBINATIONS = [
    roles
    for count in range(3)
    for roles in itertools.combinations([*STANDARD_ROLES, "Switched off", "Django's own"], count)
]


@pytest.fixture
def odd_roles(acme: Tenant) -> None:
    switched_off = Role.objects.create(name="Switched off", is_active=False)
    switched_off.set_codenames([Permission.GIVE_ACCESS])
    djangos = Role.objects.create(name="Django's own")
    djangos.permissions.set(AuthPermission.objects.filter(codename__in=["add_group", "delete_group", "add_logentry"]))


@pytest.mark.parametrize("roles", COMBINATIONS, ids=" and ".join)
def test_both_say_the_same(odd_roles: None, roles: tuple[str, ...]) -> None:
    user = make_user("Bob Lund", roles=roles)
    general = User.objects.with_permissions().get(pk=user.pk)
    of_session = User.objects.of_session(user.pk)
    assert of_session is not None
    assert of_session.permissions == general.permissions
    assert of_session.is_waiting == general.is_waiting
    assert of_session == general


def test_nobody_for_the_suspended_and_the_unknown(acme: Tenant) -> None:
    user = make_user("Bob Lund")
    assert User.objects.of_session(user.pk + 1) is None
    User.objects.update(is_active=False)
    assert User.objects.of_session(user.pk) is None
