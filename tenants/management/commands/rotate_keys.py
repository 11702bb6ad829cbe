from typing import Any

from django.core.management.base import CommandError

from huume.crypto import DecryptionError
from tenants.commands import OneLineCommand
from tenants.models import IdentityProvider


class Command(OneLineCommand):
    help = "Re-encrypts every stored secret with the newest key of ENCRYPTION_KEYS. Afterwards the older keys can go."

    def handle(self, *args: Any, **options: Any) -> None:
        rotated, failed = 0, []
        for provider in IdentityProvider.objects.select_related("tenant").iterator():
            try:
                rotated += provider.rotate_client_secret()
            except DecryptionError as error:
                failed.append(f"{provider.tenant.schema_name}/{provider.slug} ({error})")
        self.stdout.write(f"{rotated} secrets are now under the newest key.")
        if failed:
            raise CommandError(f"Not readable with the keys given, and left as they were: {', '.join(failed)}.")
