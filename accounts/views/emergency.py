"""Break-glass on the tenant's host: the link of the mail, the page with its button, and the way in."""

import logging
import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts import emergency
from accounts.emergency import LinkDead
from accounts.gate import open_to_anybody
from huume import refusals
from tenants.models import EmergencyAccess

COOKIE = f"{settings.PREFIX}emergency"
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
logger = logging.getLogger(__name__)


@open_to_anybody
@csrf_exempt  # it changes nothing, and a refusal of the form would write the address into the log
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Takes the token out of the address bar. Nothing is looked up, nothing spent: a mail scanner may come here."""
    answer = HttpResponseRedirect(reverse("emergency"))
    answer["Referrer-Policy"] = "no-referrer"
    if TOKEN.fullmatch(token):
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(EmergencyAccess.LINK_LIFETIME.total_seconds()),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return answer


@open_to_anybody
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Who, why, for how long, and a button; POST signs in, once."""
    token = request.COOKIES.get(COOKIE, "")
    try:
        return _enter(request, token) if request.method == "POST" else _show(request, token)
    except LinkDead as error:
        logger.warning("emergency link refused", extra={"code": error.code})
        return _dead(request)


def _show(request: HttpRequest, token: str) -> HttpResponse:
    found = emergency.find(request.tenant, token)  # type: ignore[attr-defined]  # set by TenantMiddleware
    ends = timezone.now() + EmergencyAccess.SESSION_LIFETIME
    return render(request, "accounts/emergency.html", {"emergency": found, "session_ends": ends})


def _enter(request: HttpRequest, token: str) -> HttpResponse:
    request.user = emergency.redeem(request, token)
    answer = HttpResponseRedirect(reverse("home"))
    answer.delete_cookie(COOKIE, samesite="Lax")
    return answer


def _dead(request: HttpRequest) -> HttpResponse:
    """The same words for what is used, over, unknown or another tenant's."""
    text = _("Each is good once and for 15 minutes. If you still need one, ask whoever got it for you at Huume.")
    title = _("This emergency link opens nothing")
    return refusals.refuse(request, 404, title=title, text=text, code="emergency_link_dead")
