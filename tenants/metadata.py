"""A provider's discovery document: an hour fresh, and the last good copy while the provider is down."""

import hashlib
import logging
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from huume.outbound import Client, Deadline, shared_client
from tenants.discovery import DiscoveryError, Metadata, fetch
from tenants.models import IdentityProvider

FRESH = timedelta(hours=1)
RETRY_SECONDS = 60
# What says that the provider is out of reach; anything else says that the document is wrong, which no old copy excuses.
DOWN = frozenset({"unreachable", "tls", "too_late", "too_large", "not_json", "status", "redirect", "blocked"})
logger = logging.getLogger(__name__)


def outbound_client() -> Client:
    return shared_client(allow_local=settings.OIDC_ALLOW_LOCAL_PROVIDERS)


def current_metadata(provider: IdentityProvider, deadline: Deadline | None = None) -> Metadata:
    """Raises DiscoveryError where the provider's document has become wrong, or was never there."""
    fetched = provider.metadata_fetched_at
    if fetched and timezone.now() - fetched < FRESH:
        return provider.metadata
    if fetched and not cache.add(_asked_key(provider), True, RETRY_SECONDS):
        return provider.metadata
    try:
        return refresh_metadata(provider, deadline)
    except DiscoveryError as error:
        if not fetched or error.reason not in DOWN:
            raise
        logger.warning(
            "discovery failed, last good copy serves", extra={"provider": provider.slug, "reason": error.reason}
        )
        return provider.metadata


def _asked_key(provider: IdentityProvider) -> str:
    """With the issuer: tests of a candidate at another one leave the live settings' turn alone."""
    issuer = hashlib.sha256(provider.issuer.encode()).hexdigest()[:32]
    return f"metadata-asked:{provider.pk}:{issuer}"


def refresh_metadata(provider: IdentityProvider, deadline: Deadline | None = None) -> Metadata:
    metadata = fetch(
        outbound_client(),
        provider.issuer,
        client_id=provider.client_id if provider.kind == IdentityProvider.Kind.OKTA else "",
        same_host=provider.kind == IdentityProvider.Kind.OKTA,
        allow_local=settings.OIDC_ALLOW_LOCAL_PROVIDERS,
        deadline=deadline,
    )
    provider.metadata_document, provider.metadata_fetched_at = metadata.to_json(), timezone.now()
    # Not save(): another process may have changed the provider meanwhile.
    IdentityProvider.objects.filter(pk=provider.pk, issuer=provider.issuer).update(
        metadata_document=provider.metadata_document, metadata_fetched_at=provider.metadata_fetched_at
    )
    return metadata
