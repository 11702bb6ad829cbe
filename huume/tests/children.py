"""The processes that a server under test has started."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")
PATIENCE = 30.0  # seconds


def wait_for(look: Callable[[], Sequence[Found]]) -> Sequence[Found]:
    """What `look` finds, once it finds something (other than a False). Fails after half a minute."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()) or found[0] is False:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def children_of(parent: int, word: str) -> list[int]:
    """Direct children that run, with the word in their command line."""
    listed = Path(f"/proc/{parent}/task").glob("*/children")
    children = {int(number) for task in listed for number in task.read_text().split()}
    return sorted(number for number in children if word in command(number) and not ended(number))


def command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def ended(process: int) -> bool:
    """Gone, or waiting for its parent to notice."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
