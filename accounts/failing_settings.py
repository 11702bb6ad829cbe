"""New settings of a provider that let nobody in, while those that it had before would: the account manager is told.

Once for each swap. Either a sign-in has shown it (tenants.signals.settings_failing), or sign-ins fail within a day of
the swap for a reason that is the provider's or the settings', and a live check of the former ones finds no fault.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.oidc.errors import IssuerMismatch, ProviderUnreachable, SignInError, TokenEndpointRefused
from tenants.emails import settings_failing as tell
from tenants.models import IdentityProvider, ProviderSettings
from tenants.signals import settings_failing

WATCHED = timedelta(hours=24)
PAUSE = timedelta(hours=1)
_OF_PROVIDER = {"client_not_allowed", "invalid_scope", "provider_error"} | {
    "token_algorithm",
    "token_audience",
    "token_issuer",
    "token_key_unfit",
    "token_key_unknown",
    "token_malformed",
    "token_missing",
    "token_signature",
}
_FAMILIES = (IssuerMismatch, ProviderUnreachable, TokenEndpointRefused)
# What is ours (too many wait, a key of ours is gone) or the browser's (a code used twice) is as it was before the swap.
_NOT_OF_SETTINGS = {"provider_busy", "secret_unreadable", "code_refused"}
TROUBLE = frozenset(_OF_PROVIDER.union(*(family.codes for family in _FAMILIES)) - _NOT_OF_SETTINGS)


def suspect(provider: UUID, error: SignInError) -> bool:
    """A sign-in was refused. Whether the former settings are looked at because of it: at most once an hour."""
    if error.code not in TROUBLE:
        return False
    now = timezone.now()
    due = Q(looked_at_again=None) | Q(looked_at_again__lte=now - PAUSE)
    recent = ProviderSettings.objects.filter(due, provider=provider, state=ProviderSettings.State.FORMER)
    recent = recent.filter(created_at__gt=now - WATCHED, told_failing_at=None)
    with transaction.atomic():
        claimed = bool(recent.update(looked_at_again=now))
        if claimed:
            from accounts.tasks import look_at_former

            look_at_former.enqueue(str(provider))
    return claimed


def tell_once(provider: IdentityProvider) -> bool:
    """Whether the account manager is told now: of one swap, once."""
    former = ProviderSettings.objects.filter(provider=provider.pk, state=ProviderSettings.State.FORMER)
    with transaction.atomic():
        first = bool(former.filter(told_failing_at=None).update(told_failing_at=timezone.now()))
        if first:
            tell(IdentityProvider.objects.select_related("tenant").get(pk=provider.pk))
    return first


def _receive(*, provider: IdentityProvider, **_kwargs: Any) -> None:
    tell_once(provider)


def register() -> None:
    settings_failing.connect(_receive, dispatch_uid="tell-of-failing-settings")
