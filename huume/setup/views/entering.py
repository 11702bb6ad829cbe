"""From the link in a mail to a setup session: open, have a code sent, type it; and out again.

The answers under a link's own address say no-referrer and hold no form: a browser that sends no Referer sends no
Origin with a form either. All the others keep the site's same-origin, and have no secret in their address.
"""

import logging
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.oidc.claims import clean_text
from huume import refusals
from huume.cache import count
from huume.client_address import client_address
from huume.setup import access, dead_links
from huume.setup.access import setup_page
from huume.setup.forms.entering import CodeForm
from tenants import setup_codes, setup_links
from tenants.models import SetupLink
from tenants.setup_links import SetupRefused

MOST_UNKNOWN, WINDOW_SECONDS = 30, 60
LEFT, RECENT = "left", "recent"
logger = logging.getLogger("huume.setup")


# Reads only, so that there is no form to forge; and a refusal of the form's token would write the address down.
@csrf_exempt
@setup_page
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    # Whatever goes wrong from here on is logged with the request's path.
    request.path = request.path_info = reverse("setup")
    answer = _open(request, token)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _open(request: HttpRequest, token: str) -> HttpResponse:
    """The token leaves the address bar at once, for a cookie."""
    if _has_guessed_enough(request):
        return dead_links.too_many(request)
    link = access.find(request, token)
    if link is None:
        _count_guess(request)
        return dead_links.unknown(request)
    session = access.current_session(request)
    is_in = session is not None and session.link == link
    if refusal := None if is_in else _refusal(request, link):
        return refusal
    setup_links.open_link(link, client_address(request))
    answer = HttpResponseRedirect(reverse("setup"))
    if not is_in:
        access.drop_session(answer)
        access.keep_link(answer, token)
    return answer


def _guesses_key(request: HttpRequest) -> str:
    return f"unknown-setup-links:{client_address(request)}"


def _has_guessed_enough(request: HttpRequest) -> bool:
    return bool(settings.SIGN_IN_RATE) and cache.get(_guesses_key(request), 0) >= MOST_UNKNOWN


def _count_guess(request: HttpRequest) -> None:
    guesses = count(_guesses_key(request), WINDOW_SECONDS)
    logger.warning("unknown setup link", extra={"address": client_address(request), "count": guesses})


def _refusal(request: HttpRequest, link: SetupLink) -> HttpResponse | None:
    if link.provider.tenant.is_suspended:
        return refusals.tenant_suspended(request)
    return dead_links.dead(request, link) if setup_links.end_of(link) else None


def _shut(request: HttpRequest) -> HttpResponse:
    """For a browser that has opened no link."""
    former = access.former_session(request)
    if former:
        return _refusal(request, former.link) or dead_links.session_over(request)
    return render(request, "setup/left.html") if LEFT in request.GET else dead_links.unknown(request)


def with_link(view: Callable[[HttpRequest, SetupLink], HttpResponse]) -> access.View:
    """For pages between link and code: whoever is in goes on, whoever has no link that holds is told so."""

    @setup_page
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if access.current_session(request):
            return HttpResponseRedirect(reverse("setup-guide"))
        link = access.link_of_cookie(request)
        if link is None:
            return _shut(request)
        refusal = _refusal(request, link)
        if refusal and setup_links.end_of(link):
            access.drop_link(refusal)
        return refusal or view(request, link)

    return answer


@require_safe
@with_link
def door(request: HttpRequest, link: SetupLink) -> HttpResponse:
    """One button, which sends the code: opening a link spends nothing."""
    return render(request, "setup/door.html", _context(link))


def _context(link: SetupLink) -> dict[str, object]:
    return {
        "link": link,
        "provider": link.provider,
        "masked": setup_links.masked(link.email),
        "is_code_waiting": setup_codes.is_code_waiting(link),
    }


@require_POST
@with_link
def send_code(request: HttpRequest, link: SetupLink) -> HttpResponse:
    try:
        sent = setup_codes.send_code(link, client_address(request))
    except SetupRefused as error:
        return _refusal(request, link) or dead_links.codes_refused(request, link, error)
    return HttpResponseRedirect(reverse("setup-code") + ("" if sent else f"?{RECENT}"))


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@with_link
def code(request: HttpRequest, link: SetupLink) -> HttpResponse:
    if link.code_sent_at is None:
        return HttpResponseRedirect(reverse("setup"))
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        return _enter(request, link, form)
    return _ask_for_code(request, link, form)


def _enter(request: HttpRequest, link: SetupLink, form: CodeForm) -> HttpResponse:
    agent = clean_text(request.headers.get("User-Agent", ""), 300)
    try:
        _session, key = setup_codes.enter(link, form.cleaned_data["code"], client_address(request), agent)
    except SetupRefused as error:
        form.add_error("code", str(error))
        return _refusal(request, link) or _ask_for_code(request, link, form)
    answer = HttpResponseRedirect(reverse("setup-guide"))
    access.keep_session(answer, key)
    access.drop_link(answer)
    return answer


def _ask_for_code(request: HttpRequest, link: SetupLink, form: CodeForm) -> HttpResponse:
    return render(request, "setup/code.html", {**_context(link), "form": form, "is_recent": RECENT in request.GET})


@setup_page
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """What was set up stays; the link opens again, with a new code."""
    session = access.current_session(request)
    if session:
        setup_links.leave(session)
    answer = HttpResponseRedirect(f"{reverse('setup')}?{LEFT}")
    access.drop_session(answer)
    access.drop_link(answer)
    return answer
