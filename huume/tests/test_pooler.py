"""A transaction pooler is found and refused: by the check, by a starting server, by every process that connects."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from huume.database.base import DatabaseWrapper
from huume.database.pooler import TransactionPoolerError, refuse_at_start, refuse_transaction_pooler
from huume.tests.pooling_proxy import PoolingProxy
from huume.tests.portal_process import ROOT, PortalProcess
from tenants import checks

# Debian keeps it where an ordinary user's path does not look.
PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@pytest.fixture
def parameters(db: None) -> dict[str, Any]:
    return dict(connection.get_connection_params())


@pytest.fixture
def pooler(parameters: dict[str, Any]) -> Iterator[PoolingProxy]:
    with PoolingProxy(parameters) as proxy:
        yield proxy


@contextmanager
def pgbouncer(parameters: dict[str, Any], mode: str) -> Iterator[dict[str, Any]]:
    """Debian's own, as the owner of the server's socket: it refuses to run as root."""
    assert PGBOUNCER
    owner = Path(parameters["host"]).stat().st_uid
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        config = Path(folder, "pgbouncer.ini")
        config.write_text(
            f"[databases]\n* = host={parameters['host']} port={parameters['port']} user={parameters['user']}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
            f"pool_mode = {mode}\n"
        )
        Path(folder).chmod(0o755)
        process = subprocess.Popen([PGBOUNCER, "-q", config], user=owner if os.geteuid() == 0 else None)
        try:
            behind = {**parameters, "host": "127.0.0.1", "port": port}
            wait_for_pgbouncer(behind)
            yield behind
        finally:
            process.terminate()
            process.wait()


def wait_for_pgbouncer(behind: dict[str, Any]) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            return psycopg.connect(**behind).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "pgbouncer does not answer"
            time.sleep(0.05)


def through(proxy: PoolingProxy) -> str:
    return f"postgres://{proxy.parameters['user']}@127.0.0.1:{proxy.port}/{proxy.parameters['dbname']}"


def test_a_transaction_pooler_is_refused(pooler: PoolingProxy) -> None:
    with pytest.raises(TransactionPoolerError, match="pool_mode=transaction"):
        refuse_transaction_pooler(pooler.parameters)


def test_a_session_pooler_is_accepted(parameters: dict[str, Any]) -> None:
    with PoolingProxy(parameters, session_mode=True) as proxy:
        refuse_transaction_pooler(proxy.parameters)


def test_postgresql_itself_is_accepted(parameters: dict[str, Any]) -> None:
    refuse_transaction_pooler(parameters)


if PGBOUNCER:  # Where it is not installed the tests above say the same of a pooler in little.

    @pytest.mark.parametrize("mode", ["transaction", "statement"])
    def test_pgbouncer_that_moves_sessions_is_refused(parameters: dict[str, Any], mode: str) -> None:
        with pgbouncer(parameters, mode) as behind, pytest.raises(TransactionPoolerError):
            refuse_transaction_pooler(behind)

    def test_pgbouncer_in_session_mode_is_accepted(parameters: dict[str, Any]) -> None:
        with pgbouncer(parameters, "session") as behind:
            refuse_transaction_pooler(behind)


def test_no_connection_of_ours_goes_through_one(pooler: PoolingProxy) -> None:
    settings = {**connection.settings_dict, "HOST": "127.0.0.1", "PORT": str(pooler.port)}
    with pytest.raises(TransactionPoolerError):
        DatabaseWrapper(settings, alias="default").ensure_connection()  # type: ignore[no-untyped-call]  # untyped there


def test_the_system_check_says_so(pooler: PoolingProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", str(pooler.port))
    assert [error.id for error in checks.transaction_pooler(None)] == ["huume.E002"]


def test_the_system_check_has_nothing_to_say_of_postgresql_itself(db: None) -> None:
    assert checks.transaction_pooler(None) == []


def test_a_database_that_is_away_is_a_warning(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nonexistent")
    assert [warning.id for warning in checks.transaction_pooler(None)] == ["huume.W002"]


def test_a_database_that_is_away_keeps_no_server_down(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nonexistent")
    refuse_at_start()
    assert "database not reached at start" in caplog.text


def test_manage_py_check_fails(pooler: PoolingProxy) -> None:
    environment = os.environ | {"DATABASE_URL": through(pooler)}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "huume.E002" in done.stderr


def test_bare_gunicorn_does_not_start(pooler: PoolingProxy, tmp_path: Path) -> None:
    portal = PortalProcess(tmp_path, workers=1, DATABASE_URL=through(pooler))
    portal.start()
    try:
        assert portal.process.wait(timeout=60) != 0
        assert "one tenant would be shown another's data" in portal.log.read_text()
    finally:
        portal.stop()
