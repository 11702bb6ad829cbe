"""The pages of the demo directory: who to be, what went wrong, the dashboard with its tiles."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from accounts.tests.fake_provider_cast import FakeClient, FakePerson
from accounts.tests.fake_provider_transport import Response

STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#1d2330, #eceff4); --soft: light-dark(#565f70, #aab3c2);
  --paper: light-dark(#fff, #1a2030); --back: light-dark(#e8ebf3, #10141f); --line: light-dark(#8a93a5, #5c677d);
  --brand: light-dark(#3446a8, #a9b6ff); font: 100%/1.5 system-ui, sans-serif; }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; color: var(--ink);
  background: var(--back); }
main { width: min(28rem, 100%); background: var(--paper); border-radius: 1rem; padding: clamp(1.25rem, 5vw, 2.25rem);
  border-top: .4rem solid var(--brand); }
.site { color: var(--brand); font-weight: 700; letter-spacing: .02em; margin: 0 0 1rem; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .5rem; }
p { margin: 0 0 1rem; } .soft, small { color: var(--soft); } a { color: var(--brand); }
form { display: grid; gap: .6rem; margin: 0; } code { overflow-wrap: anywhere; }
button { font: inherit; color: inherit; text-align: left; display: grid; width: 100%; padding: .7rem 1rem;
  cursor: pointer; background: transparent; border: 1px solid var(--line); border-radius: .6rem; }
button:hover, button.hinted { border-color: var(--brand); box-shadow: inset .3rem 0 0 var(--brand); }
button.plain { text-align: center; border-color: transparent; color: var(--brand); text-decoration: underline; }
strong, small { overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--brand); outline-offset: 2px; }
ul { list-style: none; padding: 0; margin: 0 0 1rem; display: grid; gap: .6rem; }
"""
CONSOLE_STYLE = """
main.console { width: min(46rem, 100%); }
.console h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.console form { gap: 1.4rem; }
.console fieldset, .console .field { display: grid; gap: .4rem; border: 0; border-top: 1px solid var(--line);
  padding: 1rem 0 0; margin: 0; min-width: 0; }
.console legend { float: left; padding: 0; } .console legend, .console .field > label { font-weight: 700; }
.console p { margin: 0; } .console > p { margin: 0 0 1rem; }
.console .choice { display: flex; gap: .6rem; align-items: baseline; }
.console input:not([type=radio], [type=checkbox]), .console textarea { font: inherit; width: 100%; color: inherit;
  background: transparent; border: 1px solid var(--line); border-radius: .6rem; padding: .55rem .8rem; }
.console textarea { resize: vertical; overflow-wrap: anywhere; }
.console button { width: auto; display: inline-block; padding: .45rem .9rem; justify-self: start; }
.console button.save { background: var(--brand); border-color: var(--brand); color: var(--paper); font-weight: 700; }
.console li { display: flex; flex-wrap: wrap; gap: .4rem .8rem; align-items: center; }
.console form + p { margin-top: .6rem; }
.console code { font-size: 1rem; user-select: all; }
.told { border: 1px solid var(--brand); border-left-width: .4rem; border-radius: .6rem; padding: .7rem 1rem; }
"""
CONSOLE_SITE = 'Demo directory · <a href="/console/">Admin console</a>'
HEADERS = (
    ("Cache-Control", "no-cache, no-store"),
    (
        "Content-Security-Policy",
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)


def page(title: str, body: str, status: int = 200, *headers: tuple[str, str], console: bool = False) -> Response:
    """A whole page; ``body`` is markup, ``title`` is text. Those of the ``console`` are wide and have forms."""
    style, kind, site = (STYLE + CONSOLE_STYLE, "console", CONSOLE_SITE) if console else (STYLE, "", "Demo directory")
    html = f"""<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} - Demo directory</title><link rel="icon" href="data:,"><style>{style}</style></head>
<body><main class="{kind}"><p class="site">{site}</p><h1>{escape(title)}</h1>
{body}
</main></body></html>"""
    return Response.of_html(html, status, *HEADERS, *headers)


def _person_button(person: FakePerson, hinted: bool) -> str:
    """A button whose whole text is its label; the hinted person's takes the focus."""
    about = f"<small>{escape(person.about)}</small> " if person.about else ""
    mark = ' class="hinted" autofocus' if hinted else ""
    return (
        f'<button name="person" value="{escape(person.subject)}"{mark}>'
        f"<strong>{escape(person.name)}</strong> {about}<small>{escape(person.user_name)}</small></button>"
    )


def choose_person(
    client: FakeClient, people: Sequence[FakePerson], reference: str, login_hint: str, current: FakePerson | None
) -> Response:
    buttons = "\n".join(
        _person_button(person, bool(login_hint) and person.is_known_as(login_hint)) for person in people
    )
    now = f'<p class="soft">This browser is signed in here as {escape(current.name)}.</p>' if current else ""
    body = f"""<p><b>{escape(client.label)}</b> asks who you are. Nobody here has a password: choose.</p>{now}
<form method="post" action="/signin" aria-label="Choose a person">
<input type="hidden" name="request" value="{escape(reference)}">
{buttons}
<button class="plain" name="cancel" value="yes">Cancel and go back</button>
</form>"""
    return page("Who do you want to be?", body)


def error_page(description: str) -> Response:
    """Okta's 400 page: for what must not be sent back to a redirect URI, because that is what is wrong."""
    body = f"""<p>Your request resulted in an error.</p><p class="soft"><code>{escape(description)}</code></p>
<p>Go back to the application and try again, or tell its administrator what this page says.</p>"""
    return page("400 Bad Request", body, 400)


def _tile(client: FakeClient, link: str) -> str:
    return f'<li><a href="{escape(link)}">Open {escape(client.label)}</a></li>'


def dashboard(
    tiles: Sequence[tuple[FakeClient, str]], current: FakePerson | None, *, console: bool = False
) -> Response:
    """The directory's own first page: a link for each application that can be started from here, and sign-out."""
    who = f"You are signed in here as {escape(current.name)}." if current else "You are not signed in here."
    sign_out = '<form method="post" action="/signout"><button class="plain">Sign out of the directory</button></form>'
    listed = "".join(_tile(client, link) for client, link in tiles)
    admin = '<p><a href="/console/">Admin console</a></p>' if console else ""
    return page("Your applications", f"<p>{who}</p><ul>{listed}</ul>{admin}{sign_out if current else ''}")


def signed_out(*headers: tuple[str, str]) -> Response:
    return page("You are signed out", '<p><a href="/">Go to the directory</a></p>', 200, *headers)
