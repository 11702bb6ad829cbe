import json
import uuid

from django.db import models
from django.utils import timezone

from tenants.fields import EncryptedTextField, Sealed, reseal
from tenants.models.register import Tenant


class Mail(models.Model):
    """A mail on its way. Its text may hold a link or a code, so it is sealed, and goes once it is sent or too late."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, null=True, related_name="mails")
    # The template's, such as setup_link.
    name = models.CharField(max_length=50)
    recipient = models.EmailField()
    subject = models.CharField(max_length=200)
    sealed_text = EncryptedTextField()
    created_at = models.DateTimeField(default=timezone.now)
    # Not sent any more afterwards: what it holds is of no use by then.
    expires_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"], name="mail_waiting", condition=models.Q(sent_at=None, given_up_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} to {self.recipient}"

    @property
    def _binding(self) -> str:
        return f"mail:{self.pk}:text"

    def seal(self, *, text: str, html: str) -> None:
        self.sealed_text = Sealed.seal(json.dumps([text, html]), bound_to=self._binding)

    def open(self) -> tuple[str, str]:
        """Plain text and HTML. Raises huume.crypto.DecryptionError."""
        text, html = json.loads(self.sealed_text.open(bound_to=self._binding))
        return text, html

    def rotate(self) -> bool:
        """Re-encrypts the text with the newest key; says whether there was anything to do."""
        return reseal(self, sealed_text=self._binding)
