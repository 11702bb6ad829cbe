from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from accounts.attempts import safe_next
from accounts.gate import ANYBODY, SIGNED_IN
from accounts.sessions import END_SESSION_ORIGIN
from huume import refusals
from huume.content_policy import allow_form_action


class SessionMiddleware(DjangoSessionMiddleware):
    """Django's; a session that was written in the sign-in's transaction needs no second writing, only its cookie."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        if getattr(request.session, "is_just_begun", False):
            response.set_cookie(
                settings.SESSION_COOKIE_NAME,
                str(request.session.session_key),
                max_age=request.session.get_expiry_age(),
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


class GateMiddleware:
    """Refuses by default: a view is open only to those whom its gate names (accounts.gate)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = closed(request) or too_large(request) or self.get_response(request)
        origin = request.session.get(END_SESSION_ORIGIN) if self._is_signed_in(request) else None
        if origin:
            allow_form_action(answer, origin)
        if not request.path.startswith(settings.STATIC_URL):
            answer.headers.setdefault("Cache-Control", "no-store, private")
        return answer

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if request.tenant.is_staff:  # type: ignore[attr-defined]  # Django admin has its own gate
            return None
        gate = getattr(view, "gate", None)
        if gate == ANYBODY:
            return None
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if gate == SIGNED_IN or (gate and request.user.may(gate)):
            return None
        return refusals.forbidden(request)

    @staticmethod
    def _is_signed_in(request: HttpRequest) -> bool:
        session = getattr(request, "session", None)
        return bool(session is not None and session.session_key and session.accessed)


def to_sign_in(request: HttpRequest) -> HttpResponseRedirect:
    """To the sign-in page and, where the page can be asked for again, back to it afterwards."""
    next_path = safe_next(request.get_full_path()) if request.method in {"GET", "HEAD"} else "/"
    return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'next': next_path})}")


def closed(request: HttpRequest) -> HttpResponse | None:
    """Before anybody is looked for. Static files are served further out, so that the page has its looks."""
    tenant = request.tenant  # type: ignore[attr-defined]  # set by TenantMiddleware
    return refusals.tenant_suspended(request) if tenant.is_suspended else None


def too_large(request: HttpRequest) -> HttpResponse | None:
    """Before anything reads the body: Django bounds a form's fields, and lets files of any size onto the disk."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and len(length) < 10 and int(length) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return None
    text = _("Nothing that is sent here is as large as that. Go back and try once more.")
    return refusals.refuse(request, 413, title=_("That was too much at once"), text=text, code="too_large")
