"""What a request asks of the database, as the server sees it: search_path, transactions and health checks included."""

import re
import time
from collections.abc import Callable
from pathlib import Path

# For the environment of a server: libpq reads it, so nothing in the project changes.
LOGGED = {"PGOPTIONS": "-c log_statement=all"}
_LINE = re.compile(r"LOG:  (?:statement|execute [^:]*): ?(.*)")
_SETTLE = 0.2


def during(log: Path, act: Callable[[], object]) -> list[str]:
    """The first line of every statement that reached the server while `act` ran, and just after."""
    time.sleep(_SETTLE)
    start = log.stat().st_size
    act()
    time.sleep(_SETTLE)
    with log.open("rb") as lines:
        lines.seek(start)
        text = lines.read().decode("utf-8", "replace")
    return [found[1] for line in text.splitlines() if (found := _LINE.search(line))]


def is_work(statement: str) -> bool:
    """Not the pool's look whether a connection lives, which every project makes alike, and carries no statement."""
    return bool(statement.strip())
