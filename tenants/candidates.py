"""New settings of a live provider, kept beside the live ones until they have been checked, tested and swapped in."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.actor import Actor
from tenants.configure import Found
from tenants.fields import Sealed
from tenants.models import AuthMethod, IdentityProvider, ProviderSettings
from tenants.models.client_settings import ClientSettings
from tenants.record import public, record

CANDIDATE, FORMER = ProviderSettings.State.CANDIDATE, ProviderSettings.State.FORMER


def propose(
    provider: IdentityProvider,
    *,
    found: Found,
    client_id: str,
    auth_method: str,
    client_secret: str = "",
    secret_expires_on: date | None = None,
    by: Actor,
) -> ProviderSettings:
    """The new candidate, in the place of an earlier one: whatever was checked and tested then is to be done again.

    An empty secret keeps the one that was handed over last for the very same issuer and client, the earlier
    candidate's or the live one; another issuer never gets it. Raises ValidationError.
    """
    with transaction.atomic():
        live = held(provider)
        require_live(live)
        earlier = kept(live, CANDIDATE)
        candidate = ProviderSettings(provider=live, created_by=str(by)[:254], auth_method=auth_method)
        candidate.issuer, candidate.client_id = found.metadata.issuer, client_id.strip()
        candidate.metadata_document, candidate.metadata_fetched_at = found.metadata.to_json(), timezone.now()
        candidate.secret_expires_on = secret_expires_on
        give_secret(candidate, client_secret.strip(), [earlier, live])
        require_only_provider(live, candidate.issuer)
        if earlier:
            earlier.delete()
        candidate.full_clean()
        candidate.save()
        after = {**public(candidate), "secret_given": bool(client_secret.strip())}
        record(live.tenant, "candidate.proposed", by=by, about=str(live.pk), before=public(live), after=after)
    return candidate


def drop(candidate: ProviderSettings, by: Actor) -> None:
    """Nothing happens where it is gone already, or live meanwhile."""
    with transaction.atomic():
        live = held(candidate.provider)
        found = ProviderSettings.objects.filter(pk=candidate.pk, state=CANDIDATE).first()
        if found:
            found.delete()
            record(live.tenant, "candidate.dropped", by=by, about=str(live.pk), before=public(found))


def held(provider: IdentityProvider) -> IdentityProvider:
    """The provider as it is now, its row held until the transaction ends: whoever else changes it waits."""
    rows = IdentityProvider.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("tenant").get(pk=provider.pk)


def kept(provider: IdentityProvider, state: str) -> ProviderSettings | None:
    """Its candidate or former settings, with this very `provider` on them."""
    found = ProviderSettings.objects.filter(provider=provider, state=state).first()
    if found:
        found.provider = provider
    return found


def require_live(provider: IdentityProvider) -> None:
    if not provider.is_live:
        raise ValidationError(
            _("The provider is not live, so there is nothing to swap: change its settings directly."), code="not_live"
        )


def require_only_provider(provider: IdentityProvider, issuer: str) -> None:
    """A tenant has one provider for an issuer. Raises ValidationError."""
    if IdentityProvider.objects.filter(tenant=provider.tenant_id, issuer=issuer).exclude(pk=provider.pk).exists():
        raise ValidationError(
            _("This tenant has another provider for %(issuer)s already."),
            code="issuer_taken",
            params={"issuer": issuer},
        )


def give_secret(candidate: ProviderSettings, typed: str, others: list[Any]) -> None:
    """The typed one; else that of the first of `others` which is the same client of the same issuer and has one."""
    if candidate.auth_method != AuthMethod.SECRET:
        candidate.client_secret = Sealed("")
    elif typed:
        candidate.set_client_secret(typed)
    else:
        candidate.client_secret = _same_clients_secret(candidate, others)


def _same_clients_secret(candidate: ProviderSettings, others: list[Any]) -> Sealed:
    for other in others:
        if other and other.client_secret and same_client(other, candidate):
            return Sealed(other.client_secret.ciphertext)
    raise ValidationError(
        _("Give the client secret too: the one that is stored belongs to another client or issuer."),
        code="secret_missing",
    )


def same_client(one: ClientSettings, other: ClientSettings) -> bool:
    return (one.issuer, one.client_id) == (other.issuer, other.client_id)
