"""The last step: who switches live, and what happens then."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.going_live import NotReady, go_live, obstacles
from accounts.swap import SwapRefused, contact_may_swap, swap
from huume.setup.access import SetupRequest, actor_of, with_setup_session
from huume.setup.frame import frame, in_hand, is_checked
from tenants.models import IdentityProvider, ProviderSettings


@with_setup_session
@require_http_methods(["GET", "HEAD", "POST"])
def live(request: SetupRequest) -> HttpResponse:
    if request.method == "POST" and request.provider.contact_may_activate:
        return _switch(request)
    return _page(request)


def _switch(request: SetupRequest) -> HttpResponse:
    """A candidate takes the place of the live settings; a provider that is not live goes live."""
    changing = in_hand(request.provider) is not request.provider
    try:
        (swap if changing else go_live)(request.provider, actor_of(request))
    except (NotReady, SwapRefused) as refusal:
        return _page(request, refusal=str(refusal))
    return _page(request, done=True)


def _page(request: SetupRequest, **more: Any) -> HttpResponse:
    # Django's messages would begin a session of the portal.
    return render(request, "setup/live.html", {**frame(request, "live"), **_context(request), **more})


def _context(request: SetupRequest) -> dict[str, Any]:
    settings, provider = in_hand(request.provider), request.provider
    is_candidate = settings is not provider
    return {
        "is_candidate": is_candidate,
        "is_live": provider.status == IdentityProvider.Status.LIVE,
        "settings": settings,
        "missing": settings.missing(),
        "is_checked": is_checked(settings),
        "is_tested": settings.tested_at is not None,
        "obstacles": [] if is_candidate or not provider.contact_may_activate else obstacles(provider),
        "may_switch": contact_may_swap(provider, settings)
        if isinstance(settings, ProviderSettings)
        else provider.contact_may_activate,
        "address": provider.tenant.address,
        "switch_label": _("Use the new settings from now on") if is_candidate else _("Switch live"),
    }
