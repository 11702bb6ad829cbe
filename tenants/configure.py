"""Bringing a tenant's provider up to what was handed over: domain or issuer, client, secret, email domains."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.actor import Actor
from tenants.discovery import Metadata, discover, fetch, parse_domain, parse_issuer
from tenants.metadata import outbound_client
from tenants.models import AuthMethod, IdentityProvider, Tenant
from tenants.naming import normalise_host, validate_host
from tenants.record import configured, record_configured
from tenants.signals import access_ended

GOOGLE_ISSUER = "https://accounts.google.com"


@dataclass(frozen=True)
class Found:
    """What discovery found: the document, whether it names another issuer than was typed, remarks on what was typed."""

    metadata: Metadata
    differs: bool = False
    remarks: tuple[str, ...] = ()


def look_up(kind: str, *, domain: str = "", issuer: str = "", client_id: str = "") -> Found:
    """Raises DiscoveryError with a reason where domain, document, issuer or an endpoint is unusable."""
    okta = kind == IdentityProvider.Kind.OKTA
    asked_for = client_id if okta else ""
    local = settings.OIDC_ALLOW_LOCAL_PROVIDERS
    if kind == IdentityProvider.Kind.GOOGLE and not (domain or issuer):
        issuer = GOOGLE_ISSUER
    if issuer:
        exact = parse_issuer(issuer, allow_local=local)
        return Found(fetch(outbound_client(), exact, client_id=asked_for, same_host=okta, allow_local=local))
    typed = parse_domain(domain, allow_local=local)
    metadata, differs = discover(outbound_client(), typed, client_id=asked_for, same_host=okta, allow_local=local)
    return Found(metadata, differs, typed.remarks)


def clean_email_domains(domains: Sequence[str]) -> list[str]:
    cleaned = [normalise_host(domain.strip().lstrip("@")) for domain in domains if domain.strip()]
    for domain in cleaned:
        validate_host(domain)
    return list(dict.fromkeys(cleaned))


def configure(
    tenant: Tenant,
    slug: str,
    *,
    kind: str,
    found: Found,
    client_id: str,
    client_secret: str = "",
    auth_method: str = "",
    email_domains: Sequence[str] | None = None,
    by: Actor | None = None,
) -> IdentityProvider:
    """Creates or updates; an empty secret and email domains of None leave those as they are.

    Another issuer clears the stored secret, so that it never goes to another host. An empty `auth_method` leaves that
    as it is, unless a secret is given. What changed goes on record as done by `by`; None: the caller sees to that.
    Raises ValidationError.
    """
    with transaction.atomic():
        provider = IdentityProvider.objects.select_for_update().filter(tenant=tenant, slug=slug).first()
        provider = provider or IdentityProvider(tenant=tenant, slug=slug)
        former, before = _client(provider), configured(provider)
        if provider.issuer and provider.issuer != found.metadata.issuer:
            provider.set_client_secret("")
            # Whoever the former directory vouched for is not vouched for by this one.
            access_ended.send(sender=IdentityProvider, tenant=tenant, provider=provider)
        provider.kind, provider.client_id = kind, client_id.strip()
        take_over(provider, found.metadata)
        _take_credential(provider, client_secret.strip(), auth_method)
        if client_secret or _client(provider) != former:
            provider.checked_at, provider.check_failed, provider.tested_at = None, [], None
        if email_domains is not None:
            provider.email_domains = clean_email_domains(email_domains)
        _keep_status_true(provider)
        provider.full_clean()
        provider.save()
        if by:
            record_configured(provider, before, by=by, secret_given=bool(client_secret.strip()))
        return provider


def _client(provider: IdentityProvider) -> tuple[str, str, str]:
    """What a check and a test sign-in were of: they say nothing of another."""
    return provider.issuer, provider.client_id, str(provider.auth_method)


def _take_credential(provider: IdentityProvider, secret: str, auth_method: str) -> None:
    """Where a private key proves who we are, no secret is kept."""
    provider.auth_method = auth_method or (AuthMethod.SECRET if secret else provider.auth_method)
    if secret or provider.uses_private_key:
        provider.set_client_secret("" if provider.uses_private_key else secret)
        # When the former secret runs out says nothing of this one.
        provider.secret_expires_on, provider.reminded = None, []


def _keep_status_true(provider: IdentityProvider) -> None:
    if provider.is_live and provider.missing():
        provider.status = IdentityProvider.Status.SUBMITTED
    if provider.status == IdentityProvider.Status.DRAFT and not provider.missing():
        provider.status = IdentityProvider.Status.SUBMITTED
        provider.submitted_at = provider.submitted_at or timezone.now()


def take_over(provider: IdentityProvider, metadata: Metadata) -> None:
    provider.issuer = metadata.issuer
    provider.metadata_document, provider.metadata_fetched_at = metadata.to_json(), timezone.now()
    provider.scopes_refused_at = None


def explain_remarks(found: Found) -> list[str]:
    """In words: what was made of what was typed."""
    words = {
        "admin_console": _("That was the address of Okta's admin console; the host without “-admin” is used."),
        "path_dropped": _("Only the host was used; the path behind it was dropped."),
    }
    said = [words[remark] for remark in found.remarks if remark in words]
    if found.differs:
        said.append(
            _("That host names the issuer %(issuer)s, which is used from now on.") % {"issuer": found.metadata.issuer}
        )
    return said


def default_kind(slug: str) -> str:
    return slug if slug in IdentityProvider.Kind.values else str(IdentityProvider.Kind.OIDC)


def require_one_of(domain: str, issuer: str, kind: str) -> None:
    if bool(domain) == bool(issuer) and not (kind == IdentityProvider.Kind.GOOGLE and not domain):
        raise ValidationError(_("Give either a domain or an issuer."), code="domain_or_issuer")


def is_issuer(kind: str, typed: str) -> bool:
    """Whether an address with a path was typed that means just that issuer. Okta's is always at the domain's root."""
    return kind != IdentityProvider.Kind.OKTA and "://" in typed and urlsplit(typed).path not in {"", "/"}
