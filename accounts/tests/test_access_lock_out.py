"""No change of access leaves a tenant without a user administrator who can get in."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.access import AccessRefused, delete_role, keeping_an_administrator, resume, set_access, suspend
from accounts.models import Identity, Role, User
from accounts.tests.access_cast import Act, apart, at_once, change_role, make_role, role
from huume.testing import make_user
from tenants.models import IdentityProvider, Tenant

ADMINISTRATOR = "User administrator"
# Every route by which Alice, the only user administrator, could be lost.
ROUTES: dict[str, Act] = {
    "her roles are taken": lambda: set_access(the_administrator(), roles=[], teams=[], by=None),
    "she is suspended": lambda: suspend(the_administrator(), by=None),
    "the permission is taken from her role": lambda: change_role(role(ADMINISTRATOR), codenames=["see_people"]),
    "her role is switched off": lambda: change_role(role(ADMINISTRATOR), is_active=False),
    "her role is deleted": lambda: delete_role(role(ADMINISTRATOR), by=None),
}
every_route = pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES.keys())


def the_administrator() -> User:
    alice: User = User.objects.get(name="Alice Reed")
    return alice


def refusal(route: Act) -> str:
    with pytest.raises(AccessRefused) as refused:
        route()
    return refused.value.code


@every_route
def test_the_last_user_administrator_is_kept(alice: User, bob: User, route: Act) -> None:
    assert refusal(route) == "last_administrator"
    assert list(User.objects.administrators()) == [alice]


@every_route
def test_one_added_in_advance_does_not_stand_in_for_one_who_has_signed_in(alice: User, route: Act) -> None:
    later = User.objects.add_in_advance("later@acme.example")
    set_access(later, roles=[make_role("Deputy", "give_access", "see_people")], teams=[], by=None)
    assert refusal(route) == "last_administrator"


@every_route
def test_one_whose_provider_is_no_longer_live_does_not_stand_in(alice: User, route: Act) -> None:
    former = make_user("Fern Oakes", roles=(make_role("Deputy", "give_access", "see_people").name,))
    former.identities.update(issuer="https://former.okta.example")
    assert refusal(route) == "last_administrator"


@every_route
def test_a_suspended_one_does_not_stand_in(alice: User, route: Act) -> None:
    suspend(make_user("Sam Idle", roles=(make_role("Deputy", "give_access", "see_people").name,)), by=None)
    assert refusal(route) == "last_administrator"


@every_route
def test_one_through_a_switched_off_role_does_not_stand_in(alice: User, route: Act) -> None:
    make_user("Otto Null", roles=(make_role("Deputy", "give_access", "see_people", is_active=False).name,))
    assert refusal(route) == "last_administrator"


@every_route
def test_another_who_has_signed_in_stands_in(alice: User, route: Act) -> None:
    deputy = make_user("Dana Holt", roles=(make_role("Deputy", "give_access", "see_people").name,))
    route()
    assert list(User.objects.administrators()) == [deputy]


@every_route
def test_the_last_of_those_added_in_advance_is_kept_too(alice: User, route: Act) -> None:
    Identity.objects.all().delete()
    assert refusal(route) == "last_administrator"


@every_route
def test_where_nobody_has_signed_in_another_added_in_advance_will_do(alice: User, route: Act) -> None:
    Identity.objects.all().delete()
    deputy = make_user("Dana Holt", roles=(make_role("Deputy", "give_access", "see_people").name,))
    Identity.objects.all().delete()
    route()
    assert list(User.objects.administrators()) == [deputy]


def test_a_provider_of_another_tenant_keeps_nobody_in(alice: User, globex: Tenant) -> None:
    former = make_user("Fern Oakes", roles=(make_role("Deputy", "give_access", "see_people").name,))
    IdentityProvider.objects.filter(tenant__schema_name="acme").update(tenant=globex)
    suspend(alice, by=None)
    assert list(User.objects.administrators()) == [former]


def test_whoever_strips_themselves_is_bound_too(alice: User) -> None:
    assert refusal(lambda: set_access(alice, roles=[role("Staff")], teams=[], by=alice)) == "last_administrator"
    assert alice.may("give_access")


def test_a_tenant_without_any_user_administrator_can_be_changed(bob: User) -> None:
    set_access(bob, roles=[], teams=[], by=None)
    assert bob.is_waiting


def test_a_change_of_several_is_judged_by_what_it_ends_in(alice: User, bob: User) -> None:
    with keeping_an_administrator():
        bob.groups.set(Role.objects.filter(name=ADMINISTRATOR))
        set_access(alice, roles=[], teams=[], by=None)
    assert list(User.objects.administrators()) == [bob]


def test_a_change_of_several_that_ends_in_a_lock_out_is_undone_as_a_whole(alice: User, bob: User) -> None:
    with pytest.raises(AccessRefused), keeping_an_administrator():
        User.objects.all().update(is_active=False)
    assert User.objects.filter(is_active=True).count() == 2


def test_resuming_is_never_refused_for_want_of_an_administrator(bob: User) -> None:
    suspend(bob, by=None)
    resume(bob, by=None)
    assert bob.is_active


@pytest.fixture
def two_administrators(acme: Tenant) -> Iterator[list[int]]:
    """Keys of two who are really there, for connections other than the test's."""

    def make() -> list[int]:
        return [make_user(name, roles=(ADMINISTRATOR,)).pk for name in ("Ann Left", "Ben Right")]

    keys: list[int] = apart(acme, make)
    try:
        yield keys
    finally:
        apart(acme, lambda: User.objects.filter(pk__in=keys).delete())


def test_of_two_who_strip_each_other_at_once_one_stays(acme: Tenant, two_administrators: list[int]) -> None:
    ann, ben = two_administrators

    def strips(giver: int, person: int) -> Any:
        by, stripped = User.objects.get(pk=giver), User.objects.get(pk=person)
        return lambda: set_access(stripped, roles=[], teams=[], by=by)

    ended = at_once(acme, strips(ann, ben), strips(ben, ann), held="accounts_user_groups")

    assert sorted(type(error).__name__ for error in ended) == ["AccessRefused", "NoneType"]
    assert User.objects.administrators().count() == 1
