import uuid

from django.db import models
from django.utils import timezone

from tenants.fields import EncryptedTextField, Sealed
from tenants.models.providers import IdentityProvider


class ClientKey(models.Model):
    """One generation of a provider's key pairs for private_key_jwt: EC and RSA, as we cannot know which it takes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="client_keys")
    # PKCS #8 in PEM.
    ec_private_key = EncryptedTextField()
    rsa_private_key = EncryptedTextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.provider}: {self.pk}"

    def binding(self, algorithm: str) -> str:
        return f"client-key:{self.pk}:{algorithm}"

    def seal(self, *, ec: str, rsa: str) -> None:
        self.ec_private_key = Sealed.seal(ec, bound_to=self.binding("ES256"))
        self.rsa_private_key = Sealed.seal(rsa, bound_to=self.binding("RS256"))
