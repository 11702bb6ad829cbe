"""The admin console of the demo directory: what an IT administrator does in Okta's, on two pages.

Nobody signs in to it and whatever is sent is done at once, so it is served only where it was asked for.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import replace
from urllib.parse import quote, unquote

from accounts.tests import fake_provider_console_pages as pages
from accounts.tests.fake_provider_cast import CREATED_LATER, MYACCOUNT_SCOPES, FakeClient
from accounts.tests.fake_provider_directory import Directory
from accounts.tests.fake_provider_http import Fields, Request
from accounts.tests.fake_provider_kept import save
from accounts.tests.fake_provider_transport import Response

ROOT = "/console/"
MOST_SECRETS = 2
LONGEST_NAME = 100


def console(directory: Directory, request: Request) -> Response:
    """The list of applications, one of them, or a form that was sent from either."""
    name = unquote(request.path.removeprefix(ROOT).rstrip("/"))
    if not name and request.method == "POST":
        return _see(directory, create(directory), "created")
    if not name:
        return pages.applications(directory)
    client = directory.client(name)
    if client is None:
        return pages.no_such_application()
    if request.method == "POST":
        changed = replace(client)
        told = change(changed, request.form)
        return _see(directory, directory.add_client(changed), told)
    return pages.application(directory, client, request.fields.get("told", ""))


def _see(directory: Directory, client: FakeClient, told: str) -> Response:
    if directory.kept_in:
        save(directory.kept_in, [each for each in directory.clients if each not in directory.given])
    return Response(303, b"", [("Location", f"{ROOT}{quote(client.client_id, safe='')}/?told={told}")])


def create(directory: Directory) -> FakeClient:
    """As Okta makes one: with an ID and a secret, and as yet without an address, a scope or anybody assigned."""
    letters = string.ascii_letters + string.digits
    return directory.add_client(
        FakeClient(
            client_id="0oa" + "".join(secrets.choice(letters) for _ in range(17)),
            secrets=[new_secret()],
            redirect_uris=[],
            granted_scopes=set(),
            name="My Web App",
            assigned=False,
            audience=CREATED_LATER,
        )
    )


def new_secret() -> str:
    """As long as Okta's: 64 characters."""
    return secrets.token_urlsafe(48)


def change(client: FakeClient, form: Fields) -> str:
    """Sets all that the page's form says, in values of its own; returns what to tell, by its name in ``pages.TOLD``."""
    client.name = _text(form, "name")[:LONGEST_NAME] or client.name
    client.redirect_uris = _lines(form, "redirect_uris")
    client.post_logout_redirect_uris = _lines(form, "sign_out_uris")
    client.granted_scopes = set(form.get("scopes", ())) & MYACCOUNT_SCOPES
    client.assigned = _text(form, "assigned") == "everybody"
    client.initiate_login_uri = _text(form, "initiate_login_uri")
    return _set_authentication(client, form) or _change_secrets(client, _text(form, "secret")) or "saved"


def _text(form: Fields, name: str) -> str:
    return "".join(form.get(name, ())[:1]).strip()


def _lines(form: Fields, name: str) -> list[str]:
    return [line.strip() for line in _text(form, name).splitlines() if line.strip()]


def _set_authentication(client: FakeClient, form: Fields) -> str:
    address = _text(form, "jwks_uri")
    if _text(form, "authentication") != "keys":
        client.jwks_uri = ""
    elif address.startswith(("http://", "https://")):
        client.jwks_uri = address
    else:
        return "no-keys"
    return ""


def _change_secrets(client: FakeClient, asked: str) -> str:
    """``asked`` is "add", or what to do and with which secret: "deactivate-0" is the first of those in use."""
    what, _, place = asked.partition("-")
    active, inactive = list(client.secrets), list(client.inactive_secrets)
    moves = {"deactivate": (active, inactive), "activate": (inactive, active), "delete": (inactive, list[str]())}
    source, target = moves.get(what, ([], []))
    if what == "add" and len(active + inactive) >= MOST_SECRETS:
        return "enough-secrets"
    if what == "add":
        active.append(new_secret())
    elif place.isdecimal() and int(place) < len(source):
        target.append(source.pop(int(place)))
    client.secrets, client.inactive_secrets = active, inactive
    return ""
