"""Who is at a provider's setup: the cookies of a setup link and of a setup session, and what every page there needs."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from accounts.gate import open_to_anybody
from huume.client_address import client_address
from tenants import setup_links
from tenants.actor import Actor
from tenants.models import IdentityProvider, SetupLink, SetupSession, Tenant

LINK_SECONDS = 3600
View = Callable[..., HttpResponseBase]


class SetupRequest(HttpRequest):
    """A request to a tenant's host; behind `with_setup_session` with session and provider, as they are now."""

    tenant: Tenant
    tenant_host: str
    setup_session: SetupSession
    provider: IdentityProvider


def setup_page(view: View) -> View:
    """Open to anybody, and kept out of caches and search engines."""

    @open_to_anybody
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store, private"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return answer


def with_setup_session(view: View) -> View:
    """For pages behind the code: who has no session that holds goes to the door, which says why."""

    @setup_page
    @wraps(view)
    def closed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        session = current_session(request)
        if session is None:
            return HttpResponseRedirect(reverse("setup"))
        setup = cast(SetupRequest, request)
        setup.setup_session, setup.provider = session, session.link.provider
        return view(setup, *args, **kwargs)

    return closed


def actor_of(request: SetupRequest) -> Actor:
    return setup_links.contact(request.setup_session.link, client_address(request))


def current_session(request: HttpRequest) -> SetupSession | None:
    key = request.COOKIES.get(settings.SETUP_COOKIE_NAME, "")
    return setup_links.session_of(key, cast(SetupRequest, request).tenant) if key else None


def former_session(request: HttpRequest) -> SetupSession | None:
    """The session of the cookie, though it holds no more."""
    key = request.COOKIES.get(settings.SETUP_COOKIE_NAME, "")
    return setup_links.session_by_key(key, cast(SetupRequest, request).tenant) if key else None


def link_of_cookie(request: HttpRequest) -> SetupLink | None:
    """The link that this browser has opened, dead or alive."""
    token = request.COOKIES.get(settings.SETUP_LINK_COOKIE_NAME, "")
    return find(request, token) if token else None


def find(request: HttpRequest, token: str) -> SetupLink | None:
    return setup_links.find(token, cast(SetupRequest, request).tenant)


def keep_link(answer: HttpResponseBase, token: str) -> None:
    _set(answer, settings.SETUP_LINK_COOKIE_NAME, token, LINK_SECONDS)


def keep_session(answer: HttpResponseBase, key: str) -> None:
    _set(answer, settings.SETUP_COOKIE_NAME, key, int(SetupSession.LIFETIME.total_seconds()))


def drop_link(answer: HttpResponseBase) -> None:
    _set(answer, settings.SETUP_LINK_COOKIE_NAME, "", 0)


def drop_session(answer: HttpResponseBase) -> None:
    _set(answer, settings.SETUP_COOKIE_NAME, "", 0)


def _set(answer: HttpResponseBase, name: str, value: str, seconds: int) -> None:
    """Dropped by the same attributes: a browser takes a __Host- cookie back no other way."""
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
