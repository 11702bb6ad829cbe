"""Who changed what, when, from what to what. Entries are added and never touched again: PostgreSQL refuses it."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class HistoryEntry(models.Model):
    """One change. People and addresses are opaque keys here; what they are called is in HistoryName."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("when"), default=timezone.now)
    # What happened, such as setup_link.sent.
    kind = models.CharField(_("what"), max_length=50)
    # As in tenants.actor.Actor: which sort of person, and which one.
    actor_kind = models.CharField(max_length=20)
    actor = models.CharField(max_length=100, blank=True)
    # The key of what it happened to; "" where the kind says it all.
    about = models.CharField(max_length=100, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    ip_address = models.GenericIPAddressField(_("from"), null=True)

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history")
        default_permissions = ()
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="history_by_time"),
            models.Index(fields=["kind", "-at"], name="history_by_kind"),
            models.Index(fields=["about", "-at"], name="history_by_about"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"

    @property
    def actor_key(self) -> str:
        """Of the actor's HistoryName; "" for what no person did."""
        return f"{self.actor_kind}:{self.actor}" if self.actor else ""


class HistoryName(models.Model):
    """What a key of the history is called. It can be erased, and the entries stay whole."""

    key = models.CharField(max_length=120, unique=True)
    name = models.CharField(max_length=254)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
