"""Authenticated encryption of stored secrets with a list of keys, newest first."""

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12  # 96 bits, NIST SP 800-38D section 8.2.2
TAG_BYTES = 16
_VERSION = "v1"
_SEALED = re.compile(r"v1\.([A-Za-z0-9_-]{8})\.([A-Za-z0-9_-]+)")


class DecryptionError(Exception):
    """A sealed text cannot be opened. The message names neither the text nor a key."""


class UnknownKey(DecryptionError):
    """The text was sealed with a key that is not in the list."""


class Tampered(DecryptionError):
    """The text was changed, was sealed for another row, or is no sealed text at all."""


def generate_key() -> str:
    """A new key: 32 random bytes in URL-safe base64, with padding."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


class KeyRing:
    """Seals with the first of its keys and opens with whichever of them sealed.

    keys: newest first, each 32 bytes in URL-safe base64, padding optional. Raises ValueError for an empty
    list, a key that is none, or the same key twice; the message tells its place in the list, never the key.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if isinstance(keys, str) or not keys:
            raise ValueError("At least one encryption key is needed, in a list.")
        self._keys: dict[str, bytes] = {}
        for place, text in enumerate(keys, start=1):
            key = _read_key(text, place)
            if _key_id(key) in self._keys:
                raise ValueError(f"Encryption key number {place} is in the list twice.")
            self._keys[_key_id(key)] = key
        self._newest = next(iter(self._keys))

    def __repr__(self) -> str:
        return f"<KeyRing: {len(self._keys)} keys, newest {self._newest}>"

    def seal(self, plaintext: str, *, bound_to: str) -> str:
        """Encrypt for one place, such as a row and column; `open` must be told the same place.

        Comes out as "v1.<key id>.<nonce, ciphertext and tag in URL-safe base64>": AES-256-GCM with a random
        nonce, so that the same secret never looks the same twice.
        """
        nonce = secrets.token_bytes(NONCE_BYTES)
        ciphertext = AESGCM(self._keys[self._newest]).encrypt(nonce, plaintext.encode(), _context(bound_to))
        return f"{_VERSION}.{self._newest}.{_encode(nonce + ciphertext)}"

    def open(self, sealed: str, *, bound_to: str) -> str:
        """Decrypt. Raises UnknownKey or Tampered, both of them DecryptionError."""
        key_id, content = _parse(sealed)
        key = self._keys.get(key_id)
        if key is None:
            raise UnknownKey(f"Sealed with the key {key_id}, which is not among the encryption keys.")
        try:
            return AESGCM(key).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], _context(bound_to)).decode()
        except InvalidTag:
            raise Tampered("The sealed text was changed, or belongs to another place.") from None

    def is_current(self, sealed: str) -> bool:
        """Whether the text was sealed with the newest key. Says nothing about whether it would open."""
        return sealed.startswith(f"{_VERSION}.{self._newest}.")


def _read_key(text: str, place: int) -> bytes:
    key = _decode(text.strip().rstrip("="))
    if key is None or len(key) != KEY_BYTES:
        raise ValueError(f"Encryption key number {place} is not {KEY_BYTES} bytes in URL-safe base64.")
    return key


def _key_id(key: bytes) -> str:
    return _encode(hashlib.sha256(b"huume.crypto key id v1\0" + key).digest()[:6])


def _context(bound_to: str) -> bytes:
    if not bound_to:
        raise ValueError("A sealed text must be bound to a place.")
    return f"huume.crypto {_VERSION}\0{bound_to}".encode()


def _parse(sealed: str) -> tuple[str, bytes]:
    match = _SEALED.fullmatch(sealed)
    content = _decode(match[2]) if match else None
    if match is None or content is None or len(content) < NONCE_BYTES + TAG_BYTES:
        raise Tampered("This is not a sealed text.")
    return match[1], content


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes | None:
    """Strict base64url: Python's own decoder passes over characters that do not belong, and over stray last bits."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return data if _encode(data) == text else None
