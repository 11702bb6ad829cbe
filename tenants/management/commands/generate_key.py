from typing import Any

from huume.crypto import generate_key
from tenants.commands import OneLineCommand


class Command(OneLineCommand):
    help = "Prints a new key for ENCRYPTION_KEYS. Put it first in the list, then run rotate_keys."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(generate_key())
