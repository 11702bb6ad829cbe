"""Our public keys for a provider that is told our signature in place of a secret."""

import logging
from typing import cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import client_keys
from accounts.gate import open_to_anybody
from huume import refusals
from huume.crypto import DecryptionError
from tenants.models import IdentityProvider, Tenant

# How late a provider may learn of a new generation; far less than the overlap.
CACHE_SECONDS = 600
logger = logging.getLogger(__name__)


@open_to_anybody
@require_safe
def jwks(request: HttpRequest, slug: str) -> HttpResponse:
    """Whatever the provider's status: it is set up before it is live."""
    tenant = cast(Tenant, request.tenant)  # type: ignore[attr-defined]  # set by TenantMiddleware
    provider = get_object_or_404(IdentityProvider, tenant=tenant, slug=slug)
    try:
        answer = JsonResponse(client_keys.jwks(provider))
    except DecryptionError:
        return _unreadable(request, slug)
    answer.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
    return answer


def _unreadable(request: HttpRequest, slug: str) -> HttpResponse:
    """No set without them: who has kept an older one can go on with that."""
    logger.error("client key cannot be decrypted: check ENCRYPTION_KEYS", extra={"provider": slug})
    text = _("Huume’s keys for this provider cannot be read at the moment. The mistake is ours, and it is on record.")
    return refusals.refuse(
        request, 503, title=_("The keys are out of reach for a moment"), text=text, code="keys_unreadable"
    )
