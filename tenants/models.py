import uuid
from collections.abc import Iterable
from copy import copy
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin
from django_tenants.utils import schema_context

from tenants.discovery import Metadata
from tenants.fields import EncryptedTextField, Sealed
from tenants.naming import normalise_host, validate_host, validate_subdomain
from tenants.signals import access_ended


class TenantQuerySet(models.QuerySet["Tenant"]):
    def customers(self) -> Self:
        """Every tenant but Huume's own staff."""
        return self.exclude(schema_name=settings.STAFF_SCHEMA)


class Tenant(TenantMixin):
    """One customer: a schema, one or more hosts, its providers, its users."""

    schema_name = models.CharField(_("subdomain"), max_length=63, unique=True, validators=[validate_subdomain])
    name = models.CharField(_("name"), max_length=100)
    contact = models.EmailField(_("IT contact"), blank=True)
    suspended_at = models.DateTimeField(_("suspended"), null=True, blank=True, editable=False)
    session_minutes = models.PositiveIntegerField(
        _("longest session, minutes"), null=True, blank=True, help_text=_("Empty: 12 hours. Never more than that.")
    )
    idle_minutes = models.PositiveIntegerField(
        _("longest pause, minutes"), null=True, blank=True, help_text=_("Empty: 1 hour. Never more than that.")
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    objects = TenantQuerySet.as_manager()

    # A schema is made and dropped in the transaction of its row: tenants.provision, delete().
    auto_create_schema = False
    auto_drop_schema = False

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None

    @property
    def is_staff(self) -> bool:
        return bool(self.schema_name == settings.STAFF_SCHEMA)

    @property
    def session_seconds(self) -> int:
        longest = settings.STAFF_SESSION_SECONDS if self.is_staff else settings.SESSION_LIFETIME_SECONDS
        return min(longest, (self.session_minutes or longest) * 60)

    @property
    def idle_seconds(self) -> int:
        longest = settings.SESSION_IDLE_SECONDS
        return min(longest, (self.idle_minutes or longest) * 60)

    @property
    def primary_host(self) -> str:
        hosts = sorted(self.domains.all(), key=lambda domain: (not domain.is_primary, domain.pk))
        return hosts[0].domain if hosts else ""

    @property
    def address(self) -> str:
        return address_of(self.primary_host)

    def suspend(self) -> None:
        """Nobody signs in, open sessions are gone; data stays."""
        self._set_suspended(self.suspended_at or timezone.now())

    def resume(self) -> None:
        self._set_suspended(None)

    def _set_suspended(self, moment: Any) -> None:
        if self.is_staff:
            raise ValidationError(_("Huume's own staff cannot be suspended."), code="staff")
        with transaction.atomic():
            self.suspended_at = moment
            with schema_context("public"):
                self.save(update_fields=["suspended_at"])
            if moment:
                access_ended.send(sender=Tenant, tenant=self, provider=None)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Row, hosts, providers and schema go together, or none of them."""
        if self.is_staff:
            raise ValidationError(_("Huume's own staff cannot be deleted."), code="staff")
        with schema_context("public"), transaction.atomic():
            return super().delete(force_drop=True)  # type: ignore[no-untyped-call]  # the library is untyped


def address_of(host: str) -> str:
    """Where a stored host is reached: scheme, host, and BASE_DOMAIN's port where it has one; no slash at the end."""
    _host, _colon, port = settings.BASE_DOMAIN.partition(":")
    return f"{settings.SCHEME}://{host}{':' + port if port else ''}"


class Domain(DomainMixin):
    """A host of a tenant: lower case, no port, no final dot."""

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")

    def clean(self) -> None:
        self.domain = normalise_host(self.domain)
        validate_host(self.domain)

    @property
    def is_ours(self) -> bool:
        """On our own domain, not on a customer's."""
        return self.domain == settings.BASE_HOST or self.domain.endswith("." + settings.BASE_HOST)


# Twice for each sign-in, so that it is not built anew each time.
FRESH = """
    SELECT p.*, t.suspended_at AS tenant_suspended_at
    FROM public.tenants_identityprovider p JOIN public.tenants_tenant t ON t.id = p.tenant_id
    WHERE p.tenant_id = %s AND p.slug = %s
"""


class IdentityProviderQuerySet(models.QuerySet["IdentityProvider"]):
    def live(self) -> Self:
        return self.filter(status=IdentityProvider.Status.LIVE)

    def fresh(self, tenant: Tenant, slug: str) -> "IdentityProvider | None":
        """The provider, and whether its tenant is suspended, as they are now: the tenant given may be cached."""
        provider = next(iter(self.raw(FRESH, [tenant.pk, slug])), None)
        if provider:
            provider.tenant = copy(tenant)
            provider.tenant.suspended_at = provider.tenant_suspended_at
        return provider


class IdentityProvider(models.Model):
    """A tenant's OpenID provider with the client that we are there."""

    class Kind(models.TextChoices):
        OKTA = "okta", "Okta"
        ENTRA = "entra", "Microsoft Entra ID"
        GOOGLE = "google", "Google"
        OIDC = "oidc", _("OpenID Connect")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")
        LIVE = "live", _("live")
        DISABLED = "disabled", _("disabled")

    # Not a number: it binds the ciphertext of the secret to the row, before the row is there too.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="providers", verbose_name=_("tenant"))
    slug = models.CharField(
        _("slug"),
        max_length=40,
        validators=[
            RegexValidator(r"\A[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\Z", _("Small letters, digits and hyphens."))
        ],
        help_text=_("Part of the redirect URI, which changes with it."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.OKTA)
    label = models.CharField(_("label"), max_length=60, blank=True, help_text=_("On the sign-in button."))
    issuer = models.CharField(_("issuer"), max_length=500, blank=True)
    client_id = models.CharField(_("client ID"), max_length=255, blank=True)
    client_secret = EncryptedTextField(_("client secret"))
    email_domains = ArrayField(
        models.CharField(max_length=253), verbose_name=_("email domains"), default=list, blank=True
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT)
    metadata_document = models.JSONField(_("metadata"), default=dict, blank=True, editable=False)
    metadata_fetched_at = models.DateTimeField(null=True, blank=True, editable=False)
    scopes_refused_at = models.DateTimeField(_("scopes refused"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    # There once `fresh` has brought it along.
    tenant_suspended_at: datetime | None

    objects = IdentityProviderQuerySet.as_manager()

    class Meta:
        verbose_name = _("identity provider")
        verbose_name_plural = _("identity providers")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "slug"], name="one_provider_for_a_slug"),
            models.UniqueConstraint(
                fields=["tenant", "issuer"],
                condition=~models.Q(issuer=""),
                name="one_provider_for_an_issuer",
                violation_error_message=_("This tenant has a provider for this issuer already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant}: {self.button_label}"

    @property
    def button_label(self) -> str:
        """Its label, else its kind; of several that are just OpenID Connect, the slug says which."""
        if self.label or self.kind != self.Kind.OIDC or self.slug == self.Kind.OIDC:
            return self.label or str(self.get_kind_display())
        return self.slug.replace("-", " ").title()

    @property
    def is_live(self) -> bool:
        return self.status == self.Status.LIVE

    @property
    def metadata(self) -> Metadata:
        return Metadata.from_json(self.metadata_document)

    @property
    def redirect_path(self) -> str:
        return f"/oauth2/{self.slug}/authresp"

    @property
    def _secret_binding(self) -> str:
        return f"identity-provider:{self.pk}:client-secret"

    def set_client_secret(self, secret: str) -> None:
        self.client_secret = Sealed.seal(secret, bound_to=self._secret_binding)

    def open_client_secret(self) -> str:
        sealed: Sealed = self.client_secret
        return sealed.open(bound_to=self._secret_binding)

    def rotate_client_secret(self) -> bool:
        """Re-encrypts the secret with the newest key; says whether there was anything to do."""
        rotated = self.client_secret.rotated(bound_to=self._secret_binding)
        changed = rotated != self.client_secret
        # Only where nobody has put another secret in meanwhile.
        return changed and bool(
            IdentityProvider.objects.filter(pk=self.pk, client_secret=self.client_secret).update(client_secret=rotated)
        )

    def trusts_domain_of(self, email: str) -> bool:
        return email.rpartition("@")[2].lower() in {domain.lower() for domain in self.email_domains}

    def missing(self) -> list[str]:
        """What must still be filled in before people can sign in."""
        wanted: Iterable[tuple[bool, Any]] = (
            (bool(self.issuer), _("issuer")),
            (bool(self.client_id), _("client ID")),
            (bool(self.client_secret), _("client secret")),
            (bool(self.metadata_document), _("discovery")),
        )
        return [str(words) for there, words in wanted if not there]

    def activate(self) -> None:
        if missing := self.missing():
            raise ValidationError(
                _("It cannot go live yet. Missing: %(missing)s."),
                code="missing",
                params={"missing": ", ".join(missing)},
            )
        self.status = self.Status.LIVE
        self.save(update_fields=["status"])

    def disable(self) -> None:
        """No new session by it, and open ones are gone."""
        with transaction.atomic():
            self.status = self.Status.DISABLED
            self.save(update_fields=["status"])
            access_ended.send(sender=IdentityProvider, tenant=self.tenant, provider=self)
