"""One person: what they have, given and taken, and what is refused in words."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, Session, Team, User
from accounts.permissions import Permission as P
from huume.testing import ClientFor, make_user
from tenants.models import Tenant


def role(name: str) -> Role:
    return Role.objects.get(name=name)


def role_of(name: str, *codenames: str) -> Role:
    made = Role.objects.create(name=name)
    made.set_codenames(codenames)
    return made


def form_on(browser: Client, person: User) -> dict[str, Any]:
    """The form as a browser would send it: what is ticked, and not what is disabled."""
    page = browser.get(f"/people/{person.pk}/").content.decode()
    boxes = re.findall(r'<input type="checkbox" name="(\w+)" value="(\d+)"[^>]*>', page)
    tags = re.findall(r'<input type="checkbox"[^>]*>', page)
    sent: dict[str, Any] = {"roles": [], "teams": []}
    for (name, value), tag in zip(boxes, tags, strict=True):
        if " checked" in tag and " disabled" not in tag:
            sent[name].append(value)
    version = re.search(r'name="version" value="(\w+)"', page)
    assert version
    return {**sent, "version": version[1]}


def held(person: User) -> set[str]:
    return set(person.groups.values_list("name", flat=True)) | set(person.teams.values_list("name", flat=True))


def test_more_than_the_giver_holds_is_refused_and_what_was_chosen_stays(
    acme: Tenant, carol: User, client_for: ClientFor
) -> None:
    role_of("Doorkeeper", P.SEE_PEOPLE, P.GIVE_ACCESS)
    keeper = make_user("Dora Keeper", roles=("Doorkeeper",))
    browser, red = client_for(acme, keeper), Team.objects.create(name="Red")
    sent = form_on(browser, carol) | {"roles": [role("User administrator").pk], "teams": [red.pk]}

    page = browser.post(f"/people/{carol.pk}/", sent).content.decode()

    assert "You cannot give more than you hold yourself." in page
    assert re.search(rf'name="teams" value="{red.pk}"[^>]* checked', page)
    assert held(carol) == set()


def test_a_role_that_cannot_be_given_is_disabled_with_the_reason(
    acme: Tenant, bob: User, client_for: ClientFor
) -> None:
    role_of("Doorkeeper", P.SEE_PEOPLE, P.GIVE_ACCESS)
    page = client_for(acme, make_user("Dora Keeper", roles=("Doorkeeper",))).get(f"/people/{bob.pk}/").content.decode()
    assert re.search(rf'value="{role("Manager").pk}"[^>]* disabled>', page)
    assert not re.search(rf'value="{role("Staff").pk}"[^>]* disabled>', page)
    assert "it gives more than you hold yourself" in page


def test_a_role_whose_checkbox_is_disabled_is_kept(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    role_of("Doorkeeper", P.SEE_PEOPLE, P.GIVE_ACCESS)
    browser = client_for(acme, make_user("Dora Keeper", roles=("Doorkeeper",)))
    sent = form_on(browser, alice)
    assert sent["roles"] == []
    browser.post(f"/people/{alice.pk}/", sent | {"roles": [role("Staff").pk]})
    assert held(alice) == {"User administrator", "Staff"}


def test_the_last_user_administrator_cannot_take_it_from_herself(
    acme: Tenant, alice: User, client_for: ClientFor
) -> None:
    browser = client_for(acme, alice)
    page = browser.post(f"/people/{alice.pk}/", form_on(browser, alice) | {"roles": []}).content.decode()
    assert "This would leave nobody who can sign in and give access." in page
    assert held(alice) == {"User administrator"}


def test_who_may_only_see_people_gets_no_form_and_changes_nothing(
    acme: Tenant, bob: User, carol: User, client_for: ClientFor
) -> None:
    browser = client_for(acme, make_user("Mina Ng", roles=("Manager",)))
    page = browser.get(f"/people/{bob.pk}/").content.decode()
    assert page.count("<form") == 1  # to sign out
    assert 'name="roles"' not in page
    assert f"/people/{bob.pk}/suspend/" not in page
    assert browser.post(f"/people/{carol.pk}/", {"roles": [role("Staff").pk]}).status_code == 403
    assert held(carol) == set()


def test_the_second_of_two_who_save_at_once_is_told(
    acme: Tenant, alice: User, carol: User, client_for: ClientFor
) -> None:
    first, second = client_for(acme, alice), client_for(acme, make_user("Ann Other", roles=("User administrator",)))
    seen_first, seen_second = form_on(first, carol), form_on(second, carol)
    first.post(f"/people/{carol.pk}/", seen_first | {"roles": [role("Staff").pk]})

    page = second.post(f"/people/{carol.pk}/", seen_second | {"roles": [role("Manager").pk]}).content.decode()

    assert held(carol) == {"Staff"}
    assert "Somebody else changed this person’s access meanwhile" in page
    assert "You had chosen the role Manager and no team." in page
    assert re.search(rf'value="{role("Staff").pk}"[^>]* checked', page)


def test_a_form_without_its_version_overwrites_nothing(
    acme: Tenant, alice: User, bob: User, client_for: ClientFor
) -> None:
    answer = client_for(acme, alice).post(f"/people/{bob.pk}/", {"roles": [role("Manager").pk]})
    assert answer.status_code == 200
    assert held(bob) == {"Staff", "Red"}


def test_a_role_that_is_gone_is_refused_in_words(acme: Tenant, alice: User, bob: User, client_for: ClientFor) -> None:
    browser = client_for(acme, alice)
    sent = form_on(browser, bob) | {"roles": ["987654321"]}
    assert "not there any more" in browser.post(f"/people/{bob.pk}/", sent).content.decode()
    assert held(bob) == {"Staff", "Red"}


@pytest.mark.parametrize("path", ["/people/0/", "/people/99999999999999999999999/", "/people/bob/", "/people/-1/"])
def test_nobody_of_that_number_is_a_404(acme: Tenant, alice: User, client_for: ClientFor, path: str) -> None:
    answer = client_for(acme, alice).get(path)
    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()


def test_an_administrator_cannot_suspend_herself(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    make_user("Ann Other", roles=("User administrator",))
    page = client_for(acme, alice).post(f"/people/{alice.pk}/suspend/").content.decode()
    assert "You cannot suspend yourself." in page
    assert User.objects.get(pk=alice.pk).is_active


def test_asking_to_suspend_changes_nothing(acme: Tenant, alice: User, bob: User, client_for: ClientFor) -> None:
    page = client_for(acme, alice).get(f"/people/{bob.pk}/suspend/").content.decode()
    assert "Suspend Bob Lund?" in page
    assert User.objects.get(pk=bob.pk).is_active


def test_suspended_is_out_at_once_and_brought_back_may_come_again(
    acme: Tenant, alice: User, bob: User, client_for: ClientFor
) -> None:
    browser, his = client_for(acme, alice), client_for(acme, bob)
    assert his.get("/").status_code == 200
    said = browser.post(f"/people/{bob.pk}/suspend/", follow=True).content.decode()
    assert "Bob Lund is suspended and signed out." in said
    assert his.get("/").status_code == 302
    assert not Session.objects.filter(user=bob).exists()
    browser.post(f"/people/{bob.pk}/resume/")
    assert User.objects.get(pk=bob.pk).is_active
    assert held(bob) == {"Staff", "Red"}


def test_whom_alice_lets_in_is_in_at_the_next_click(
    acme: Tenant, alice: User, carol: User, client_for: ClientFor
) -> None:
    browser, hers = client_for(acme, alice), client_for(acme, carol)
    assert hers.get("/people/").status_code == 403
    assert "Carol Marsh" in hers.get("/").content.decode()
    red = Team.objects.create(name="Red")
    sent = form_on(browser, carol) | {"roles": [role("Manager").pk], "teams": [red.pk]}

    said = browser.post(f"/people/{carol.pk}/", sent, follow=True).content.decode()

    assert "Carol Marsh now has the role Manager and the team Red." in said
    assert hers.get("/people/").status_code == 200
    assert held(carol) == {"Manager", "Red"}


def test_saving_without_a_change_keeps_what_is_there(
    acme: Tenant, alice: User, bob: User, client_for: ClientFor
) -> None:
    browser = client_for(acme, alice)
    assert browser.post(f"/people/{bob.pk}/", form_on(browser, bob)).status_code == 302
    assert held(bob) == {"Staff", "Red"}


def test_what_the_directory_manages_cannot_be_changed_here(
    acme: Tenant, alice: User, bob: User, client_for: ClientFor
) -> None:
    fields = ("name", "given_name", "family_name", "email", "email_verified", "phone", "username")
    browser, before = client_for(acme, alice), User.objects.filter(pk=bob.pk).values(*fields).get()
    sent = form_on(browser, bob) | dict.fromkeys(fields, "changed@evil.example")
    assert browser.post(f"/people/{bob.pk}/", sent).status_code == 302
    assert User.objects.filter(pk=bob.pk).values(*fields).get() == before


def test_it_says_where_somebody_signs_in(acme: Tenant, alice: User, bob: User, client_for: ClientFor) -> None:
    page = client_for(acme, alice).get(f"/people/{bob.pk}/").content.decode()
    assert "Okta" in page
    assert bob.identities.get().subject in page
    assert "They cannot be changed here." in page
