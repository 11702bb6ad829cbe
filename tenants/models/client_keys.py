import uuid

from django.db import models
from django.utils import timezone

from tenants.fields import EncryptedTextField, Sealed, reseal
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

    def open(self, algorithm: str) -> str:
        """The private key for ES256 or RS256 in PEM. Raises huume.crypto.DecryptionError."""
        sealed: Sealed = {"ES256": self.ec_private_key, "RS256": self.rsa_private_key}[algorithm]
        return sealed.open(bound_to=self.binding(algorithm))

    def rotate(self) -> bool:
        """Re-encrypts both with the newest key; says whether there was anything to do."""
        return reseal(self, ec_private_key=self.binding("ES256"), rsa_private_key=self.binding("RS256"))
