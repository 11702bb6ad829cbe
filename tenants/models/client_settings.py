"""What a client at a provider consists of: issuer, client ID, credential. A candidate has it as a live provider has."""

import uuid
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.discovery import Metadata
from tenants.fields import EncryptedTextField, Sealed

# Columns that came later have a default in the database too: processes of the version before go on inserting rows.
EMPTY_LIST = models.Value([], output_field=models.JSONField())


class AuthMethod(models.TextChoices):
    """How we prove to the provider that we are the client (OpenID Connect Core 1.0, 9)."""

    SECRET = "client_secret", _("client secret")
    PRIVATE_KEY = "private_key_jwt", _("public key / private key")


class ClientSettings(models.Model):
    issuer = models.CharField(_("issuer"), max_length=500, blank=True)
    client_id = models.CharField(_("client ID"), max_length=255, blank=True)
    auth_method = models.CharField(
        _("client authentication"),
        max_length=20,
        choices=AuthMethod.choices,
        default=AuthMethod.SECRET,
        db_default=AuthMethod.SECRET,
    )
    client_secret = EncryptedTextField(_("client secret"))
    secret_expires_on = models.DateField(_("client secret runs out on"), null=True, blank=True)
    metadata_document = models.JSONField(_("metadata"), default=dict, blank=True, editable=False)
    metadata_fetched_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Of the last live check: when, and the ids of the lines that failed.
    checked_at = models.DateTimeField(_("checked"), null=True, blank=True, editable=False)
    check_failed = models.JSONField(default=list, db_default=EMPTY_LIST, blank=True, editable=False)
    tested_at = models.DateTimeField(_("test sign-in"), null=True, blank=True, editable=False)

    # What goes over where these settings take another's place.
    COPIED = (
        "issuer",
        "client_id",
        "auth_method",
        "client_secret",
        "secret_expires_on",
        "metadata_document",
        "metadata_fetched_at",
        "checked_at",
        "check_failed",
        "tested_at",
    )

    class Meta:
        abstract = True

    @property
    @abstractmethod
    def provider_id_of_secret(self) -> uuid.UUID:
        """The provider that the ciphertext is bound to: a candidate's secret becomes the provider's by copying it."""

    @property
    def metadata(self) -> Metadata:
        return Metadata.from_json(self.metadata_document)

    @property
    def uses_private_key(self) -> bool:
        return self.auth_method == AuthMethod.PRIVATE_KEY

    @property
    def _secret_binding(self) -> str:
        return f"identity-provider:{self.provider_id_of_secret}:client-secret"

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
        same = type(self)._default_manager.filter(pk=self.pk, client_secret=self.client_secret)
        return changed and bool(same.update(client_secret=rotated))

    def missing(self) -> list[str]:
        """What must still be filled in before people can sign in."""
        wanted: Iterable[tuple[bool, Any]] = (
            (bool(self.issuer), _("issuer")),
            (bool(self.client_id), _("client ID")),
            (self.uses_private_key or bool(self.client_secret), _("client secret")),
            (bool(self.metadata_document), _("discovery")),
        )
        return [str(words) for there, words in wanted if not there]

    def copy_settings(self, other: "ClientSettings") -> None:
        """Takes over what the other has. Nothing is saved."""
        for name in self.COPIED:
            setattr(self, name, getattr(other, name))
