"""Setting a provider up: the link that an IT contact gets, and the sessions that its codes start."""

import uuid
from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField, Sealed
from tenants.models.providers import IdentityProvider


class SetupLinkQuerySet(models.QuerySet["SetupLink"]):
    def standing(self) -> Self:
        """Neither revoked, replaced nor done with; it may have run out."""
        return self.filter(ended_at=None)


class SetupLink(models.Model):
    """An address under which an IT contact sets one provider up. Of its token only the digest is kept."""

    class End(models.TextChoices):
        REVOKED = "revoked", _("revoked")
        REPLACED = "replaced", _("replaced by a new one")
        DONE = "done", _("done with: the provider went live")
        GUESSED = "guessed", _("closed: too many wrong codes")

    MOST_TRIES = 10
    MOST_MAILS = 5

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="setup_links")
    email = models.EmailField(_("IT contact"))
    token_digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    created_by = models.CharField(_("by"), max_length=254, blank=True)
    expires_at = models.DateTimeField(_("runs out"))
    ended_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=10, choices=End.choices, blank=True)
    opened_at = models.DateTimeField(_("first opened"), null=True, blank=True)
    entered_at = models.DateTimeField(_("first entered"), null=True, blank=True)
    # The code that was mailed last; tries and mails are of the link, not of a code.
    code_digest = models.CharField(max_length=64, blank=True)
    code_sent_at = models.DateTimeField(null=True, blank=True)
    mails = models.PositiveSmallIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)

    objects = SetupLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("setup link")
        verbose_name_plural = _("setup links")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider"], condition=models.Q(ended_at=None), name="one_setup_link_for_a_provider"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {self.email}"

    @property
    def has_run_out(self) -> bool:
        return timezone.now() >= self.expires_at

    @property
    def is_active(self) -> bool:
        return self.ended_at is None and not self.has_run_out


class SetupSession(models.Model):
    """What a code starts: two hours at one provider's setup, under a cookie of its own. No session of the portal."""

    LIFETIME = timedelta(hours=2)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    link = models.ForeignKey(SetupLink, on_delete=models.CASCADE, related_name="sessions")
    key_digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    # Of the last test sign-in, to sign out at the provider with; it goes with the session.
    id_token = EncryptedTextField()

    def __str__(self) -> str:
        return str(self.link)

    @property
    def _binding(self) -> str:
        return f"setup-session:{self.pk}:id-token"

    def keep_id_token(self, id_token: str) -> None:
        self.id_token = Sealed.seal(id_token, bound_to=self._binding)
        self.save(update_fields=["id_token"])

    def take_id_token(self) -> str:
        """The ID token, once; empty where there is none. Raises huume.crypto.DecryptionError."""
        sealed: Sealed = self.id_token
        type(self).objects.filter(pk=self.pk).update(id_token=Sealed(""))
        return sealed.open(bound_to=self._binding)


class ProviderCheck(models.Model):
    """One run of the live check: asked for, begun once, its lines as they come."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="checks")
    # ProviderSettings that were checked; none: the provider's own.
    settings = models.UUIDField(null=True, blank=True)
    asked_by = models.CharField(max_length=254, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Each: check, outcome, expected, found, advice.
    lines = models.JSONField(default=list)

    class Meta:
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["provider", "-asked_at"], name="check_by_provider")]

    def __str__(self) -> str:
        return f"{self.provider}: {self.asked_at:%d %b %Y %H:%M}"

    def with_outcome(self, outcome: str) -> list[dict[str, str]]:
        return [line for line in self.lines if line["outcome"] == outcome]


class TrialSignIn(models.Model):
    """A test sign-in: what the provider said of the person, and what the portal would have made of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="trials")
    settings = models.UUIDField(null=True, blank=True)
    session = models.ForeignKey(SetupSession, on_delete=models.SET_NULL, null=True, related_name="trials")
    at = models.DateTimeField(default=timezone.now)
    reference = models.CharField(max_length=80, blank=True)
    # A reason code of accounts.oidc.errors; empty where the person got through.
    reason = models.CharField(max_length=50, blank=True)
    # name, email, email_verified, phone, subject, as the portal read them.
    claims = models.JSONField(default=dict)
    # Codes of what to look at, worst first: accounts.rehearse.
    warnings = models.JSONField(default=list)
    # The person was sent to the provider to be signed out, and came back: the sign-out redirect URI is registered.
    signed_out_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["provider", "-at"], name="trial_by_provider")]

    def __str__(self) -> str:
        return f"{self.provider}: {self.at:%d %b %Y %H:%M}"
