"""The embedded server with real processes: who may use it, who keeps it up, and what a killed run leaves behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from huume import postgres
from huume.postgres import PostgresError, ensure_running

ROOT = Path(__file__).parents[2]
USER = """
import sys
from pathlib import Path
from huume.postgres import ensure_running
print("began", flush=True)
print(ensure_running(Path(sys.argv[1]), durable=False).socket_folder, flush=True)
"""
STAY = USER + "sys.stdin.read()"
# The parent ends at once; the fork stays until its standard input is closed.
FORK = USER + "import os\nif os.fork() == 0: sys.stdin.read()"
EXECUTE = USER + "import subprocess\nsubprocess.Popen(['cat'])"


class User:
    """A process that uses the server under `data_dir`."""

    def __init__(self, data_dir: Path, script: str = STAY) -> None:
        command = [sys.executable, "-c", script, str(data_dir)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def socket_folder(self) -> str:
        assert self.process.stdout
        return [self.process.stdout.readline().strip() for _ in range(2)][1]

    def leave(self) -> None:
        self.process.communicate()


@pytest.fixture
def use() -> Iterator[Callable[..., User]]:
    users: list[User] = []
    homes: set[Path] = set()

    def begin(data_dir: Path, script: str = STAY) -> User:
        users.append(User(data_dir, script))
        homes.add(data_dir / "postgres")
        return users[-1]

    yield begin
    for user in users:
        user.process.kill()
        user.leave()
    for home in homes:
        wait_until_stopped(home)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose server has been stopped, for copies: initdb takes a while."""
    data_dir = tmp_path_factory.mktemp("template")
    User(data_dir, USER).leave()
    wait_until_stopped(data_dir / "postgres")
    return data_dir


@pytest.fixture
def data_dir(template: Path, tmp_path: Path) -> Path:
    return shutil.copytree(template, tmp_path / "data")


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def wait_until_stopped(home: Path) -> None:
    wait_for(lambda: is_free(home / "server.lock") and is_free(home / "supervisor.lock"))


def is_free(path: Path) -> bool:
    if not path.exists():
        return True
    if (lock := postgres.lock_alone(path)) is not None:
        os.close(lock)
    return lock is not None


def query(folder: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(host=folder, port=postgres.PORT, user="huume", dbname="huume", autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def postmaster_pid(data_dir: Path) -> int:
    pid = postgres.answering_pid(data_dir / "postgres")
    assert pid is not None
    return pid


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def test_a_folder_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PostgresError, match=r"cannot be used: .*Not a directory"):
        ensure_running(tmp_path / "file" / "data")


def test_another_major_version_is_refused_by_name(data_dir: Path) -> None:
    (data_dir / "postgres/cluster/PG_VERSION").write_text("9\n")
    with pytest.raises(PostgresError, match=r"made by PostgreSQL 9 and this is \d+.*postgres/log"):
        ensure_running(data_dir)


def test_a_damaged_cluster_is_refused_with_the_servers_own_reason(data_dir: Path) -> None:
    (data_dir / "postgres/cluster/global/pg_control").unlink()
    with pytest.raises(PostgresError, match=r"does not start: .*(could not|PANIC).*postgres/log"):
        ensure_running(data_dir)


def test_a_socket_folder_of_somebody_elses_making_is_refused(data_dir: Path, tmp_path: Path) -> None:
    folder = postgres.socket_folder(data_dir / "postgres")
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(PostgresError, match="belongs to someone else"):
            ensure_running(data_dir)
    finally:
        folder.unlink()


def test_two_processes_share_one_server(data_dir: Path, use: Callable[..., User]) -> None:
    first = use(data_dir).socket_folder()
    started = query(first, "SELECT pg_postmaster_start_time()")
    assert query(use(data_dir).socket_folder(), "SELECT pg_postmaster_start_time()") == started


def test_only_the_socket_is_listened_on(data_dir: Path, use: Callable[..., User]) -> None:
    folder = use(data_dir).socket_folder()
    assert query(folder, "SHOW listen_addresses") == [("",)]
    assert Path(folder).stat().st_mode & 0o777 == 0o700


def test_the_first_starts_at_once_make_one_server(tmp_path: Path, use: Callable[..., User]) -> None:
    users = [use(tmp_path / "data") for _ in range(4)]
    starts = {str(query(user.socket_folder(), "SELECT pg_postmaster_start_time()")) for user in users}
    assert len(starts) == 1


def test_a_killed_initdb_leaves_nothing_half_made(tmp_path: Path, use: Callable[..., User]) -> None:
    half_made = tmp_path / "data/postgres/new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    assert query(use(tmp_path / "data").socket_folder(), "SHOW server_encoding") == [("UTF8",)]


def test_the_server_leaves_after_its_last_user_and_returns_with_its_data(
    data_dir: Path, use: Callable[..., User]
) -> None:
    user = use(data_dir)
    query(user.socket_folder(), "CREATE TABLE kept AS SELECT 42 AS answer")
    kill(user.process.pid)
    wait_until_stopped(data_dir / "postgres")
    assert query(use(data_dir).socket_folder(), "SELECT answer FROM kept") == [(42,)]


def test_a_start_while_the_server_stops_gets_a_working_server(data_dir: Path, use: Callable[..., User]) -> None:
    user = use(data_dir)
    query(user.socket_folder(), "SELECT 1")
    user.leave()
    wait_for(lambda: postgres.answering_pid(data_dir / "postgres") is None)
    assert query(use(data_dir).socket_folder(), "SELECT 1") == [(1,)]


def test_a_forked_child_keeps_the_server(data_dir: Path, use: Callable[..., User]) -> None:
    user = use(data_dir, FORK)
    user.socket_folder()
    user.process.wait()
    assert not is_free(data_dir / "postgres/users.lock")
    user.leave()
    wait_until_stopped(data_dir / "postgres")


def test_a_program_started_by_a_user_does_not_keep_the_server(data_dir: Path, use: Callable[..., User]) -> None:
    use(data_dir, EXECUTE).process.wait()
    wait_until_stopped(data_dir / "postgres")


def test_an_interrupt_at_the_terminal_does_not_reach_the_server(data_dir: Path, use: Callable[..., User]) -> None:
    use(data_dir).socket_folder()
    server = postmaster_pid(data_dir)
    supervisor = parent_of(server)
    assert os.getsid(0) not in {os.getsid(server), os.getsid(supervisor)}


def test_a_killed_server_returns_for_the_users_that_are_there(data_dir: Path, use: Callable[..., User]) -> None:
    folder = use(data_dir).socket_folder()
    query(folder, "CREATE TABLE kept AS SELECT 42 AS answer")
    killed = postmaster_pid(data_dir)
    kill(killed)
    wait_for(lambda: postgres.answering_pid(data_dir / "postgres") not in (None, killed))
    assert query(folder, "SELECT answer FROM kept") == [(42,)]


def test_a_swept_socket_returns(data_dir: Path, use: Callable[..., User]) -> None:
    folder = use(data_dir).socket_folder()
    shutil.rmtree(folder)
    assert query(use(data_dir).socket_folder(), "SELECT 1") == [(1,)]


def test_the_server_of_a_killed_supervisor_is_adopted_and_then_stopped(
    data_dir: Path, use: Callable[..., User]
) -> None:
    first = use(data_dir)
    first.socket_folder()
    server = postmaster_pid(data_dir)
    kill(parent_of(server))
    second = use(data_dir)
    second.socket_folder()
    assert postmaster_pid(data_dir) == server
    first.leave()
    second.leave()
    wait_until_stopped(data_dir / "postgres")


def test_everything_killed_at_once_returns_with_its_data(data_dir: Path, use: Callable[..., User]) -> None:
    user = use(data_dir)
    query(user.socket_folder(), "CREATE TABLE kept AS SELECT 42 AS answer")
    server = postmaster_pid(data_dir)
    for pid in (parent_of(server), server, user.process.pid):
        kill(pid)
    assert query(use(data_dir).socket_folder(), "SELECT answer FROM kept") == [(42,)]


def test_stale_files_that_name_a_live_process_do_not_matter(data_dir: Path, use: Callable[..., User]) -> None:
    home = data_dir / "postgres"
    folder = postgres.socket_folder(home)
    cluster = home / "cluster"
    stale = f"{os.getpid()}\n{cluster}\n1700000000\n{postgres.PORT}\n{folder}\n\n0 0\nready\n"
    (cluster / "postmaster.pid").write_text(stale)
    assert query(use(data_dir).socket_folder(), "SELECT 1") == [(1,)]
    assert (cluster / "postmaster.pid").read_text() != stale


def test_a_deep_folder_has_a_short_socket(data_dir: Path, use: Callable[..., User]) -> None:
    deep = data_dir.joinpath(*["deep-folder" * 5] * 4)
    deep.mkdir(parents=True)
    (data_dir / "postgres").rename(deep / "postgres")
    folder = use(deep).socket_folder()
    assert len(str(deep)) > 200 > 60 > len(folder)
    assert query(folder, "SELECT 1") == [(1,)]


def test_a_folder_that_only_its_owner_may_enter_is_no_hindrance(
    tmp_path: Path, use: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    package = postgres.binaries_folder().parents[1]
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.parent / name, tmp_path / name, symlinks=True)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    data_dir = tmp_path / "data"
    folder = use(data_dir).socket_folder()
    executable = Path(query(folder, "SELECT setting FROM pg_config WHERE name = 'BINDIR'")[0][0])
    assert executable.is_relative_to(tmp_path)
    assert query(folder, "SELECT 1") == [(1,)]
    assert Path(f"/proc/{postmaster_pid(data_dir)}").stat().st_uid != 0
    assert (tmp_path.stat().st_mode & 0o777, tmp_path.stat().st_uid) == (0o700, os.geteuid())
