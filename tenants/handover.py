"""What an IT contact hands over: domain or issuer, client ID, credential. Onto the provider, or beside a live one."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from huume.cache import count
from tenants import candidates, emails
from tenants.actor import Actor
from tenants.configure import Found, configure, is_issuer, look_up
from tenants.discovery import DiscoveryError, parse_domain, parse_issuer
from tenants.models import AuthMethod, IdentityProvider, ProviderSettings
from tenants.record import public, record

# Read alike: what is refused, closed, blocked, unknown to the name servers or slow is nobody's to find out through us.
OUT_OF_REACH = frozenset({"blocked", "unreachable", "too_late", "bad_url"})
LOOK_UPS_AN_HOUR = 60
DISCOVERY_PATH = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class HandedOver:
    """`client_secret`: "" keeps the stored one of this very client. `first_administrator`: None leaves it as it is."""

    found: Found
    client_id: str
    auth_method: str = AuthMethod.SECRET.value
    client_secret: str = field(default="", repr=False)
    secret_expires_on: date | None = None
    first_administrator: str | None = None


@dataclass(frozen=True)
class Submitted:
    """`candidate` where the provider is live: its settings are as they were."""

    provider: IdentityProvider
    candidate: ProviderSettings | None = None


def read(provider: IdentityProvider, typed: str) -> tuple[str, str]:
    """Whether a "domain" or an "issuer" was typed, and which; calls nobody. Raises DiscoveryError for neither."""
    kind, local = str(provider.kind), settings.OIDC_ALLOW_LOCAL_PROVIDERS
    if kind != IdentityProvider.Kind.OKTA:
        typed = typed.removesuffix(DISCOVERY_PATH)
    if is_issuer(kind, typed) or (typed and typed == provider.issuer):
        return "issuer", parse_issuer(typed, allow_local=local)
    if typed or kind != IdentityProvider.Kind.GOOGLE:
        parse_domain(typed, allow_local=local)
    return "domain", typed


def find(provider: IdentityProvider, typed: str, client_id: str) -> Found:
    """What is at the domain or issuer that was typed. Raises DiscoveryError: `explain` has words for it.

    Calls the provider, so never within a transaction.
    """
    name, exact = read(provider, typed)
    _count(provider)
    return look_up(str(provider.kind), client_id=client_id, **{name: exact})


def _count(provider: IdentityProvider) -> None:
    """Nobody looks through the internet with this form."""
    if count(f"handover-asked:{provider.pk}", 3600) > LOOK_UPS_AN_HOUR:
        raise DiscoveryError("too_often", _("That was tried too often. Wait an hour, or ask whoever sent the link."))


def submit(provider: IdentityProvider, handed: HandedOver, *, by: Actor) -> Submitted:
    """One submission after the other: the second sees what the first left. Raises ValidationError."""
    with transaction.atomic():
        held = candidates.held(provider)
        candidate = _propose(held, handed, by) if held.is_live else None
        if candidate is None:
            held = _take(held, handed, by)
        emails.submitted(held, by.name)
    return Submitted(held, candidate)


def _propose(provider: IdentityProvider, handed: HandedOver, by: Actor) -> ProviderSettings:
    return candidates.propose(
        provider,
        found=handed.found,
        client_id=handed.client_id,
        auth_method=handed.auth_method,
        client_secret=handed.client_secret,
        secret_expires_on=handed.secret_expires_on,
        by=by,
    )


def _take(provider: IdentityProvider, handed: HandedOver, by: Actor) -> IdentityProvider:
    before = _on_record(provider)
    _require_secret(provider, handed)
    candidates.require_only_provider(provider, handed.found.metadata.issuer)
    taken = configure(
        provider.tenant,
        provider.slug,
        kind=str(provider.kind),
        found=handed.found,
        client_id=handed.client_id,
        client_secret=handed.client_secret,
        auth_method=handed.auth_method,
    )
    if taken.secret_expires_on != handed.secret_expires_on:
        taken.secret_expires_on, taken.reminded = handed.secret_expires_on, []
    if handed.first_administrator is not None:
        taken.first_administrator = handed.first_administrator
    taken.submitted_at = timezone.now()
    taken.save(update_fields=["secret_expires_on", "reminded", "first_administrator", "submitted_at"])
    after = {**_on_record(taken), "secret_given": bool(handed.client_secret)}
    record(taken.tenant, "provider.submitted", by=by, about=str(taken.pk), before=before, after=after)
    return taken


def _on_record(provider: IdentityProvider) -> dict[str, Any]:
    """Whether a user administrator is named, but not whom: history names no address."""
    return {
        **public(provider),
        "status": str(provider.status),
        "first_administrator_named": bool(provider.first_administrator),
    }


def _require_secret(provider: IdentityProvider, handed: HandedOver) -> None:
    """A stored secret stays only where it is that of this very client."""
    stored = (provider.issuer, provider.client_id) if provider.client_secret else None
    wanted = handed.found.metadata.issuer, handed.client_id
    if handed.auth_method == AuthMethod.SECRET and not handed.client_secret and stored != wanted:
        words = (
            _("Paste the client secret again: the one that is stored belongs to another client or issuer.")
            if stored
            else _("Paste the client secret.")
        )
        raise ValidationError(words, code="secret_missing")


def explain(error: DiscoveryError, typed: str) -> str:
    """Why what was typed cannot be used, in words for whoever typed it."""
    if error.reason in ("bad_domain", "bad_issuer"):
        return error.detail
    if error.reason in OUT_OF_REACH:
        words = _(
            "No identity provider answers there. Look for a typing mistake in “%(typed)s”: it has to be the address at"
            " which your people sign in, reachable from the internet."
        )
    elif error.reason == "tls":
        words = _("The certificate at “%(typed)s” cannot be trusted. Look for a typing mistake in the domain.")
    elif error.reason in ("status", "not_json", "too_large", "redirect", "incomplete"):
        words = _(
            "Something answers at “%(typed)s”, but not as an identity provider: it has no OpenID configuration that can"
            " be read. It has to be the address at which your people sign in."
        )
    elif error.reason == "issuer_mismatch":
        words = _(
            "What answers at “%(typed)s” calls itself by another address. Copy the issuer exactly as it is shown."
        )
    else:
        return error.detail
    return words % {"typed": typed[:200]}
