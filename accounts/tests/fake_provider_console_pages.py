"""The two pages of the demo directory's console, in the order and the words of the setup guide."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import quote, urlsplit

from accounts.tests.fake_provider_cast import MYACCOUNT_SCOPES, FakeClient, FakePerson
from accounts.tests.fake_provider_directory import Directory
from accounts.tests.fake_provider_pages import page
from accounts.tests.fake_provider_transport import Response

WHAT_IT_IS = "This page stands in for Okta’s admin console, so that you can do here what Huume’s setup guide says."
FOR_HOW_LONG = "What you change applies at once, and is kept with the demo’s data."
# What the page says after something was sent, by the name that its address carries.
TOLD = {
    "created": "Created. Go on with the guide: fill in what follows, then press Save.",
    "saved": "Saved. It applies at once.",
    "no-keys": "The rest is saved. For a public key, give the address where the keys are: http:// or https://",
    "enough-secrets": "There are two secrets already, and Okta keeps no more. First delete one that is inactive.",
}
CREDENTIALS = "Client ID, secret and domain"
TYPED = 'spellcheck="false" autocapitalize="none" autocomplete="off"'


def applications(directory: Directory) -> Response:
    listed = "".join(map(_application_line, directory.clients))
    people = "".join(map(_person_line, directory.people))
    body = f"""<p>{WHAT_IT_IS} {FOR_HOW_LONG}</p>
<ul>{listed}</ul>
<form method="post"><button class="save">Create App Integration</button></form>
<p class="soft">Guide: <i>Create the app integration</i>. Sign-in method and application type are not asked:
OIDC - OpenID Connect and Web Application are the only ones here.</p>
<h2>Okta domain</h2><p><code>{_domain(directory)}</code></p>
<h2>People</h2>
<p>An application that you create is for the people of Harbour Housing. Nobody has a password.</p><ul>{people}</ul>"""
    return page("Applications", body, console=True)


def no_such_application() -> Response:
    body = '<p>It may be one of before the demo was stopped. <a href="/console/">See those that there are.</a></p>'
    return page("There is no such application", body, 404, console=True)


def _domain(directory: Directory) -> str:
    return escape(urlsplit(directory.issuer).netloc)


def _application_line(client: FakeClient) -> str:
    address = f"/console/{quote(client.client_id, safe='')}/"
    return f'<li><a href="{escape(address)}">{escape(client.label)}</a> <small>{escape(client.client_id)}</small></li>'


def _person_line(person: FakePerson) -> str:
    return f"<li>{escape(person.name)} <code>{escape(person.email)}</code> <small>{escape(person.about)}</small></li>"


def application(directory: Directory, client: FakeClient, told: str) -> Response:
    """``told`` is a name of TOLD, or anything else."""
    notice = f'<p class="told" role="status">{escape(TOLD[told])}</p>' if told in TOLD else ""
    people = ", ".join(person.name for person in directory.people if client.is_for(person))
    body = f"""{notice}<p class="soft">{WHAT_IT_IS} {FOR_HOW_LONG}</p>
<form method="post" action="?" aria-label="Settings of the application">
{_line("name", "App integration name", "Name and logo", client.label)}
{_fixed("Grant type", "Grant type", "Authorization Code. Others are not offered here.")}
{_area("redirect_uris", "Sign-in redirect URIs", "Sign-in redirect URI", client.redirect_uris)}
{_area("sign_out_uris", "Sign-out redirect URIs", "Sign-out redirect URI", client.post_logout_redirect_uris)}
{_scopes(client)}
{_assignments(client, people)}
{_line("initiate_login_uri", "Initiate login URI", "The tile on the Okta dashboard", client.initiate_login_uri)}
<button class="save" name="secret" value="">Save</button>
{_fixed("Client ID", CREDENTIALS, f"<code>{escape(client.client_id)}</code>")}
{_secrets(client)}
{_fixed("Okta domain", CREDENTIALS, f"<code>{_domain(directory)}</code>")}
{_authentication(client)}
</form>"""
    return page(client.label, body, console=True)


# Parts of the form


def _guide(step: str, name: str) -> str:
    return f'<small id="{name}-guide">Guide: {escape(step)}</small>'


def _line(name: str, label: str, step: str, value: str) -> str:
    return f"""<div class="field"><label for="{name}">{label}</label>{_guide(step, name)}
<input id="{name}" name="{name}" value="{escape(value)}" aria-describedby="{name}-guide" {TYPED}></div>"""


def _area(name: str, label: str, step: str, values: Iterable[str]) -> str:
    # A line break straight after the tag is not part of the text.
    return f"""<div class="field"><label for="{name}">{label}</label>{_guide(f"{step}. One on each line.", name)}
<textarea id="{name}" name="{name}" rows="2" aria-describedby="{name}-guide" {TYPED}>
{escape(chr(10).join(values))}</textarea></div>"""


def _fixed(label: str, step: str, markup: str) -> str:
    return f'<div class="field"><b>{label}</b><small>Guide: {escape(step)}</small><p>{markup}</p></div>'


def _choice(kind: str, name: str, value: str, label: str, chosen: bool) -> str:
    checked = " checked" if chosen else ""
    return (
        f'<label class="choice"><input type="{kind}" name="{name}" value="{escape(value)}"{checked}>'
        f"<span>{escape(label)}</span></label>"
    )


def _group(name: str, legend: str, step: str, inner: str) -> str:
    guide = _guide(step, name)
    return f'<fieldset aria-describedby="{name}-guide"><legend>{legend}</legend>{guide}{inner}</fieldset>'


def _scopes(client: FakeClient) -> str:
    boxes = (
        _choice("checkbox", "scopes", scope, scope, scope in client.granted_scopes)
        for scope in sorted(MYACCOUNT_SCOPES)
    )
    return _group("scopes", "Okta API Scopes: granted", "Okta API scopes", "".join(boxes))


def _assignments(client: FakeClient, people: str) -> str:
    choices = _choice("radio", "assigned", "nobody", "Nobody", not client.assigned)
    choices += _choice("radio", "assigned", "everybody", f"Everybody: {people}", client.assigned)
    return _group("assigned", "Assignments", "Who may use it", choices)


def _authentication(client: FakeClient) -> str:
    choices = _choice("radio", "authentication", "secret", "Client secret", not client.has_keys)
    choices += _choice("radio", "authentication", "keys", "Public key / Private key", client.has_keys)
    address = f"""<label for="jwks_uri">Use a URL to fetch keys dynamically</label>
<input id="jwks_uri" name="jwks_uri" value="{escape(client.jwks_uri)}" {TYPED}>
<button name="secret" value="">Save</button>"""
    step = f"{CREDENTIALS}, or without any secret"
    return _group("authentication", "Client authentication", step, choices + address)


def _secrets(client: FakeClient) -> str:
    lines = [
        *(_secret_line(secret, "Active", ["deactivate"], place) for place, secret in enumerate(client.secrets)),
        *(
            _secret_line(secret, "Inactive", ["activate", "delete"], place)
            for place, secret in enumerate(client.inactive_secrets)
        ),
    ]
    add = '<button name="secret" value="add">Generate new secret</button>'
    words = "Not used while a public key is chosen below." if client.has_keys else "Two may be active at once."
    listed = f"<p>{words}</p><ul>{''.join(lines)}</ul>{add}"
    return _group("secrets", "Client secrets", CREDENTIALS, listed)


def _secret_line(secret: str, state: str, actions: Iterable[str], place: int) -> str:
    buttons = "".join(
        f'<button name="secret" value="{action}-{place}">{action.capitalize()}</button>' for action in actions
    )
    return f"<li><b>{state}</b> <code>{escape(secret)}</code> {buttons}</li>"
