"""Starts, watches and stops the embedded PostgreSQL; huume.postgres says how the processes find one another."""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from huume.postgres import (
    PATIENCE,
    PORT,
    PostgresError,
    answering_pid,
    has_alone,
    is_private,
    lock_alone,
    open_lock,
    socket_folder,
    unusable,
)

POLL = 0.2  # seconds between two looks of the supervisor
LINGER = 5  # looks without a user before the server is stopped
READY = "ready"
COMPLAINTS = ("FATAL: ", "PANIC: ", "error: ", "could not ")  # of lines in the log that may say why it failed

# linux/prctl.h, linux/securebits.h and linux/capability.h
PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, SECBIT_NO_SETUID_FIXUP = 28, 47, 2, 4
CAPABILITY_VERSION_3, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 0x20080522, 1, 2


@dataclass
class Supervisor:
    home: Path
    binaries: Path
    durable: bool
    users: int
    child: subprocess.Popen[bytes] | None = None
    log_start: int = 0

    def run(self, on_ready: Callable[[], None]) -> None:
        """Keep the server up, restarted if it is killed, until it had no user for a while."""
        self.initialise()
        try:
            self.start()
            on_ready()
            idle = 0
            while idle < LINGER:
                fcntl.flock(self.users, fcntl.LOCK_UN)
                time.sleep(POLL)
                idle = idle + 1 if has_alone(self.users) else 0
                if not idle:
                    self.restore()
        finally:
            self.stop()

    def restore(self) -> None:
        """Start the server again if it was killed, or if its socket was swept away with other old files."""
        if not (socket_folder(self.home) / f".s.PGSQL.{PORT}").exists():
            self.stop()
        if self.is_gone():
            self.start()

    def initialise(self) -> None:
        """Make the cluster if there is none; whole or not at all."""
        self.log_start = os.fstat(2).st_size
        cluster, new = self.home / "cluster", self.home / "new"
        if cluster.exists():
            self.check_version(cluster)
            return
        shutil.rmtree(new, ignore_errors=True)
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = ["--username=huume", "--auth-local=trust", "--auth-host=reject", "--no-instructions"]
        self.call("initdb", *locale, *access, *([] if self.durable else ["--no-sync"]), "-D", new)
        self.call("postgres", "--single", "-D", new, *self.options(), "postgres", sql=b"CREATE DATABASE huume\n")
        new.rename(cluster)

    def check_version(self, cluster: Path) -> None:
        made_by = (cluster / "PG_VERSION").read_text().strip()
        version = subprocess.check_output([self.binaries / "postgres", "--version"], text=True)  # noqa: S603
        here = version.split()[2].split(".")[0]
        if made_by != here:
            raise self.error(f"{cluster} was made by PostgreSQL {made_by} and this is {here}: dump and restore it")

    def call(self, program: str, *arguments: str | Path, sql: bytes = b"") -> None:
        if subprocess.run([self.binaries / program, *arguments], input=sql, cwd=self.home).returncode:  # noqa: S603
            raise self.error(f"PostgreSQL's {program} failed")

    def options(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(socket_folder(self.home)),
            "port": str(PORT),
            "max_connections": "200",
            "shared_buffers": "64MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_destination": "stderr",
            # Neither statements nor rows in the log: both may hold what is secret.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def start(self) -> None:
        """Start the server, or adopt the one that a killed supervisor left, and wait until it answers."""
        deadline = time.monotonic() + PATIENCE / 2
        while (lock := lock_alone(self.home / "server.lock")) is None:
            if answering_pid(self.home) is not None:
                return
            if time.monotonic() > deadline:
                raise self.error(f"another PostgreSQL still uses {self.home} and does not answer: stop it")
            time.sleep(POLL)
        try:
            self.clear()
            command: list[str | Path] = [self.binaries / "postgres", "-D", self.home / "cluster", *self.options()]
            self.child = subprocess.Popen(command, cwd=self.home, stdin=subprocess.DEVNULL, pass_fds=[lock])  # noqa: S603
        finally:
            os.close(lock)
        while answering_pid(self.home) is None:
            if self.child.poll() is not None:
                raise self.error("PostgreSQL does not start")
            time.sleep(0.02)

    def clear(self) -> None:
        """Remove what a killed server left. Only under its lock, which proves that no process of it is left."""
        folder, cluster = socket_folder(self.home), self.home / "cluster"
        folder.mkdir(mode=0o700, exist_ok=True)
        if not is_private(folder, os.geteuid()):
            raise self.error(f"{folder} belongs to someone else: remove it")
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (folder / name).unlink(missing_ok=True)
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        cluster.chmod(0o700)  # a copy made with cp -r is open to others, which PostgreSQL refuses

    def is_gone(self) -> bool:
        lock = lock_alone(self.home / "server.lock")
        if lock is not None:
            os.close(lock)
        return lock is not None

    def stop(self) -> None:
        """Fast shutdown (sessions are rolled back), then the immediate one for a server that does not heed it."""
        for number in (signal.SIGINT, signal.SIGQUIT):
            deadline = time.monotonic() + PATIENCE / 2
            if self.is_gone():
                break
            self.send(number)
            while not self.is_gone() and time.monotonic() < deadline:
                time.sleep(0.02)
        with suppress(OSError):
            socket_folder(self.home).rmdir()

    def send(self, number: int) -> None:
        if self.child:
            self.child.send_signal(number)
        elif (postmaster := answering_pid(self.home)) is not None:
            os.kill(postmaster, number)

    def error(self, sentence: str) -> PostgresError:
        """`sentence` with what the log says since this supervisor began, and where the log is."""
        with open(self.home / "log", encoding="utf-8", errors="replace") as log:
            log.seek(self.log_start)
            lines = [line.strip() for line in log if any(word in line for word in COMPLAINTS)]
        lines = [line for line in lines if "is starting up" not in line]
        return PostgresError(": ".join([sentence, *lines[:1]]) + f" (log: {self.home / 'log'}).")


def _leave_root(home: Path, binaries: Path) -> None:
    """Become the owner of `home`, or nobody if that is root: PostgreSQL refuses to run as root.

    Folders above that this user may not enter stay closed to it: the process keeps the least capability that lets it
    pass them, if any is needed. Docker's default set holds CAP_DAC_OVERRIDE only.
    """
    owner = home.stat().st_uid
    try:
        account = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    except KeyError:
        raise PostgresError(
            f"PostgreSQL needs a name for user {owner or 'nobody'}: add one or set DATABASE_URL."
        ) from None
    _give(home, account)
    for capabilities in (0, 1 << CAP_DAC_READ_SEARCH, 1 << CAP_DAC_OVERRIDE):
        become = partial(_become, account, capabilities, home)
        with suppress(OSError, subprocess.SubprocessError):
            probe: list[str | Path] = [binaries / "initdb", "--show", "-D", home / "new"]
            subprocess.run(probe, preexec_fn=become, check=True, capture_output=True)  # noqa: S603
            return become()
    raise PostgresError(
        f"PostgreSQL does not run as root, and {account.pw_name} cannot reach both {home} and {binaries}:"
        " set DATABASE_URL, run as another user, or move the folder."
    )


def _give(home: Path, account: pwd.struct_passwd) -> None:
    """A new or copied folder is root's; one in use is not walked through."""
    if any(path.lstat().st_uid == 0 for path in (home, *home.glob("cluster"))):
        for folder, _, files in os.walk(home):
            for path in (folder, *(os.path.join(folder, file) for file in files)):
                os.lchown(path, account.pw_uid, account.pw_gid)


def _become(account: pwd.struct_passwd, capabilities: int, home: Path) -> None:
    """Change to `account` with just `capabilities` (a bit mask), which programs started from here inherit."""
    import ctypes  # slow to import, and root's supervisor alone needs it

    libc = ctypes.CDLL(None, use_errno=True)
    if capabilities:
        # Keeps them over setuid(2), and lets access(2), by which initdb looks for its files, see them.
        libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(capabilities, capabilities, capabilities)  # effective, permitted, inheritable
    refused = libc.capset(header, sets)
    if capabilities and not refused:
        refused = libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capabilities.bit_length() - 1, 0, 0)
    if refused:
        raise OSError(ctypes.get_errno(), "the capability is refused")
    os.chdir(home)


def _terminate(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)
    sys.exit()


def _supervise(home: Path, binaries: Path, durable: bool) -> None:
    """Leave a supervisor behind and exit when its server answers; exits with a sentence when that fails."""
    users = open_lock(home / "users.lock")
    if os.geteuid() == 0:
        _leave_root(home, binaries)
    report, said = os.pipe()
    if os.fork():
        os.close(said)
        sentence = os.fsdecode(os.read(report, 4096))
        sys.exit(None if sentence == READY else sentence or f"The supervisor of {home} was killed while it started.")
    os.close(report)

    def tell(sentence: str) -> None:
        with suppress(OSError):
            os.write(said, os.fsencode(sentence))
            os.close(said)

    try:
        signal.signal(signal.SIGTERM, _terminate)
        _log_to(home / "log")
        Supervisor(home, binaries, durable, users).run(on_ready=partial(tell, READY))
    except (PostgresError, OSError) as error:
        sentence = str(unusable(home, error) if isinstance(error, OSError) else error)
        tell(sentence)
        sys.exit(sentence)


def _log_to(path: Path) -> None:
    if path.exists() and path.stat().st_size > 10_000_000:
        path.replace(path.with_suffix(".old"))
    log = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    for standard, file in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
        os.dup2(file, standard)


def main(arguments: list[str]) -> None:
    """HOME BINARIES DURABLE LOCK: the last, the supervisor's lock, is an open file that need only stay open."""
    home, binaries, durable, _lock = arguments
    try:
        _supervise(Path(home), Path(binaries), durable == "1")
    except OSError as error:
        sys.exit(str(unusable(Path(home), error)))
    except PostgresError as error:
        sys.exit(str(error))
