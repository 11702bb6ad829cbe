"""How a call to a provider's token or PAR endpoint proves that it is ours (OpenID Connect Core 9, RFC 6749, 2.3).

The one place that says so: sign-ins and the live check both ask here.
"""

import logging
import time
from dataclasses import dataclass, field

from accounts import client_keys
from accounts.connection import release_connection
from accounts.oidc.client_assertion import ASSERTION_TYPE, assertion, choose_algorithm
from accounts.oidc.errors import ProviderUnreachable
from huume.crypto import DecryptionError
from tenants.discovery import Metadata
from tenants.models import IdentityProvider

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Credentials:
    """One call's: form fields, `client_id` among them, or user and password of the Authorization header beside it."""

    form: dict[str, str] = field(repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)


def credentials(provider: IdentityProvider, metadata: Metadata, endpoint: str) -> Credentials:
    """For one call of `endpoint` and no other: an assertion is good for that one, once.

    Leaves no database connection in hand. Raises ProviderUnreachable("secret_unreadable").
    """
    if provider.uses_private_key:
        return _by_private_key(provider, metadata, endpoint)
    secret, form = client_secret(provider), {"client_id": provider.client_id}
    offered = metadata.token_auth_methods
    # Basic is encoded differently everywhere, so only where there is nothing else.
    if offered and "client_secret_post" not in offered and "client_secret_basic" in offered:
        return Credentials(form, basic=(provider.client_id, secret))
    return Credentials({**form, "client_secret": secret})


def client_secret(provider: IdentityProvider) -> str:
    """Raises ProviderUnreachable("secret_unreadable")."""
    try:
        return provider.open_client_secret()
    except DecryptionError as error:
        raise _unreadable(provider, "client secret", error) from error


def _by_private_key(provider: IdentityProvider, metadata: Metadata, endpoint: str) -> Credentials:
    key = client_keys.ensure_keys(provider)
    release_connection()
    try:
        private_key = key.open(choose_algorithm(metadata.token_auth_signing_algorithms))
    except DecryptionError as error:
        raise _unreadable(provider, "client key", error) from error
    signed = assertion(private_key, client_id=provider.client_id, audience=endpoint, now=time.time())
    return Credentials(
        {"client_id": provider.client_id, "client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
    )


def _unreadable(provider: IdentityProvider, what: str, error: DecryptionError) -> ProviderUnreachable:
    logger.error("%s cannot be decrypted: check ENCRYPTION_KEYS", what, extra={"provider": provider.slug})
    return ProviderUnreachable("secret_unreadable", type(error).__name__)
