"""A text that is stored encrypted and never shows itself."""

from typing import Any

from django.conf import settings
from django.db import models

from huume.crypto import KeyRing


def key_ring() -> KeyRing:
    return KeyRing(settings.ENCRYPTION_KEYS)


class Sealed:
    """What an EncryptedTextField holds: the ciphertext. Its text comes out only by `open` and only for its own row."""

    __slots__ = ("ciphertext",)

    def __init__(self, ciphertext: str) -> None:
        self.ciphertext = ciphertext

    @classmethod
    def seal(cls, plaintext: str, *, bound_to: str) -> "Sealed":
        return cls(key_ring().seal(plaintext, bound_to=bound_to) if plaintext else "")

    def open(self, *, bound_to: str) -> str:
        """Raises huume.crypto.DecryptionError where the key is missing, or the row is another one."""
        return key_ring().open(self.ciphertext, bound_to=bound_to) if self.ciphertext else ""

    def rotated(self, *, bound_to: str) -> "Sealed":
        """The same text under the newest key; itself where that is so already."""
        if not self.ciphertext or key_ring().is_current(self.ciphertext):
            return self
        return Sealed.seal(self.open(bound_to=bound_to), bound_to=bound_to)

    def __bool__(self) -> bool:
        return bool(self.ciphertext)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.ciphertext == self.ciphertext

    def __hash__(self) -> int:
        return hash(self.ciphertext)

    def __repr__(self) -> str:
        return "<sealed>" if self.ciphertext else "<nothing sealed>"

    __str__ = __repr__


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # not generic at run time
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"editable": False, "blank": True, "default": "", **kwargs})

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed:
        return Sealed(value or "")

    def to_python(self, value: Any) -> Sealed:
        return value if isinstance(value, Sealed) else Sealed(value or "")

    def get_prep_value(self, value: Any) -> str:
        if value and not isinstance(value, Sealed):
            raise TypeError(f"{self.name} takes a Sealed value, not a text in the clear.")
        return value.ciphertext if value else ""

    def get_default(self) -> Sealed:
        return Sealed("")

    def value_to_string(self, obj: models.Model) -> str:
        return repr(self.value_from_object(obj))


def reseal(row: models.Model, **bound_to: str) -> bool:
    """Re-encrypts the row's fields, each by name with its binding, with the newest key; whether anything was to do.

    Only where nobody has put something else in meanwhile. Raises huume.crypto.DecryptionError.
    """
    old = {name: getattr(row, name) for name in bound_to}
    new = {name: old[name].rotated(bound_to=binding) for name, binding in bound_to.items()}
    return new != old and bool(type(row)._default_manager.filter(pk=row.pk, **old).update(**new))
