"""While a provider's secret is being rotated, the one it has and the one kept beside it both let people in.

Which of them a sign-in tries, in which order, and what is remembered of it (`IdentityProvider.worked_with`).
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.cache import cache
from django.db import transaction

from accounts.connection import release_connection
from huume.crypto import DecryptionError
from tenants.models import IdentityProvider, ProviderSettings
from tenants.models.client_settings import ClientSettings
from tenants.signals import settings_failing

# Kept settings that were refused come last for so long, so that a second kept one has its turn at the next sign-in.
REFUSED_SECONDS = 600
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """`provider`: as it is with this credential; `kept`: whose it is, None for the provider's own."""

    provider: IdentityProvider
    kept: ProviderSettings | None = None


def choices(provider: IdentityProvider) -> Iterator[Choice]:
    """Two at most, what worked last before the other; the database is asked only for what the first one is not.

    Only settings of the same client at the same issuer, as the code was given to that one.
    """
    kept = usable(provider) if provider.worked_with else None
    last = next((one for one in kept or [] if one.pk == provider.worked_with), None)
    yield Choice(last.as_provider(), last) if last else Choice(provider)
    if last:
        yield Choice(provider)
        return
    for other in (usable(provider) if kept is None else kept)[:1]:
        yield Choice(other.as_provider(), other)


def usable(provider: IdentityProvider) -> list[ProviderSettings]:
    """Settings kept beside the provider's with another credential of the same client: a candidate before a former one.

    No database connection is in hand afterwards.
    """
    same_client = {"issuer": provider.issuer, "client_id": provider.client_id}
    rows = list(ProviderSettings.objects.filter(provider=provider.pk, **same_client).order_by("state"))
    release_connection()
    own = _credential(provider)
    others = [row for row in rows if _credential(row) not in (None, own)]
    for other in others:
        other.provider = provider
    return sorted(others, key=lambda other: bool(cache.get(_refused_key(other))))


def remember(provider: IdentityProvider, worked: Choice) -> None:
    """Nothing to do where it is what was known. Tells tenants.signals where the live credential fails for a former."""
    kept = worked.kept
    if not _set_worked_with(provider, kept) or kept is None:
        return
    logger.warning("another credential than the live one works", extra={"provider": provider.slug, "kept": kept.state})


def note_refusal(refused: Choice) -> None:
    if refused.kept:
        cache.set(_refused_key(refused.kept), True, REFUSED_SECONDS)


def forget(provider: IdentityProvider) -> None:
    """Nothing works any more: the provider's own comes first again."""
    _set_worked_with(provider, None)


def _set_worked_with(provider: IdentityProvider, kept: ProviderSettings | None) -> bool:
    known, worked_with = provider.worked_with, kept.pk if kept else None
    if worked_with == known:
        return False
    # Where somebody has swapped the settings meanwhile, what was tried says nothing about them.
    same = IdentityProvider.objects.filter(
        pk=provider.pk,
        worked_with=known,
        client_secret=provider.client_secret,
        auth_method=provider.auth_method,
    )
    with transaction.atomic():
        changed = bool(same.update(worked_with=worked_with))
        if changed and kept and kept.state == ProviderSettings.State.FORMER:
            settings_failing.send(sender=IdentityProvider, provider=provider)
    release_connection()
    provider.worked_with = worked_with
    return changed


def _credential(settings: ClientSettings) -> tuple[str, str] | None:
    """To compare by; None where there is none that could be used."""
    if settings.uses_private_key:
        return settings.auth_method, ""
    try:
        secret = settings.open_client_secret()
    except DecryptionError:
        return None
    return (settings.auth_method, secret) if secret else None


def _refused_key(kept: ProviderSettings) -> str:
    return f"credential-refused:{kept.pk}"
