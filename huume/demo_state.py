"""What the demo keeps between runs, and the lock against a second copy. No Django: it is needed before settings."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

TENANTS = {"acme": "Acme Homes", "globex": "Globex Housing"}
# Without a provider: to be brought live by whoever tries the demo.
WAITING = {"harbour": "Harbour Housing"}
# To be read off a screen and typed: nothing that looks like something else.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class DemoError(Exception):
    """One sentence for whoever started the demo."""


def readable_password() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def random_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True)
class State:
    """Secrets of one demo, made at random the first time."""

    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(50))
    encryption_key: str = field(default_factory=random_key)
    password: str = field(default_factory=readable_password)
    client_secrets: dict[str, str] = field(
        default_factory=lambda: {tenant: secrets.token_urlsafe(30) for tenant in TENANTS}
    )


def load_state(folder: Path) -> State:
    """The state kept in `folder`, made and written where there is none. Raises DemoError."""
    path = folder / "demo.json"
    try:
        return State(**json.loads(path.read_text()))
    except FileNotFoundError:
        state = State()
    except (TypeError, ValueError) as error:
        raise DemoError(f"{path} is damaged. Delete {folder} to start the demo afresh.") from error
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(state), file, indent=2)
    unfinished.replace(path)
    return state


@contextmanager
def only_copy(folder: Path, address: str) -> Iterator[None]:
    """Held by one demo of a data folder at a time; says where the other one is. Raises DemoError."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    with open(os.open(folder / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = file.read().strip() or "another address"
            raise DemoError(f"The demo is already running at {where}. Stop that one first, with Ctrl-C.") from None
        file.truncate()
        file.write(address)
        file.flush()
        yield
