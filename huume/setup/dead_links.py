"""What whoever holds a dead link is told: why, and whom to ask. Whoever holds none gets one sentence for everything."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from huume import refusals
from tenants import setup_links
from tenants.models import SetupLink

GONE = 410


@dataclass(frozen=True)
class Words:
    title: str
    text: str


def words_for(link: SetupLink) -> Words:
    return {
        setup_links.RUN_OUT: run_out,
        SetupLink.End.REVOKED: revoked,
        SetupLink.End.REPLACED: replaced,
        SetupLink.End.DONE: done,
        SetupLink.End.GUESSED: guessed,
    }[setup_links.end_of(link)](link)


def run_out(link: SetupLink) -> Words:
    day = date_format(localtime(link.expires_at), "j F Y")
    return Words(
        _("This link has run out"), _("It was good until %(day)s. What was set up so far is kept.") % {"day": day}
    )


def revoked(link: SetupLink) -> Words:
    return Words(_("This link was taken back"), _("Huume has revoked it. What was set up so far is kept."))


def replaced(link: SetupLink) -> Words:
    text = _("A newer link has taken its place, and only the newest opens. Look for a later mail from Huume.")
    return Words(_("There is a newer link"), text)


def done(link: SetupLink) -> Words:
    text = _("%(provider)s is connected: people sign in at %(address)s. Nothing is left to do with this link.")
    provider = link.provider
    said = {"provider": provider.button_label, "address": provider.tenant.address}
    return Words(_("The setup is done"), text % said)


def guessed(link: SetupLink) -> Words:
    text = _("Too many wrong codes were typed, so we closed it, in case somebody was guessing.")
    return Words(_("This link is closed"), text)


def dead(request: HttpRequest, link: SetupLink) -> HttpResponse:
    """Only for somebody who holds the link's own token, or was in a session of it."""
    words, end = words_for(link), setup_links.end_of(link)
    text = words.text if end == SetupLink.End.DONE else f"{words.text} {whom_to_ask(link)}"
    action = {} if end == SetupLink.End.DONE else writing_to(link)
    return refusals.refuse(request, GONE, title=words.title, text=text, code=f"setup_link_{end}", **action)


def whom_to_ask(link: SetupLink) -> str:
    if asked := setup_links.whom_to_ask(link):
        return _("For a new link, ask %(whom)s.") % {"whom": asked}
    return _("For a new link, ask your account manager at Huume.")


def writing_to(link: SetupLink) -> dict[str, Any]:
    asked = setup_links.whom_to_ask(link)
    return {"action": f"mailto:{asked}", "action_label": _("Write to %(whom)s") % {"whom": asked}} if asked else {}


def unknown(request: HttpRequest) -> HttpResponse:
    """The same for a mangled link, another tenant's, and none at all."""
    text = _(
        "This page opens by the link in a mail from Huume. Open it there once more, or copy it whole. If that does not"
        " help, ask whoever at Huume sent it."
    )
    return refusals.refuse(request, 404, title=_("That is no setup link"), text=text, code="setup_link_unknown")


def session_over(request: HttpRequest) -> HttpResponse:
    """For a browser that was in, where the link still holds."""
    text = _(
        "It lasts two hours. What was set up so far is kept: open the link in the mail again, and go on with a new"
        " code."
    )
    return refusals.refuse(request, GONE, title=_("Your setup session is over"), text=text, code="setup_session_over")


def too_many(request: HttpRequest) -> HttpResponse:
    text = _("Too many links that do not exist were opened from your network. Try yours again in a minute.")
    answer = refusals.refuse(request, 429, title=_("One moment, please"), text=text, code="too_many_setup_links")
    answer.headers["Retry-After"] = "60"
    return answer


def codes_refused(request: HttpRequest, link: SetupLink, refusal: setup_links.SetupRefused) -> HttpResponse:
    """No further code is sent; one that is out may still be typed."""
    action = {"action": reverse("setup-code"), "action_label": _("Type a code")}
    text = f"{refusal} {whom_to_ask(link)}"
    return refusals.refuse(request, 403, title=_("No more codes"), text=text, code=refusal.code, **action)
