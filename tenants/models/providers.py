import uuid
from copy import copy
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.actor import Actor
from tenants.models.client_settings import EMPTY_LIST, ClientSettings
from tenants.models.register import Tenant
from tenants.record import record
from tenants.signals import access_ended, went_live

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


class IdentityProvider(ClientSettings):
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
    email_domains = ArrayField(
        models.CharField(max_length=253), verbose_name=_("email domains"), default=list, blank=True
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT)
    scopes_refused_at = models.DateTimeField(_("scopes refused"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    contact_may_activate = models.BooleanField(
        _("the IT contact may switch it live"),
        default=False,
        db_default=False,
        help_text=_("Once check and test sign-in are good."),
    )
    # Ids of the guide's steps that the IT contact has ticked off; the one they were last seen at.
    steps_done = models.JSONField(default=list, db_default=EMPTY_LIST, blank=True, editable=False)
    step = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    # Whom the IT contact names. It gives nothing until an account manager switches the provider live.
    first_administrator = models.EmailField(_("first user administrator"), blank=True, default="", db_default="")
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True, editable=False)
    live_at = models.DateTimeField(_("live"), null=True, blank=True, editable=False)
    first_sign_in_at = models.DateTimeField(_("first sign-in"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=50, blank=True, default="", db_default="", editable=False)
    last_error_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The kept settings whose secret worked where this one's did not (ProviderSettings); tried first from then on.
    worked_with = models.UUIDField(null=True, blank=True, editable=False)
    # Reminders that have gone out: each a date of `secret_expires_on` and the days before it (tenants.reminders).
    reminded = models.JSONField(default=list, db_default=EMPTY_LIST, blank=True, editable=False)
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
    def redirect_path(self) -> str:
        return f"/oauth2/{self.slug}/authresp"

    @property
    def provider_id_of_secret(self) -> uuid.UUID:
        return self.id

    def trusts_domain_of(self, email: str) -> bool:
        return email.rpartition("@")[2].lower() in {domain.lower() for domain in self.email_domains}

    def activate(self, by: Actor | None = None) -> None:
        """Nothing happens where it is live already. Raises ValidationError where something is missing."""
        if missing := self.missing():
            raise ValidationError(
                _("It cannot go live yet. Missing: %(missing)s."),
                code="missing",
                params={"missing": ", ".join(missing)},
            )
        if self.is_live:
            return
        with transaction.atomic():
            self.status, self.live_at = self.Status.LIVE, timezone.now()
            self.save(update_fields=["status", "live_at"])
            went_live.send(sender=IdentityProvider, provider=self, by=by)

    def disable(self, by: Actor | None = None) -> None:
        """No new session by it, and open ones are gone. On record where it is known who does it."""
        with transaction.atomic():
            before, self.status = str(self.status), self.Status.DISABLED
            if by and before != self.status:
                after = {"status": str(self.status)}
                record(
                    self.tenant, "provider.disabled", by=by, about=str(self.pk), before={"status": before}, after=after
                )
            self.save(update_fields=["status"])
            access_ended.send(sender=IdentityProvider, tenant=self.tenant, provider=self)


class ProviderSettings(ClientSettings):
    """Settings kept beside a provider's live ones: the candidate for its place, or those that it had before."""

    class State(models.TextChoices):
        CANDIDATE = "candidate", _("candidate")
        FORMER = "former", _("former")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="kept_settings")
    state = models.CharField(max_length=10, choices=State.choices, default=State.CANDIDATE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=254, blank=True, editable=False)
    # A test sign-in by an existing person has returned the subject that we hold for them.
    rekey_proven_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Or an account manager has confirmed the list of people: who did, and the new subject by the old where they differ.
    rekey_confirmed_by = models.CharField(max_length=254, blank=True, editable=False)
    subjects = models.JSONField(default=dict, blank=True, editable=False)
    # Of former settings: when they were last looked at because sign-ins with those in their place fail, and when the
    # account manager was told that these would work.
    looked_at_again = models.DateTimeField(null=True, blank=True, editable=False)
    told_failing_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "state"], name="one_candidate_and_one_former")]

    def __str__(self) -> str:
        return f"{self.provider}: {self.get_state_display()}"

    @property
    def provider_id_of_secret(self) -> uuid.UUID:
        return self.provider_id

    @property
    def has_another_issuer(self) -> bool:
        return self.issuer != self.provider.issuer

    def as_provider(self) -> IdentityProvider:
        """The provider as it would be with these settings. For calls only: it must not be saved."""
        would_be = copy(self.provider)
        would_be.copy_settings(self)
        return would_be
