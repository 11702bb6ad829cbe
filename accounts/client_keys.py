"""The key pairs that prove to a provider that we are its client, generation by generation.

Nothing about a generation is stored but its keys and when it was made; all else follows from times: it is published
at once, signs once the provider has had time to fetch it, and stays published for as long after the next one began.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts.oidc.client_assertion import ES256, RS256, generate_private_key, public_jwk
from tenants.actor import DAILY, Actor
from tenants.models import ClientKey, IdentityProvider, Tenant
from tenants.record import record

# Both ways: before a new generation signs, and after an old one has ceased to. Providers keep a key set for hours.
OVERLAP = timedelta(hours=24)
# Public halves of one generation never change; they are kept so that not every caller costs a decryption.
PUBLIC_SECONDS = 3600
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Generation:
    """`signs_until` and `gone_at` are None for the newest, which has no successor yet."""

    key: ClientKey
    signs_from: datetime
    signs_until: datetime | None

    @property
    def gone_at(self) -> datetime | None:
        return self.signs_until + OVERLAP if self.signs_until else None

    def signs(self, now: datetime) -> bool:
        return self.signs_from <= now and (self.signs_until is None or now < self.signs_until)

    def is_published(self, now: datetime) -> bool:
        return self.gone_at is None or now < self.gone_at


def generations(provider: IdentityProvider) -> list[Generation]:
    """All that are kept, oldest first."""
    return in_time(list(ClientKey.objects.filter(provider_id=provider.pk).order_by("created_at", "pk")))


def in_time(keys: Sequence[ClientKey]) -> list[Generation]:
    """One provider's, oldest first. The first signs at once: there is nothing that could sign in its place."""
    begins = [key.created_at + (OVERLAP if place else timedelta(0)) for place, key in enumerate(keys)]
    ends = [*begins[1:], None]
    return [Generation(*of_one) for of_one in zip(keys, begins, ends, strict=True)] if keys else []


def ensure_keys(provider: IdentityProvider) -> ClientKey:
    """The generation that signs now; the first one is made where there is none. Several first calls make one."""
    kept = generations(provider) or _first(provider)
    now = timezone.now()
    return next((one.key for one in reversed(kept) if one.signs(now)), kept[0].key)


def jwks(provider: IdentityProvider) -> dict[str, Any]:
    """The JWK set (RFC 7517) with the public halves of every generation published now.

    Raises huume.crypto.DecryptionError.
    """
    kept, now = generations(provider) or _first(provider), timezone.now()
    return {"keys": [jwk for one in kept if one.is_published(now) for jwk in _public_halves(one.key)]}


def jwks_address(provider: IdentityProvider) -> str:
    """What the customer types into the provider: on the tenant's own host."""
    return f"{provider.tenant.address}/oidc/{provider.slug}/jwks.json"


def roll_over(provider: IdentityProvider, by: Actor) -> ClientKey:
    """A new generation, published from now on. Where one waits for its turn already, it is that one."""
    with transaction.atomic():
        _lock(provider)
        kept = generations(provider)
        if kept and kept[-1].signs_from > timezone.now():
            return kept[-1].key
        made = _make(provider)
        after = {"provider": provider.slug, "generation": str(made.pk), "kids": _kids(made)}
        record(provider.tenant, "client_keys.rolled_over", by=by, about=str(provider.pk), after=after)
    return made


def signs_from(key: ClientKey) -> datetime:
    """When a provider's generation begins, or began, to sign."""
    return next(one.signs_from for one in generations(key.provider) if one.key == key)


def retire(tenant: Tenant, by: Actor = DAILY) -> int:
    """Deletes the tenant's generations that are published no more; says how many."""
    keys = ClientKey.objects.filter(provider__tenant=tenant).select_related("provider").order_by("created_at", "pk")
    by_provider: dict[UUID, list[ClientKey]] = {}
    for key in keys:
        by_provider.setdefault(key.provider_id, []).append(key)
    return sum(_retire(tenant, in_time(kept), by) for kept in by_provider.values())


def _retire(tenant: Tenant, kept: Sequence[Generation], by: Actor) -> int:
    now = timezone.now()
    return sum(_delete(tenant, one.key, by) for one in kept if not one.is_published(now))


def _delete(tenant: Tenant, key: ClientKey, by: Actor) -> bool:
    """Whether it was there still."""
    before = {"provider": key.provider.slug, "generation": str(key.pk)}
    with transaction.atomic():
        deleted = bool(key.delete()[0])
        if deleted:
            record(tenant, "client_keys.retired", by=by, about=str(key.provider_id), before=before)
    return deleted


def _first(provider: IdentityProvider) -> list[Generation]:
    with transaction.atomic():
        _lock(provider)
        return generations(provider) or in_time([_make(provider)])


def _lock(provider: IdentityProvider) -> None:
    """Against others who would make a generation of the same provider."""
    IdentityProvider.objects.select_for_update(no_key=True).values("pk").get(pk=provider.pk)


def _make(provider: IdentityProvider) -> ClientKey:
    made = ClientKey(provider_id=provider.pk)
    made.seal(ec=generate_private_key(ES256), rsa=generate_private_key(RS256))
    made.save()
    return made


def _public_halves(key: ClientKey) -> list[dict[str, str]]:
    name = f"client-key-public:{key.pk}"
    halves: list[dict[str, str]] | None = cache.get(name)
    if halves is None:
        halves = [public_jwk(key.open(algorithm)) for algorithm in (ES256, RS256)]
        cache.set(name, halves, PUBLIC_SECONDS)
    return halves


def _kids(key: ClientKey) -> list[str]:
    return [jwk["kid"] for jwk in _public_halves(key)]
