"""set_access, suspend_user and resume_user: an operator lets the first people in, or somebody out."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command, load_command_class

from accounts.models import SignIn, Team, User
from accounts.tests.access_cast import apart, at_once, make_role, role
from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, arrive, configure_okta, make_user
from tenants.models import Tenant

ADMINISTRATOR = "User administrator"
NEW = "new.person@acme.example"
COMMANDS = ("set_access", "suspend_user", "resume_user")
every_command = pytest.mark.parametrize("command", COMMANDS)


def run(command: str, *arguments: str) -> str:
    """What the command says, which is one line."""
    said = StringIO()
    call_command(command, *arguments, stdout=said)
    (line,) = said.getvalue().splitlines()
    return line


def refusal(command: str, *arguments: str) -> str:
    """The one line with which the command refuses."""
    with pytest.raises(CommandError) as refused:
        run(command, *arguments)
    (line,) = str(refused.value).splitlines()
    return line


@every_command
@pytest.mark.parametrize("subdomain", ["staff", "public"])
def test_huumes_own_schemas_are_refused(acme: Tenant, command: str, subdomain: str) -> None:
    assert refusal(command, subdomain, NEW) == f"“{subdomain}” is Huume's own. Name a customer's subdomain."


@every_command
def test_an_unknown_tenant_is_refused(acme: Tenant, command: str) -> None:
    assert refusal(command, "nobody", NEW) == "There is no tenant “nobody”."


@every_command
@pytest.mark.parametrize("email", ["", "alice", "alice@", "@acme.example", "a b@acme.example", "a@acme.example\nx"])
def test_what_is_no_address_is_refused(acme: Tenant, command: str, email: str) -> None:
    assert refusal(command, "acme", email) == "Enter a valid email address."
    assert not User.objects.exists()


@pytest.mark.parametrize("command", ["suspend_user", "resume_user"])
def test_nobody_with_that_address_is_refused(acme: Tenant, command: str) -> None:
    assert refusal(command, "acme", NEW) == f"There is no user with the address {NEW}."


def test_a_person_of_another_tenant_is_not_found(acme: Tenant, mallory: User) -> None:
    assert refusal("suspend_user", "acme", mallory.email).startswith("There is no user")


def test_an_unknown_role_is_refused_with_the_names_there_are(acme: Tenant) -> None:
    assert refusal("set_access", "acme", NEW, "--role", "Administrator") == (
        "There is no role called “Administrator”. There are: Auditor, Manager, Staff, User administrator."
    )
    assert not User.objects.exists()


def test_an_unknown_team_is_refused_with_the_names_there_are(acme: Tenant) -> None:
    Team.objects.create(name="Red")
    said = refusal("set_access", "acme", NEW, "--role", "Staff", "--team", "Blue", "--team", "red")
    assert said == "There is no team called “Blue”. There are: Red."
    assert not User.objects.exists()


def test_where_there_are_no_teams_the_refusal_says_so(acme: Tenant) -> None:
    assert refusal("set_access", "acme", NEW, "--team", "Red").endswith("There are: none.")


@pytest.mark.parametrize("command", ["set_access", "suspend_user"])
def test_an_operator_does_not_lock_a_tenant_out_either(
    alice: User, command: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert refusal(command, "acme", alice.email).startswith("This would leave nobody who can sign in and give access.")
    assert list(User.objects.administrators()) == [alice]
    assert not caplog.records


@every_command
def test_several_who_share_an_address_are_refused_until_one_is_named(alice: User, command: str) -> None:
    first, second = (make_user("Sam Twin") for _each in range(2))
    SignIn.objects.create(reference="acme-1", provider=first.identities.get().provider, outcome="succeeded", user=first)
    said = refusal(command, "acme", first.email)
    assert said.startswith("2 people have the address sam.twin@acme.example. Say which one with --user ID. ")
    assert f"{first.pk}: Sam Twin, here since " in said
    assert said.count("last signed in") == said.count("never signed in") == 1
    assert run(command, "acme", first.email, "--user", str(second.pk))


@every_command
def test_a_user_with_another_address_is_not_taken_by_number(alice: User, bob: User, command: str) -> None:
    said = refusal(command, "acme", bob.email, "--user", str(alice.pk))
    assert said == f"User {alice.pk} does not have the address {bob.email}."


def test_the_first_user_administrator_is_made_in_advance(acme: Tenant) -> None:
    said = run("set_access", "acme", NEW, "--role", ADMINISTRATOR)
    assert said == f"{NEW} (added in advance) of Acme Homes now has: role User administrator, no team."
    person = User.objects.get(email=NEW)
    assert person.added_in_advance
    assert person.may("give_access")


def test_who_was_added_in_advance_is_in_after_signing_in(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    run("set_access", "acme", "carol.marsh@acme.example", "--role", ADMINISTRATOR)
    assert arrive(client_for(acme), okta, "Carol").status_code == 302
    assert User.objects.get().may("give_access")


def test_running_it_again_changes_nothing(acme: Tenant) -> None:
    for address in (NEW, NEW.upper(), f"  {NEW} "):
        run("set_access", "acme", address, "--role", "Staff")
    assert User.objects.get().email == NEW


def test_roles_and_teams_become_just_these_whatever_their_letters(alice: User, bob: User) -> None:
    Team.objects.create(name="Blue")
    said = run("set_access", "acme", bob.email, "--role", "manager", "--role", "AUDITOR", "--team", "blue")
    assert said == f"{bob.email} of Acme Homes now has: roles Manager, Auditor, team Blue."
    assert {held.name for held in bob.roles} == {"Manager", "Auditor"}
    assert [team.name for team in bob.teams.all()] == ["Blue"]


def test_the_same_role_named_twice_is_one(bob: User) -> None:
    assert "role Manager, no team" in run("set_access", "acme", bob.email, "--role", "Manager", "--role", "manager")


def test_without_any_name_all_access_is_taken(alice: User, bob: User) -> None:
    assert run("set_access", "acme", bob.email).endswith("now has: no role, no team.")
    assert bob.is_waiting


def test_a_role_of_the_tenants_own_can_be_given(acme: Tenant) -> None:
    make_role("Front desk", "see_people", "give_access")
    run("set_access", "acme", NEW, "--role", "Front desk")
    assert list(User.objects.administrators()) == list(role("Front desk").user_set.all())


def test_suspending_and_resuming_say_what_they_did(alice: User, bob: User) -> None:
    for _again in range(2):
        assert run("suspend_user", "acme", bob.email.upper()) == f"{bob.email} of Acme Homes is suspended: no way in."
    assert not User.objects.get(pk=bob.pk).is_active
    for _again in range(2):
        assert run("resume_user", "acme", bob.email) == f"{bob.email} of Acme Homes may sign in again."
    assert User.objects.get(pk=bob.pk).is_active


def test_two_at_once_for_a_new_address_make_one_user(acme: Tenant) -> None:
    def act() -> None:
        run("set_access", "acme", NEW, "--role", "Staff")

    try:
        assert at_once(acme, act, act, held="accounts_user") == [None, None]
        assert User.objects.get().email == NEW
    finally:
        apart(acme, lambda: User.objects.filter(email=NEW).delete())


@every_command
def test_help_ends_with_an_example(command: str) -> None:
    parser = load_command_class("accounts", command).create_parser("manage.py", command)
    assert f"Example: manage.py {command} acme " in " ".join(parser.format_help().split())
