"""The live check, asked for by an account manager and shown while it runs."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import check_runs
from huume import checking
from huume.staff.actor import staff_actor
from tenants.models import IdentityProvider, ProviderCheck, ProviderSettings

MAY_SEE = "tenants.view_identityprovider"
MAY_ASK = "tenants.change_identityprovider"
TEMPLATE = "admin/staff/check.html"


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, context: dict[str, Any], pk: UUID) -> HttpResponse:
    """What the last check found; POST asks for another. `?settings=`: of settings kept beside the live ones."""
    provider = _provider(request, pk)
    kept = _kept(provider, request.GET.get("settings", ""))
    context = {**context, **_about(request, provider, kept)}
    if request.method == "POST":
        if not request.user.has_perm(MAY_ASK):
            raise PermissionDenied
        try:
            asked = check_runs.ask(provider, settings=kept, by=staff_actor(request), most=check_runs.MOST_FOR_OPERATORS)
        except check_runs.CheckRefused as refusal:
            return render(request, TEMPLATE, {**context, "refusal": str(refusal)}, status=429)
        return HttpResponseRedirect(_with_settings(reverse("admin:check-run", args=[pk, asked.pk]), kept))
    last = check_runs.last_check(provider, kept)
    return render(request, TEMPLATE, {**context, "report": checking.report_of(last) if last else None})


@require_safe
def run(request: HttpRequest, context: dict[str, Any], pk: UUID, run: UUID) -> HttpResponseBase:
    provider = _provider(request, pk)
    asked = ProviderCheck.objects.filter(pk=run, provider=provider).first()
    if asked is None:
        raise Http404
    asked.provider = provider
    kept = provider.kept_settings.filter(pk=asked.settings).first() if asked.settings else None
    context = {**context, **_about(request, provider, kept)}
    return checking.page_of_run(request, asked, TEMPLATE, context, by=staff_actor(request))


def _provider(request: HttpRequest, pk: UUID) -> IdentityProvider:
    if not request.user.has_perm(MAY_SEE):
        raise PermissionDenied
    found = IdentityProvider.objects.select_related("tenant").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _kept(provider: IdentityProvider, wanted: str) -> ProviderSettings | None:
    """The kept settings that an address names; those that are gone since are not found. Raises Http404."""
    if not wanted:
        return None
    found = next((kept for kept in provider.kept_settings.all() if str(kept.pk) == wanted), None)
    if found is None:
        raise Http404
    found.provider = provider
    return found


def _with_settings(address: str, kept: ProviderSettings | None) -> str:
    return f"{address}?{urlencode({'settings': kept.pk})}" if kept else address


def _about(request: HttpRequest, provider: IdentityProvider, kept: ProviderSettings | None) -> dict[str, Any]:
    page = reverse("admin:tenants_identityprovider_change", args=[provider.pk])
    may_ask = request.user.has_perm(MAY_ASK) and not (kept or provider).missing()
    return {
        "title": _("Live check: %(provider)s") % {"provider": provider},
        "provider": provider,
        "kept": kept,
        "missing": (kept or provider).missing(),
        "again": _with_settings(reverse("admin:check", args=[provider.pk]), kept) if may_ask else "",
        "fix": page,
        "onward": page,
        "onward_label": _("Back to the provider"),
        "csrf_token": get_token(request),
    }
