"""The console's applications in a file, so that a demo that is started again has them still."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from accounts.tests.fake_provider_cast import FakeClient


def load(path: Path, given: Sequence[FakeClient]) -> list[FakeClient]:
    """Those given, with what the console has made of them and besides. A file that cannot be read counts as none."""
    try:
        rows = json.loads(path.read_text())
        kept = [FakeClient(**{**row, "granted_scopes": set(row["granted_scopes"])}) for row in rows]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return list(given)
    known = {client.client_id for client in kept}
    return [client for client in given if client.client_id not in known] + kept


def save(path: Path, clients: Iterable[FakeClient]) -> None:
    """In place of what was there; readable by nobody else, for their secrets are in it."""
    rows = [{**asdict(client), "granted_scopes": sorted(client.granted_scopes)} for client in clients]
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(rows, file, indent=2)
    unfinished.replace(path)
