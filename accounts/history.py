"""The history of a tenant, and that of Huume's staff: added to in the transaction of what happens."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.conf import settings
from django_tenants.utils import tenant_context

from accounts.models import HistoryEntry, HistoryName
from tenants.actor import Actor
from tenants.models import Tenant
from tenants.signals import recorded

# Parts of a name whose value is not to be written down, unless it only says that there is one, or until when.
SECRET = {"secret", "token", "code", "password", "passphrase", "key", "verifier", "nonce", "digest"}
HARMLESS_ENDS = ("_on", "_at", "_count")
ADDRESS = re.compile(r"[^\s@<>\"'(),:;]+@[^\s@<>\"'(),:;]+\.[^\s@<>\"'(),:;.]+")
# How an address stands in an entry.
ADDRESS_KEY = re.compile(r"address:[0-9a-f]{32}")


def write(
    kind: str,
    by: Actor,
    about: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> HistoryEntry:
    """Adds to the history of the schema that is set. Raises ValueError for a value that is a secret by its name.

    Email addresses in the values are taken out and kept apart, where they can be erased.
    """
    for values in (before or {}, after or {}):
        refuse_secrets(values)
    if by.key and by.name:
        keep_name(f"{by.kind}:{by.key}", by.name)
    return HistoryEntry.objects.create(
        kind=kind,
        actor_kind=by.kind,
        actor=by.key,
        about=about,
        before=_without_addresses(before or {}),
        after=_without_addresses(after or {}),
        ip_address=by.ip_address or None,
    )


def note_in_staff(
    kind: str,
    by: Actor,
    about: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """The same in the history of Huume's own staff."""
    with tenant_context(Tenant.objects.get(schema_name=settings.STAFF_SCHEMA)):
        write(kind, by, about, before, after)


def keep_name(key: str, name: str) -> None:
    """What a key is called from now on. Written only where it is news: nobody waits for another's transaction."""
    name = name[:254]
    if not HistoryName.objects.filter(key=key, name=name).exists():
        HistoryName.objects.bulk_create(
            [HistoryName(key=key, name=name)], update_conflicts=True, unique_fields=["key"], update_fields=["name"]
        )


def refuse_secrets(values: Any) -> None:
    """Raises ValueError, which names the name and never the value."""
    if isinstance(values, Mapping):
        for name, value in values.items():
            if is_secret(str(name)) and not (value is None or value == "" or isinstance(value, bool | Mapping)):
                raise ValueError(f"“{name}” is a secret by its name and is not kept in the history.")
            refuse_secrets(value)
    elif isinstance(values, list | tuple):
        for value in values:
            refuse_secrets(value)


def is_secret(name: str) -> bool:
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    words = {word.removesuffix("s") for word in re.split(r"[^a-z0-9]+", parts)}
    return bool(words & SECRET) and not parts.endswith(HARMLESS_ENDS)


def _without_addresses(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_addresses(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_addresses(each) for each in value]
    return ADDRESS.sub(lambda found: _address_key(found[0]), value) if isinstance(value, str) else value


def _address_key(address: str) -> str:
    """Random: nobody finds out by trying whether an entry speaks of an address that has been erased."""
    known = HistoryName.objects.filter(key__startswith="address:", name=address[:254]).first()
    key = known.key if known else f"address:{uuid4().hex}"
    if known is None:
        keep_name(key, address)
    return key


def _keep(*, tenant: Tenant, kind: str, by: Actor, about: str, before: Any, after: Any, **_kwargs: Any) -> None:
    with tenant_context(tenant):
        write(kind, by, about, before, after)


def register() -> None:
    recorded.connect(_keep, dispatch_uid="history")
