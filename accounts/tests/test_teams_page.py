"""Teams and landlords: seen, added, changed, deleted."""

import re
from typing import Any

import pytest

from accounts.models import Landlord, Role, Team, User
from huume.testing import ClientFor, make_user
from tenants.models import Tenant


def post(client_for: ClientFor, tenant: Tenant, who: User, path: str, sent: dict[str, Any]) -> str:
    text: str = client_for(tenant, who).post(path, sent, follow=True).content.decode()
    return text


def see(client_for: ClientFor, tenant: Tenant, who: User, path: str) -> str:
    text: str = client_for(tenant, who).get(path).content.decode()
    return text


@pytest.mark.parametrize("name", ["Red", "rED", " red "])
def test_a_team_of_a_name_that_is_taken_is_refused(
    acme: Tenant, alice: User, bob: User, client_for: ClientFor, name: str
) -> None:
    page = post(client_for, acme, alice, "/teams/add/", {"name": name, "description": "The other"})
    assert "There is a team of this name already." in page
    assert 'value="The other"' in page
    assert Team.objects.count() == 1


def test_a_landlord_of_a_name_that_is_taken_is_refused(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    Landlord.objects.create(name="Landlord A")
    page = post(client_for, acme, alice, "/landlords/add/", {"name": "LANDLORD a"})
    assert "There is a landlord of this name already." in page


def test_a_team_has_no_additional_access_to_itself(acme: Tenant, alice: User, bob: User, client_for: ClientFor) -> None:
    red = Team.objects.get(name="Red")
    assert f'name="additional_data_access" value="{red.pk}"' not in see(client_for, acme, alice, f"/teams/{red.pk}/")
    page = post(client_for, acme, alice, f"/teams/{red.pk}/", {"name": "Red", "additional_data_access": [red.pk]})
    assert "not there any more" in page
    assert not red.additional_data_access.exists()


@pytest.mark.parametrize("landlord", ["987654", "x", "9" * 5000])
def test_a_landlord_that_is_not_there_is_refused(
    acme: Tenant, alice: User, client_for: ClientFor, landlord: str
) -> None:
    page = post(client_for, acme, alice, "/teams/add/", {"name": "Red", "landlord": landlord})
    assert "That landlord is not there any more." in page
    assert not Team.objects.exists()


def test_a_landlord_with_teams_is_not_deleted(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    landlord = Landlord.objects.create(name="Landlord A")
    Team.objects.create(name="Red", landlord=landlord)
    asked = see(client_for, acme, alice, f"/landlords/{landlord.pk}/delete/")
    assert "It cannot be deleted while teams belong to it." in asked
    refused = post(client_for, acme, alice, f"/landlords/{landlord.pk}/delete/", {})
    assert "Landlord A is not deleted: teams belong to it." in refused
    assert Landlord.objects.exists()


@pytest.mark.parametrize("kind", ["teams", "landlords"])
def test_who_may_only_see_them_gets_no_form(acme: Tenant, client_for: ClientFor, kind: str) -> None:
    landlord = Landlord.objects.create(name="Landlord A")
    team = Team.objects.create(name="Red")
    one = f"/{kind}/{team.pk if kind == 'teams' else landlord.pk}/"
    browser = client_for(acme, make_user("Mina Ng", roles=("Manager",)))
    assert f"/{kind}/add/" not in browser.get(f"/{kind}/").content.decode()
    assert browser.get(one).content.decode().count("<form") == 1  # to sign out
    assert browser.post(one, {"name": "Another"}).status_code == 403
    assert {team.name for team in Team.objects.all()} == {"Red"}


def test_a_team_is_added_and_changed(acme: Tenant, alice: User, bob: User, client_for: ClientFor) -> None:
    landlord, red = Landlord.objects.create(name="Landlord A"), Team.objects.get(name="Red")
    sent = {"name": "Landlord A all", "landlord": landlord.pk, "additional_data_access": [red.pk]}
    assert "The team Landlord A all is saved." in post(client_for, acme, alice, "/teams/add/", sent)
    team = Team.objects.get(name="Landlord A all")
    assert (team.landlord, list(team.additional_data_access.all())) == (landlord, [red])
    post(client_for, acme, alice, f"/teams/{team.pk}/", {"name": "landlord a ALL", "landlord": ""})
    team.refresh_from_db()
    assert (team.name, team.landlord, team.additional_data_access.count()) == ("landlord a ALL", None, 0)


def test_changing_a_team_keeps_its_members(acme: Tenant, alice: User, bob: User, client_for: ClientFor) -> None:
    red = Team.objects.get(name="Red")
    post(client_for, acme, alice, f"/teams/{red.pk}/", {"name": "Crimson"})
    assert list(User.objects.filter(teams=red)) == [bob]


def test_teams_are_listed_with_landlord_members_and_additional_access(
    acme: Tenant, alice: User, bob: User, client_for: ClientFor
) -> None:
    blue = Team.objects.create(name="Blue", landlord=Landlord.objects.create(name="Landlord A"))
    blue.additional_data_access.add(Team.objects.get(name="Red"))
    page = see(client_for, acme, alice, "/teams/")
    row = page[page.index("<bdi>Blue</bdi>") :]
    row = row[: row.index("</tr>")]
    assert "Landlord A" in row
    assert '<td data-label="People">0</td>' in row
    assert "<bdi>Red</bdi>" in row


def test_deleting_a_team_says_first_what_its_members_lose(
    acme: Tenant, alice: User, bob: User, client_for: ClientFor
) -> None:
    red = Team.objects.get(name="Red")
    red.additional_data_access.add(Team.objects.create(name="Blue"))
    asked = see(client_for, acme, alice, f"/teams/{red.pk}/delete/")
    assert "no longer see the data of Red, Blue" in asked
    assert "Bob Lund" in asked
    assert Team.objects.filter(pk=red.pk).exists()
    assert "The team Red is deleted." in post(client_for, acme, alice, f"/teams/{red.pk}/delete/", {})
    assert not bob.teams.exists()


def test_a_landlord_is_added_listed_changed_and_deleted(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    assert "The landlord Landlord A is saved." in post(
        client_for, acme, alice, "/landlords/add/", {"name": "Landlord A"}
    )
    landlord = Landlord.objects.get()
    Team.objects.create(name="Red", landlord=landlord)
    page = see(client_for, acme, alice, "/landlords/")
    assert "<bdi>Landlord A</bdi>" in page
    assert "<bdi>Red</bdi>" in page
    post(client_for, acme, alice, f"/landlords/{landlord.pk}/", {"name": "Landlord B", "description": "The second"})
    Team.objects.all().delete()
    assert "The landlord Landlord B is deleted." in post(
        client_for, acme, alice, f"/landlords/{landlord.pk}/delete/", {}
    )
    assert not Landlord.objects.exists()


@pytest.mark.parametrize(("kind", "model"), [("roles", Role), ("teams", Team), ("landlords", Landlord)])
def test_lists_are_by_name_whatever_the_case(
    acme: Tenant, alice: User, client_for: ClientFor, kind: str, model: Any
) -> None:
    for name in ("zinc", "Amber", "beech", "Cedar"):
        model.objects.create(name=name)
    names = re.findall(rf'<a href="/{kind}/\d+/"><bdi>([^<]+)</bdi>', see(client_for, acme, alice, f"/{kind}/"))
    assert [name for name in names if name in {"zinc", "Amber", "beech", "Cedar"}] == [
        "Amber",
        "beech",
        "Cedar",
        "zinc",
    ]
