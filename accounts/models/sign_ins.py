"""Sign-ins: each attempt on record, those under way, and the sessions that come of them."""

from datetime import timedelta
from typing import Any

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class SignInQuerySet(models.QuerySet["SignIn"]):
    def from_address_since(self, address: str | None, seconds: int) -> int:
        return self.filter(ip_address=address, at__gt=timezone.now() - timedelta(seconds=seconds)).count()


class SignIn(models.Model):
    """One attempt to sign in, from its start. No code, token, secret or verifier is ever here."""

    class Outcome(models.TextChoices):
        STARTED = "started", _("under way")
        SUCCEEDED = "succeeded", _("signed in")
        REFUSED = "refused", _("refused")
        ABANDONED = "abandoned", _("never came back")
        TESTED = "tested", _("tested")

    reference = models.CharField(_("reference"), max_length=80, unique=True)
    at = models.DateTimeField(_("when"), default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    provider = models.UUIDField()
    provider_label = models.CharField(_("provider"), max_length=60)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, default=Outcome.STARTED)
    reason = models.CharField(_("reason"), max_length=50, blank=True)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="sign_ins", verbose_name=_("user")
    )
    subject = models.CharField(_("subject"), max_length=255, blank=True)
    email = models.CharField(_("email"), max_length=254, blank=True)
    ip_address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("browser"), max_length=300, blank=True)
    # By an IT contact who sets the provider up: nobody is signed in by it.
    is_test = models.BooleanField(_("test"), default=False, db_default=False)

    objects = SignInQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        default_permissions = ()
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["-at"], name="sign_in_by_time"),
            models.Index(fields=["ip_address", "-at"], name="sign_in_by_address"),
            models.Index(Lower("email"), models.F("at").desc(), name="sign_in_by_email"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def current_outcome(self) -> str:
        """An attempt that has not come back in time never will: its row is dead (Attempt.LIFETIME)."""
        overdue = self.outcome == self.Outcome.STARTED and timezone.now() - self.at > Attempt.LIFETIME
        return str(self.Outcome.ABANDONED) if overdue else self.outcome


class Attempt(models.Model):
    """A sign-in under way, bound to a browser and to a provider. Consumed once, dead after ten minutes."""

    LIFETIME = timedelta(minutes=10)
    # Tabs of one browser that may be under way at once.
    MOST_AT_ONCE = 10

    state_digest = models.CharField(primary_key=True, max_length=64)
    browser_digest = models.CharField(max_length=64)
    provider = models.UUIDField()
    # As which client at which issuer it began: the settings may be swapped before it comes back.
    issuer = models.CharField(max_length=500, default="", db_default="")
    client_id = models.CharField(max_length=255, default="", db_default="")
    nonce = models.CharField(max_length=64)
    verifier = models.CharField(max_length=128)
    redirect_uri = models.CharField(max_length=500)
    next_path = models.CharField(max_length=2000, default="/")
    plain_scopes = models.BooleanField(default=False)
    # Of a test sign-in: the setup session that it belongs to, and the kept settings that are tried, if any.
    setup_session = models.UUIDField(null=True)
    settings = models.UUIDField(null=True)
    sign_in = models.ForeignKey(SignIn, on_delete=models.CASCADE)
    # Of the sign-in; there once attempts.take has brought it along.
    reference: str
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["browser_digest", "created_at"], name="attempt_by_browser"),
            models.Index(fields=["created_at"], name="attempt_by_time"),
        ]

    def __str__(self) -> str:
        return str(self.sign_in)


class Session(AbstractBaseSession):
    """A session in its tenant's schema, that knows whose it is and by which provider."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")
    provider = models.UUIDField(null=True)
    subject = models.CharField(max_length=255, blank=True)
    provider_session = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["provider"], name="session_by_provider")]

    @classmethod
    def get_session_store_class(cls) -> Any:
        from accounts.sessions import SessionStore

        return SessionStore
