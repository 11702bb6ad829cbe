"""Pages that say no, in words, for every kind of refusal that no single app owns."""

import logging
import sys
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from huume.logs import request_id

logger = logging.getLogger(__name__)


def refuse(request: HttpRequest, status: int, *, title: str, text: str, **context: Any) -> HttpResponse:
    """A refusal page: what happened, why if we know, who can mend it, what to do now."""
    # Of what somebody may ask support about, where there is no record with a reference: it leads to the log.
    asked_about = "" if status in {403, 404} else request_id.get()
    body = render_to_string(
        "refused.html", {"title": title, "text": text, "request_id": asked_about, **context}, request
    )
    return HttpResponse(body, status=status)


def tenant_suspended(request: HttpRequest) -> HttpResponse:
    tenant = request.tenant  # type: ignore[attr-defined]  # set by TenantMiddleware
    return refuse(
        request,
        403,
        title=_("%(name)s’s portal is closed for now") % {"name": tenant.name},
        text=_(
            "Huume has suspended it, so nobody can sign in. Nothing is lost. Ask your IT service desk to contact Huume."
        ),
        code="tenant_suspended",
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    logger.warning("csrf refused", extra={"reason": reason, "path": request.path})
    return refuse(
        request,
        403,
        title=_("That page was too old to be sent"),
        text=_("A form is good for one sign-in and one browser. Go back, load the page again, and send it once more."),
        code="form_expired",
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refuse(
        request,
        400,
        title=_("That request could not be read"),
        text=_("Go back and try once more."),
        code="bad_request",
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    text = _("Your roles do not open this page. A user administrator of your organisation can change that.")
    return refuse(request, 403, title=_("This page is not open to you"), text=text, code="no_permission")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    text = _("There is no such page here. It may have been moved or deleted, or the address has a typing mistake.")
    return refuse(request, 404, title=_("Page not found"), text=text, code="not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls it while it handles what a view or a middleware raised."""
    if isinstance(sys.exc_info()[1], OperationalError):
        return out_of_reach(request)
    text = _("The mistake is ours, and it is on record. What was saved before is safe. Try again in a minute.")
    return refuse(request, 500, title=_("Something broke on our side"), text=text, code="server_error")


def out_of_reach(request: HttpRequest) -> HttpResponse:
    """The database is away, or all connections to it are in use."""
    text = _("It is too busy, or being restarted. Nothing is lost that was saved before. Try again in a minute.")
    answer = refuse(request, 503, title=_("The portal is out of reach for a moment"), text=text, code="out_of_reach")
    answer.headers["Retry-After"] = "10"
    return answer
