"""Where a customer stands, whose turn it is, and what an account manager does next: a sentence and a button each."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import check_words
from accounts.reasons import advice
from tenants.models import IdentityProvider, SetupLink
from tenants.progress import Progress

CHECK = "check_"


class Turn(IntEnum):
    """In the order of the board: what waits for an account manager comes first."""

    OURS = 0
    THEIRS = 1
    DONE = 2
    OFF = 3


@dataclass(frozen=True)
class Situation:
    """`words`: a sentence; `button`: the next action, with the name of its page; `quiet`: nothing has to be done."""

    turn: Turn
    words: str
    button: str = ""
    page: str = ""
    quiet: bool = False

    def address(self, progress: Progress) -> str:
        return address_of(self.page, progress) if self.page else ""


def address_of(page: str, progress: Progress) -> str:
    """A page of the admin that is about the tenant or about its provider."""
    if page == "tenants_identityprovider_add":
        return f"{reverse(f'admin:{page}')}?{urlencode({'tenant': progress.tenant.pk})}"
    about_tenant = page in {"setup-link", "tenants_tenant_change"} or progress.provider is None
    row = progress.tenant if about_tenant else progress.provider
    return reverse(f"admin:{page}", args=[row.pk if row else None])


def situation_of(progress: Progress, *, steps: int = 0) -> Situation:
    """`steps`: how many the guide of this kind of provider has."""
    provider = progress.provider
    if progress.tenant.is_suspended:
        return Situation(Turn.OFF, _("Suspended."), _("Look at the tenant"), "tenants_tenant_change", quiet=True)
    if provider is None:
        return Situation(
            Turn.OURS, _("No provider yet, and nobody has a setup link."), _("Send the link"), "setup-link"
        )
    if provider.status == IdentityProvider.Status.DISABLED:
        page = "tenants_identityprovider_change"
        return Situation(Turn.OFF, _("Its provider is switched off."), _("Look at the provider"), page, quiet=True)
    if provider.is_live:
        return _live(progress, provider)
    if progress.has("submitted"):
        return _handed_over(progress, provider)
    return _before(progress, provider, steps)


def _before(progress: Progress, provider: IdentityProvider, steps: int) -> Situation:
    link = progress.link
    if link is None:
        return Situation(Turn.OURS, _("Nobody has a setup link."), _("Send the link"), "setup-link")
    if not link.is_active:
        return Situation(Turn.OURS, _link_is_dead(link), _("Send it again"), "setup-link")
    done = len(provider.steps_done)
    if done and steps:
        words = _("Following the guide: %(done)d of %(steps)d steps.") % {"done": min(done, steps), "steps": steps}
    elif link.entered_at:
        words = _("In the guide, no step ticked off yet.")
    elif link.opened_at:
        words = _("Link opened, the code not typed in yet.")
    else:
        words = _("Link sent, not opened yet.")
    return Situation(Turn.THEIRS, words, _("Look at the link"), "setup-link", quiet=True)


def _link_is_dead(link: SetupLink) -> str:
    return {
        "": _("The setup link has run out."),
        SetupLink.End.REVOKED.value: _("The setup link was revoked."),
        SetupLink.End.GUESSED.value: _("The setup link was closed after too many wrong codes."),
    }.get(link.end, _("The setup link has ended."))


def _handed_over(progress: Progress, provider: IdentityProvider) -> Situation:
    link = progress.link
    theirs = link is not None and link.is_active
    turn = Turn.THEIRS if theirs else Turn.OURS
    if not progress.has("checked"):
        return Situation(Turn.OURS, _("Credentials are here, not checked yet."), _("Check it"), "check")
    if progress.check_failed:
        return Situation(turn, _failed(provider), _("Look at the check"), "check", quiet=theirs)
    if not progress.has("tested"):
        words = _("Checked, and good. Nobody has made a test sign-in.")
        button = _("Look at the link") if theirs else _("Send it again") if link else _("Send the link")
        return Situation(turn, words, button, "setup-link", quiet=theirs)
    return Situation(Turn.OURS, _("Checked and tested. It can go live."), _("Switch live"), "going-live")


def _live(progress: Progress, provider: IdentityProvider) -> Situation:
    if progress.check_failed:
        return Situation(Turn.OURS, _failed(provider), _("Look at the check"), "check")
    if progress.last_error:
        return Situation(Turn.OURS, _("Live, and signing in has failed."), _("Check it"), "check")
    if progress.secret_runs_out:
        day = f"{provider.secret_expires_on:%d %b %Y}"
        return Situation(
            Turn.OURS, _("The client secret runs out on %(day)s.") % {"day": day}, _("Change the settings"), "changing"
        )
    if not progress.has("signed_in"):
        page = "tenants_identityprovider_change"
        return Situation(Turn.THEIRS, _("Live. Nobody has signed in yet."), _("Look at it"), page, quiet=True)
    if not progress.has("administrator"):
        return _without_administrator(provider)
    return Situation(Turn.DONE, _("Live and in use."))


def _without_administrator(provider: IdentityProvider) -> Situation:
    named = provider.first_administrator
    if named:
        words = _("In use, and waits for %(email)s, who lets people in.") % {"email": named}
        return Situation(Turn.THEIRS, words, _("Look at it"), "going-live", quiet=True)
    words = _("In use, and nobody can let people in.")
    return Situation(Turn.OURS, words, _("Name an administrator"), "going-live")


def _failed(provider: IdentityProvider) -> str:
    return _("The live check failed. %(titles)s.") % {"titles": titles(provider.check_failed, provider)}


def titles(failed: Iterable[str], provider: IdentityProvider) -> str:
    named = (check_words.title(check, provider, "failed") for check in failed)
    return ", ".join(f"“{title}”" for title in named)


def error_in_words(progress: Progress) -> str:
    """What went wrong last, where it still stands and the situation does not say it already."""
    code, provider = progress.last_error, progress.provider
    if not code or provider is None:
        return ""
    if code.startswith(CHECK):
        return "" if progress.check_failed else titles([code.removeprefix(CHECK)], provider)
    return advice(code) or code


def age_in_words(seconds: float) -> str:
    """In its largest whole unit: 12 days, 3 hours, less than an hour."""
    days, hours = int(seconds // 86_400), int(seconds // 3_600)
    if days:
        return ngettext("%(number)d day", "%(number)d days", days) % {"number": days}
    if hours:
        return ngettext("%(number)d hour", "%(number)d hours", hours) % {"number": hours}
    return _("less than an hour")


def attention(progress: Progress) -> Any:
    """Sorts a tenant's providers: in trouble first, then the one that has least behind it."""
    return (not progress.is_in_trouble, progress.distance)
