from collections.abc import Callable, Iterator
from typing import Any

from django.core.management.base import CommandError

from huume.crypto import DecryptionError
from tenants.commands import OneLineCommand
from tenants.models import ClientKey, IdentityProvider, Mail, ProviderSettings

# How a row is named where it cannot be read, and what re-encrypts it and says whether there was anything to do.
Row = tuple[str, Callable[[], bool]]


class Command(OneLineCommand):
    help = "Re-encrypts every stored secret with the newest key of ENCRYPTION_KEYS. Afterwards the older keys can go."

    def handle(self, *args: Any, **options: Any) -> None:
        rotated, failed = 0, []
        for name, rotate in sealed_rows():
            try:
                rotated += rotate()
            except DecryptionError as error:
                failed.append(f"{name} ({error})")
        self.stdout.write(f"{rotated} secrets are now under the newest key.")
        if failed:
            raise CommandError(f"Not readable with the keys given, and left as they were: {', '.join(failed)}.")


def sealed_rows() -> Iterator[Row]:
    """All that is sealed for longer than a session lasts: what a session keeps goes with it."""
    for provider in IdentityProvider.objects.select_related("tenant").iterator():
        yield name_of(provider), provider.rotate_client_secret
    for kept in ProviderSettings.objects.select_related("provider__tenant").iterator():
        yield f"{name_of(kept.provider)} {kept.state}", kept.rotate_client_secret
    for key in ClientKey.objects.select_related("provider__tenant").iterator():
        yield f"{name_of(key.provider)} client key {key.pk}", key.rotate
    # A mail that is sent, or can be no more, has no text.
    for mail in Mail.objects.exclude(sealed_text="").iterator():
        yield f"mail {mail.pk}", mail.rotate


def name_of(provider: IdentityProvider) -> str:
    return f"{provider.tenant.schema_name}/{provider.slug}"
