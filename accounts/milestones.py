"""How far a tenant is: what is noted when it happens for the first time, and what last went wrong.

Nothing here costs a usual sign-in a statement: what is noted already is known from the provider's row, read anyhow.
"""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.oidc.errors import (
    IssuerMismatch,
    ProviderRefused,
    ProviderUnreachable,
    TokenEndpointRefused,
    TokenRefused,
    UserinfoRefused,
)
from tenants.models import IdentityProvider, Tenant
from tenants.schemas import current_schema, current_tenant

# At most one refusal is noted for each provider in this time: a directory that is down refuses everybody.
PAUSE = timedelta(minutes=1)
FAULTS = (IssuerMismatch, ProviderRefused, ProviderUnreachable, TokenEndpointRefused, TokenRefused, UserinfoRefused)
# Of those, what a person does, or what their directory has decided about them. A code may be spent by going back.
PERSONAL = frozenset(
    {"not_assigned", "policy_refused", "access_denied", "login_required", "code_refused", "temporarily_unavailable"}
)
# Reason codes of refusals that somebody has to mend at the provider, or in our settings of it.
NOTED = frozenset(code for family in FAULTS for code in family.codes) - PERSONAL | {"token_key_unknown"}

SIGNED_IN = Q(identities__isnull=False)


def note_sign_in(provider: IdentityProvider, *, is_first: bool) -> None:
    """Somebody has got in by the provider, which was read for this sign-in; `is_first`: they for the first time.

    Called after the sign-in's transaction, which holds the provider's row in a way that two may at once.
    """
    row = IdentityProvider.objects.filter(pk=provider.pk)
    if provider.first_sign_in_at is None:
        row.filter(first_sign_in_at=None).update(first_sign_in_at=timezone.now())
    if provider.last_error:
        row.filter(last_error_at=provider.last_error_at).update(last_error="")
    first_of_any = is_first or provider.first_sign_in_at is None
    if first_of_any and _lacks_administrator() and User.objects.administrators().filter(SIGNED_IN).exists():
        note_administrator()


def note_administrator() -> None:
    """Of the tenant whose schema is set, a user administrator has signed in. Only the first is noted."""
    if _lacks_administrator():
        mine = Tenant.objects.filter(schema_name=current_schema(), first_administrator_at=None)
        mine.update(first_administrator_at=timezone.now())


def _lacks_administrator() -> bool:
    """By what is known of the tenant, which may be some seconds old."""
    return getattr(current_tenant(), "first_administrator_at", None) is None


def note_refusal(provider: IdentityProvider, code: str) -> None:
    """A sign-in was refused with this reason code; nothing is noted where the reason is the person's."""
    now = timezone.now()
    known = provider.last_error_at
    if code not in NOTED or (known and now - known < PAUSE):
        return
    due = Q(last_error_at=None) | Q(last_error_at__lte=now - PAUSE)
    IdentityProvider.objects.filter(due, pk=provider.pk).update(last_error=code, last_error_at=now)
