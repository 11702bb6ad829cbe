"""From the host of a request to its tenant, before anything else looks at the request."""

import logging
from collections.abc import Callable
from secrets import token_hex
from typing import cast

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_urlconf

from huume.health import healthz
from huume.logs import request_id
from tenants import hosts
from tenants.models import Tenant
from tenants.schemas import set_register, set_tenant

GetResponse = Callable[[HttpRequest], HttpResponseBase]
HEALTH = "/healthz"
logger = logging.getLogger(__name__)


class TenantRequest(HttpRequest):
    """A request once its tenant is known: what every view below gets."""

    tenant: Tenant
    # As stored, never as sent: addresses are built from it.
    tenant_host: str
    host_is_ours: bool


class TenantMiddleware:
    """Sets the schema and the URLs of the host's tenant, and takes the schema back when the answer is made."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        named = request_id.set(token_hex(8))
        try:
            answer = self._for_host(request)
            answer.headers["X-Request-Id"] = request_id.get()
            return answer
        finally:
            set_register()
            request_id.reset(named)

    def _for_host(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == HEALTH:
            return healthz(request)
        try:
            site = hosts.find(hosts.from_header(request.META.get("HTTP_HOST", "")))
        except DatabaseError as error:
            logger.error("register of hosts out of reach: %s", type(error).__name__)
            return out_of_reach()
        if site is None:
            return unknown_host()
        tenant_request = cast(TenantRequest, request)
        tenant_request.tenant = site.tenant
        tenant_request.tenant_host = site.host
        tenant_request.host_is_ours = site.is_ours
        set_tenant(site.tenant)
        return self._answer(tenant_request)

    def _answer(self, request: TenantRequest) -> HttpResponseBase:
        if request.tenant.is_staff:
            request.urlconf = settings.STAFF_URLCONF
            set_urlconf(settings.STAFF_URLCONF)
        return self.get_response(request)


def unknown_host() -> HttpResponse:
    """Plain, and the same for every host that is nobody's."""
    return plain(404, "There is nothing here.")


def out_of_reach() -> HttpResponse:
    """Whose host it is cannot be known, so the page is nobody's."""
    answer = plain(503, "This service is out of reach for a moment. Try again in a minute.")
    answer.headers["Retry-After"] = "10"
    return answer


def plain(status: int, text: str) -> HttpResponse:
    headers = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store"}
    return HttpResponse(f"{text}\n", status=status, headers=headers, content_type="text/plain; charset=utf-8")


class TransportSecurityMiddleware:
    """On a customer's own host HSTS speaks for that host alone: what else runs there is not ours to bind."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        if not cast(TenantRequest, request).host_is_ours and request.is_secure():
            answer.headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        return answer
