"""“Switch live”: what is in its way, who hears of it, who becomes the first user administrator; and the switch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import check_words, going_live
from accounts.going_live import NotReady
from accounts.reasons import Words, explain
from huume.setup.rehearsal_words import Remark, words_of
from huume.staff import confirmation
from huume.staff.actor import staff_actor
from tenants.emails import contact_of
from tenants.models import IdentityProvider, Tenant, TrialSignIn

PERMISSION, MAY_ACT = "tenants.view_tenant", "tenants.change_identityprovider"


@dataclass(frozen=True)
class Told:
    """Who gets which mail; `email` is empty where nobody is known."""

    who: str
    email: str
    what: str


@dataclass(frozen=True)
class Tested:
    """The last test sign-in. `refused`: why, where nobody got through; `is_current`: of the settings as they are."""

    at: datetime
    is_current: bool = True
    refused: Words | None = None
    warnings: tuple[Remark, ...] = ()


def switch(request: HttpRequest, context: dict[str, Any], pk: UUID) -> HttpResponse:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    providers = IdentityProvider.objects.filter(tenant__in=Tenant.objects.customers()).select_related("tenant")
    provider = get_object_or_404(providers, pk=pk)
    if request.method == "POST":
        return _press(request, provider)
    return TemplateResponse(request, "admin/staff/going_live.html", {**context, **said_of(request, provider)})


def said_of(request: HttpRequest, provider: IdentityProvider) -> dict[str, Any]:
    """What the page shows, obstacles first."""
    bars, doubts = going_live.bars(provider), going_live.doubts(provider)
    return {
        "provider": provider,
        "tenant": provider.tenant,
        "seen": going_live.fingerprint(provider),
        "bars": bars,
        "doubts": [] if provider.is_live else doubts,
        "failed": [check_words.title(check, provider, "failed") for check in provider.check_failed],
        "tested": tested(provider),
        "told": told(provider),
        "administrator": administrator_in_words(provider),
        "can_be_made": bool(provider.is_live and provider.first_administrator and not _is_settled(provider)),
        "may_act": request.user.has_perm(MAY_ACT),
        "title": _("Switch live") if not provider.is_live else _("Live"),
        "subtitle": str(provider),
    }


def _is_settled(provider: IdentityProvider) -> bool:
    return going_live.has_administrator(provider) or bool(going_live.doubts_of_administrator(provider))


def tested(provider: IdentityProvider) -> Tested | None:
    """None where nobody has tried. Who tried, and what came of them, is the customer's to see."""
    good_at = provider.tested_at
    trial = TrialSignIn.objects.filter(provider=provider.pk, settings=None).first()
    if good_at and (trial is None or trial.at < good_at):
        # Of settings that were swapped in since: the test is kept with them.
        return Tested(good_at)
    if trial is None:
        return None
    if trial.reason:
        return Tested(trial.at, refused=explain(trial.reason, provider))
    handed_over = provider.submitted_at
    is_current = bool(good_at and (handed_over is None or good_at >= handed_over))
    return Tested(trial.at, is_current, warnings=tuple(words_of(trial.warnings, provider)))


def told(provider: IdentityProvider) -> list[Told]:
    news = _("“Your people can sign in”, with the portal’s address")
    found = [
        Told(_("IT contact"), contact_of(provider), news),
        Told(_("Account manager"), provider.tenant.account_manager, news),
    ]
    if provider.first_administrator and not going_live.has_administrator(provider):
        found.append(Told(_("First user administrator"), provider.first_administrator, _("Welcome, and what to do")))
    return found


def administrator_in_words(provider: IdentityProvider) -> str:
    if going_live.has_administrator(provider):
        return _("A user administrator has signed in already, and lets others in.")
    if not provider.first_administrator:
        return _(
            "Nobody is named. Whoever signs in then waits, as nobody can let them in: name somebody on the provider’s"
            " page."
        )
    return _("%(email)s. Gets the role “User administrator”, and with it access at the first sign-in.") % {
        "email": provider.first_administrator
    }


def _press(request: HttpRequest, provider: IdentityProvider) -> HttpResponse:
    """Either the switch or, where it is live, the making of the administrator who was named since."""
    if not request.user.has_perm(MAY_ACT):
        raise PermissionDenied
    here = reverse("admin:going-live", args=[provider.pk])
    redirect = confirmation.first(request, here)
    if redirect:
        return redirect
    if "administrator" in request.POST:
        _make_administrator(request, provider)
        return HttpResponseRedirect(here)
    anyway, seen = "anyway" in request.POST, request.POST.get("seen", "")
    try:
        with transaction.atomic():
            done = going_live.go_live(provider, staff_actor(request), anyway=anyway, seen=seen)
            if done:
                _log(request, provider, _("Switched live. People can sign in by it."))
    except NotReady as refusal:
        messages.error(request, _("Not switched live. %(why)s") % {"why": refusal})
        return HttpResponseRedirect(here)
    if done:
        messages.success(request, _("%(provider)s is live. People can sign in by it.") % {"provider": provider})
    else:
        messages.info(request, _("%(provider)s is live already.") % {"provider": provider})
    return HttpResponseRedirect(reverse("admin:readiness"))


def _make_administrator(request: HttpRequest, provider: IdentityProvider) -> None:
    with transaction.atomic():
        person = going_live.make_first_administrator(provider, staff_actor(request)) if provider.is_live else None
        if person:
            _log(request, provider, _("Made %(email)s first user administrator.") % {"email": person.email})
    if person:
        messages.success(request, _("%(email)s is user administrator, and has mail.") % {"email": person.email})
    else:
        messages.error(request, _("Nobody was made user administrator: look below for why."))


def _log(request: HttpRequest, provider: IdentityProvider, words: str) -> None:
    LogEntry.objects.log_actions(cast(int, request.user.pk), [provider], CHANGE, words, single_object=True)
