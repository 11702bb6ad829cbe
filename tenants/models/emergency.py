import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models.register import Tenant


class EmergencyAccess(models.Model):
    """Break-glass: a one-time sign-in link for a named user administrator while the tenant's directory is down.

    Asked for by one account manager, approved by another. `user` is a primary key in the tenant's schema.
    """

    # So long after it was asked for it can be approved.
    DECISION_TIME = timedelta(hours=1)
    LINK_LIFETIME = timedelta(minutes=15)
    SESSION_LIFETIME = timedelta(hours=1)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="emergencies", verbose_name=_("tenant"))
    user = models.PositiveBigIntegerField()
    user_name = models.CharField(_("user administrator"), max_length=254)
    reason = models.CharField(_("reason"), max_length=500)
    asked_by = models.CharField(_("asked for by"), max_length=254)
    # The same person, whatever they are called: nobody approves what they asked for.
    asked_by_key = models.CharField(max_length=100, editable=False)
    asked_at = models.DateTimeField(default=timezone.now)
    # What the live checks said when it was asked for: provider, and the ids of the lines that failed.
    findings = models.JSONField(default=list, blank=True, editable=False)
    # Approved or turned down.
    decided_by = models.CharField(_("decided by"), max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    approved = models.BooleanField(default=False)
    token_digest = models.CharField(max_length=64, unique=True, null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.tenant}: {self.user_name}"
