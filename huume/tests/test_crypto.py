"""Sealing of secrets: what must not open, and what must."""

import base64

import pytest

from huume.crypto import DecryptionError, KeyRing, Tampered, UnknownKey, generate_key

OLD, NEW = (base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 255))
ROW = "tenants.IdentityProvider/7/secret"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "short",
        "A" * 42,
        "A" * 44 + "AA",
        "!" * 43,
        "é" * 43,
        "/" * 43,
        "A" * 42 + "B",
        base64.b64encode(b"\xff" * 32).decode(),
    ],
)
def test_what_is_no_key_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(ValueError, match=r"key number 2 is not 32 bytes") as caught:
        KeyRing([NEW, key])
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("keys", [[], (), "", NEW])
def test_no_list_of_keys_is_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="At least one encryption key"):
        KeyRing(keys)


def test_the_same_key_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        KeyRing([NEW, NEW.rstrip("=")])


def test_a_text_moved_to_another_row_does_not_open() -> None:
    ring = KeyRing([NEW])
    with pytest.raises(Tampered):
        ring.open(ring.seal("secret", bound_to=ROW), bound_to=ROW.replace("7", "8"))


def test_a_text_of_a_forgotten_key_names_the_reason() -> None:
    with pytest.raises(UnknownKey):
        KeyRing([NEW]).open(KeyRing([OLD]).seal("secret", bound_to=ROW), bound_to=ROW)


def test_a_text_under_another_keys_name_does_not_open() -> None:
    ring = KeyRing([NEW, OLD])
    sealed, other = ring.seal("secret", bound_to=ROW), KeyRing([OLD]).seal("secret", bound_to=ROW)
    with pytest.raises(Tampered):
        ring.open(other[:12] + sealed[12:], bound_to=ROW)


def test_every_changed_character_is_noticed() -> None:
    ring = KeyRing([NEW])
    sealed = ring.seal("secret", bound_to=ROW)
    for place, character in enumerate(sealed):
        changed = sealed[:place] + ("B" if character == "A" else "A") + sealed[place + 1 :]
        with pytest.raises(DecryptionError):
            ring.open(changed, bound_to=ROW)


@pytest.mark.parametrize(
    "sealed", ["", "secret", "v1..", "v1.abcdefgh.", "v2.abcdefgh.AAAA", "v1.abcdefgh.AAAA", "v1.é.é"]
)
def test_what_was_never_sealed_does_not_open(sealed: str) -> None:
    with pytest.raises(Tampered):
        KeyRing([NEW]).open(sealed, bound_to=ROW)


@pytest.mark.parametrize("addition", ["\n", "=", " ", "\x00", "!", "A"])
def test_anything_added_is_noticed(addition: str) -> None:
    ring = KeyRing([NEW])
    with pytest.raises(Tampered):
        ring.open(ring.seal("secret", bound_to=ROW) + addition, bound_to=ROW)


def test_a_secret_must_be_bound_to_a_place() -> None:
    with pytest.raises(ValueError, match="bound"):
        KeyRing([NEW]).seal("secret", bound_to="")


def test_no_key_shows() -> None:
    ring = KeyRing([NEW, OLD])
    assert not any(key.rstrip("=") in shown for key in (NEW, OLD) for shown in (repr(ring), str(ring)))


@pytest.mark.parametrize("plaintext", ["", "secret", "ключ 🔑", "x" * 10_000])
def test_what_is_sealed_opens(plaintext: str) -> None:
    ring = KeyRing([f" {NEW} ", OLD.rstrip("=")])
    assert ring.open(ring.seal(plaintext, bound_to=ROW), bound_to=ROW) == plaintext


def test_the_same_secret_never_looks_the_same() -> None:
    ring = KeyRing([NEW])
    assert ring.seal("secret", bound_to=ROW) != ring.seal("secret", bound_to=ROW)


def test_an_older_key_opens_and_is_not_current() -> None:
    sealed, rotated = KeyRing([OLD]).seal("secret", bound_to=ROW), KeyRing([NEW, OLD])
    assert rotated.open(sealed, bound_to=ROW) == "secret"
    assert not rotated.is_current(sealed)
    assert rotated.is_current(rotated.seal("secret", bound_to=ROW))


def test_generated_keys_are_keys_and_differ() -> None:
    keys = [generate_key(), generate_key()]
    assert keys[0] != keys[1]
    assert all(len(base64.urlsafe_b64decode(key)) == 32 for key in keys)
    assert KeyRing(keys)
