"""The live check, asked for by the IT contact and shown while it runs."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import check_runs
from huume import checking
from huume.setup.access import SetupRequest, actor_of, with_setup_session
from huume.setup.frame import frame, in_hand
from tenants.models import ProviderCheck, ProviderSettings


@with_setup_session
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: SetupRequest) -> HttpResponse:
    """What the last check found; POST asks for another."""
    settings = in_hand(request.provider)
    if request.method == "POST" and not settings.missing():
        return ask(request)
    kept = settings if isinstance(settings, ProviderSettings) else None
    last = check_runs.last_check(request.provider, kept)
    report = checking.report_of(last) if last else None
    context = {**page_context(request), "report": report, "missing": settings.missing()}
    return render(request, "setup/check.html", context)


def ask(request: SetupRequest, query: str = "") -> HttpResponse:
    """To the page of a new run; where there may be none now, says why.

    With a `query`, to say what has just been stored: then to the page that shows the last run.
    """
    settings = in_hand(request.provider)
    kept = settings if isinstance(settings, ProviderSettings) else None
    try:
        asked = check_runs.ask(request.provider, settings=kept, by=actor_of(request))
    except check_runs.CheckRefused as refusal:
        if query:
            return HttpResponseRedirect(f"{reverse('setup-check')}?{query}")
        context = {**page_context(request), "refusal": str(refusal)}
        return render(request, "setup/check.html", context, status=429)
    address = reverse("setup-check-run", args=[asked.pk])
    return HttpResponseRedirect(f"{address}?{query}" if query else address)


@with_setup_session
@require_safe
def run(request: SetupRequest, pk: UUID) -> HttpResponseBase:
    asked = ProviderCheck.objects.filter(pk=pk, provider=request.provider.pk).first()
    if asked is None:
        raise Http404
    asked.provider = request.provider
    return checking.page_of_run(request, asked, "setup/check.html", page_context(request), by=actor_of(request))


def page_context(request: SetupRequest) -> dict[str, Any]:
    return {
        **frame(request, "check"),
        "again": reverse("setup-check"),
        "fix": reverse("setup-details"),
        "onward": reverse("setup-test"),
        "onward_label": _("Go on to the test sign-in"),
        "csrf_token": get_token(request),
    }
