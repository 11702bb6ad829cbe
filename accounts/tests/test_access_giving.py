"""Nobody gives more than they hold."""

import pytest

from accounts.access import AccessRefused, may_give, set_access
from accounts.models import Role, Team, User
from accounts.tests.access_cast import change_role, make_role, role
from huume.testing import make_user
from tenants.models import Tenant


@pytest.fixture
def dana(alice: User) -> User:
    """May give access and see people, and nothing else."""
    make_role("Front desk", "give_access", "see_people")
    return make_user("Dana Holt", roles=("Front desk",))


def refusal(person: User, by: User, *roles: Role) -> str:
    with pytest.raises(AccessRefused) as refused:
        set_access(person, roles=roles, teams=[], by=by)
    return refused.value.code


def test_a_role_that_gives_more_than_the_giver_holds_is_refused(dana: User, bob: User) -> None:
    assert refusal(bob, dana, role("Manager")) == "more_than_held"
    assert [held.name for held in bob.roles] == ["Staff"]


def test_the_refusal_names_what_the_giver_does_not_hold(dana: User, bob: User) -> None:
    with pytest.raises(AccessRefused, match=r"You do not hold: See roles, teams and landlords, Export\."):
        set_access(bob, roles=[role("Manager")], teams=[], by=dana)


def test_a_refusal_is_logged_with_its_code_and_who_was_refused(
    dana: User, bob: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="accounts.access"):
        refusal(bob, dana, role("Manager"))
    (line,) = caplog.records
    assert {"code": "more_than_held", "by_user": dana.pk}.items() <= vars(line).items()


def test_nobody_gives_themselves_more(dana: User) -> None:
    assert refusal(dana, dana, role("Front desk"), role("User administrator")) == "more_than_held"
    assert not dana.may("manage_roles")


def test_a_switched_off_role_counts_by_what_it_would_give(dana: User, bob: User) -> None:
    assert refusal(bob, dana, make_role("Asleep", "export", is_active=False)) == "more_than_held"


def test_who_may_not_give_access_gives_not_even_what_they_hold(alice: User, bob: User, carol: User) -> None:
    assert refusal(carol, bob, role("Staff")) == "no_permission"
    assert carol.is_waiting


def test_a_giver_who_is_suspended_gives_nothing(alice: User, dana: User, bob: User) -> None:
    User.objects.filter(pk=dana.pk).update(is_active=False)
    assert refusal(bob, dana) == "no_permission"


def test_what_the_giver_lost_since_their_request_began_does_not_count(dana: User, bob: User) -> None:
    assert dana.may("give_access")
    change_role(role("Front desk"), codenames=["see_people"])
    assert refusal(bob, dana) == "no_permission"


def test_a_role_deleted_meanwhile_is_refused(alice: User, bob: User) -> None:
    gone = make_role("Short-lived")
    Role.objects.filter(pk=gone.pk).delete()
    assert refusal(bob, alice, gone) == "role_gone"


def test_a_team_deleted_meanwhile_is_refused_and_nothing_is_given(alice: User, carol: User) -> None:
    gone = Team.objects.create(name="Blue")
    Team.objects.filter(pk=gone.pk).delete()
    with pytest.raises(AccessRefused) as refused:
        set_access(carol, roles=[role("Staff")], teams=[gone], by=alice)
    assert refused.value.code == "team_gone"
    assert not carol.roles.exists()


def test_a_refused_change_leaves_roles_and_teams_as_they_were(dana: User, bob: User) -> None:
    with pytest.raises(AccessRefused):
        set_access(bob, roles=[role("User administrator")], teams=[], by=dana)
    assert [held.name for held in bob.roles] == ["Staff"]
    assert [team.name for team in bob.teams.all()] == ["Red"]


def test_what_the_giver_holds_can_be_given(dana: User, carol: User) -> None:
    set_access(carol, roles=[make_role("Looks on", "see_people"), role("Staff")], teams=[], by=dana)
    assert carol.permissions == {"see_people"}


def test_a_role_that_the_person_holds_already_stays_although_it_gives_more(dana: User, bob: User) -> None:
    set_access(bob, roles=[role("Manager")], teams=[], by=None)
    set_access(bob, roles=[role("Manager"), role("Staff")], teams=[], by=dana)
    assert {held.name for held in bob.roles} == {"Manager", "Staff"}


def test_more_than_the_giver_holds_can_be_taken(dana: User, bob: User) -> None:
    set_access(bob, roles=[role("Manager")], teams=[], by=None)
    set_access(bob, roles=[], teams=[], by=dana)
    assert bob.is_waiting


def test_roles_and_teams_become_just_these(alice: User, bob: User) -> None:
    blue = Team.objects.create(name="Blue")
    set_access(bob, roles=[role("Auditor")], teams=[blue], by=alice)
    assert [held.name for held in bob.roles] == ["Auditor"]
    assert list(bob.teams.all()) == [blue]


def test_what_the_object_remembered_of_its_access_is_forgotten(alice: User, carol: User) -> None:
    assert carol.is_waiting
    assert not carol.permissions
    set_access(carol, roles=[role("Manager")], teams=[], by=alice)
    assert not carol.is_waiting
    assert carol.may("export")


def test_an_operator_is_not_bound_by_what_anybody_holds(acme: Tenant) -> None:
    first = User.objects.add_in_advance("first@acme.example")
    set_access(first, roles=[role("User administrator")], teams=[], by=None)
    assert first.may("give_access")


@pytest.mark.parametrize(("name", "offered"), [("Manager", False), ("Staff", True), ("Front desk", True)])
def test_a_page_knows_which_roles_a_giver_may_give(dana: User, name: str, offered: bool) -> None:
    assert may_give(dana, role(name)) is offered


def test_a_page_offers_nothing_to_who_may_not_give_access(bob: User) -> None:
    assert not may_give(bob, role("Staff"))
