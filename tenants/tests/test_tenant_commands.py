"""The commands about tenants and keys: what they refuse, in one line, and what they do."""

import base64
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command, load_command_class
from pytest_django.fixtures import Settings

from huume.crypto import DecryptionError, generate_key
from huume.testing import ClientFor, live_provider_row
from tenants.models import IdentityProvider, Tenant
from tenants.tests import manage_process

SECRET = "a secret of acme's directory"
WITH_EXAMPLE = ("provision_tenant", "configure_provider", "suspend_tenant", "resume_tenant")


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


@pytest.mark.parametrize("command", ["suspend_tenant", "resume_tenant"])
@pytest.mark.parametrize(
    ("subdomain", "said"),
    [
        ("nobody", "There is no tenant “nobody”."),
        ("staff", "“staff” is Huume's own. Name a customer's subdomain."),
        ("public", "“public” is Huume's own. Name a customer's subdomain."),
    ],
)
def test_only_a_customers_tenant_is_suspended_or_resumed(db: None, command: str, subdomain: str, said: str) -> None:
    assert refusal(command, subdomain) == said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("initech", "--name", "  "), "The name is empty."),
        (("initech", "--name", "Initech", "--contact", "it"), "Enter a valid email address."),
        (("admin", "--name", "Initech"), "“admin” is reserved. Choose another subdomain."),
        (("initech", "--name", "Initech", "--host", "x"), "“x” is not a host name such as portal.example.org."),
    ],
)
def test_a_tenant_that_cannot_be_made_is_refused_in_one_line(db: None, arguments: tuple[str, ...], said: str) -> None:
    assert refusal("provision_tenant", *arguments) == said
    assert not Tenant.objects.filter(schema_name="initech").exists()


def test_a_tenant_is_made_once(db: None) -> None:
    arguments = ("provision_tenant", "Initech", "--name", " Initech ", "--host", "portal.initech.example")
    assert run(*arguments) == "Initech is ready at http://initech.localhost:8000"
    assert run(*arguments) == "Initech is up to date at http://initech.localhost:8000"
    assert Tenant.objects.get(schema_name="initech").domains.count() == 2


def test_a_suspended_tenant_is_closed_at_the_next_request(acme: Tenant, alice: Any, client_for: ClientFor) -> None:
    browser = client_for(acme, alice)
    assert browser.get("/").status_code == 200
    assert run("suspend_tenant", "acme") == "Acme Homes is suspended: nobody can sign in."
    assert browser.get("/").status_code == 403


def test_after_resuming_people_sign_in_anew_and_all_else_is_there(
    acme: Tenant, alice: Any, client_for: ClientFor
) -> None:
    browser = client_for(acme, alice)
    run("suspend_tenant", "acme")
    assert run("resume_tenant", "acme") == "Acme Homes is open again."
    assert browser.get("/")["Location"].startswith("/sign-in/")
    assert client_for(acme, alice).get("/").status_code == 200


def test_the_sessions_of_another_tenant_stay(acme: Tenant, globex: Tenant, mallory: Any, client_for: ClientFor) -> None:
    browser = client_for(globex, mallory)
    run("suspend_tenant", "acme")
    assert browser.get("/").status_code == 200


def test_suspending_again_keeps_the_moment_of_the_first_time(acme: Tenant) -> None:
    run("suspend_tenant", "acme")
    first = Tenant.objects.get(pk=acme.pk).suspended_at
    run("suspend_tenant", "acme")
    assert first is not None
    assert Tenant.objects.get(pk=acme.pk).suspended_at == first


def test_resuming_again_changes_nothing(acme: Tenant) -> None:
    for _again in range(2):
        assert run("resume_tenant", "acme") == "Acme Homes is open again."


def test_a_new_key_has_32_bytes_and_is_another_each_time() -> None:
    first, second = run("generate_key"), run("generate_key")
    assert first != second
    assert len(base64.urlsafe_b64decode(first)) == 32


def test_secrets_that_no_key_opens_are_named_and_left_as_they_were(
    acme: Tenant, globex: Tenant, settings: Settings
) -> None:
    lost = live_provider_row(acme)
    before = lost.client_secret.ciphertext
    lost_key, settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS, [generate_key()]
    kept = live_provider_row(globex)
    settings.ENCRYPTION_KEYS = [generate_key(), *settings.ENCRYPTION_KEYS]

    assert refusal("rotate_keys").startswith("Not readable with the keys given, and left as they were: acme/okta (")

    lost.refresh_from_db()
    kept.refresh_from_db()
    assert lost.client_secret.ciphertext == before
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert kept.open_client_secret() == SECRET
    settings.ENCRYPTION_KEYS = lost_key
    assert lost.open_client_secret() == SECRET


def test_after_rotation_the_older_key_can_go(acme: Tenant, settings: Settings) -> None:
    provider, new = live_provider_row(acme), generate_key()
    settings.ENCRYPTION_KEYS, old = [new, *settings.ENCRYPTION_KEYS], settings.ENCRYPTION_KEYS
    assert run("rotate_keys") == "1 secrets are now under the newest key."
    assert run("rotate_keys") == "0 secrets are now under the newest key."

    there = IdentityProvider.objects.get(pk=provider.pk)
    settings.ENCRYPTION_KEYS = [new]
    assert there.open_client_secret() == SECRET
    settings.ENCRYPTION_KEYS = old
    with pytest.raises(DecryptionError):
        there.open_client_secret()


@pytest.mark.parametrize("command", WITH_EXAMPLE)
def test_help_ends_with_an_example(command: str) -> None:
    parser = load_command_class("tenants", command).create_parser("manage.py", command)
    assert f"Example: manage.py {command} acme" in " ".join(parser.format_help().split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("suspend_tenant", "nobody"), "CommandError: There is no tenant “nobody”.\n"),
        (("provision_tenant", "www", "--name", "X"), "CommandError: “www” is reserved. Choose another subdomain.\n"),
        (
            ("provision_tenant", "initech"),
            "Error: the following arguments are required: --name. See: manage.py provision_tenant --help\n",
        ),
    ],
)
def test_a_refusal_is_one_line_and_exit_status_1(db: None, arguments: tuple[str, ...], said: str) -> None:
    assert manage_process.run(*arguments) == (1, "", said)


def test_a_key_can_be_made_before_anything_is_configured(db: None) -> None:
    status, key, errors = manage_process.run("generate_key", SECRET_KEY="", ENCRYPTION_KEYS="", DATABASE_URL="")
    assert (status, len(base64.urlsafe_b64decode(key)), errors) == (0, 32, "")
