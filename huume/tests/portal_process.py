"""The product as it is served: gunicorn with its workers, on a port and a data folder of its own."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import psycopg

from huume import postgres, serve

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    text: str


class PortalProcess:
    """`with PortalProcess(data_dir) as portal:` migrates, starts, waits until it is healthy; stops at the end.

    `base_domain_port` is the port that BASE_DOMAIN names, by default the one listened on; `environment` comes on top.
    The database is the embedded one under `data_dir`, unless the environment names another.
    """

    def __init__(
        self, data_dir: Path, *, workers: int = 2, base_domain_port: int | None = None, **environment: str
    ) -> None:
        self.data_dir, self.workers = data_dir, workers
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir / "portal.log"
        own = {
            "HUUME_DATA_DIR": str(data_dir),
            "DATABASE_POOL": "4",
            "BASE_DOMAIN": f"localhost:{base_domain_port or self.port}",
        }
        self.environment = {**os.environ, **own, **environment}

    def __enter__(self) -> Self:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        try:
            self.manage("migrate_schemas", "--verbosity", "0")
            self.start()
            self.wait_until_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Without a look at the database; for tests of starts that fail."""
        listening = self._listening.fileno()
        command = serve.gunicorn_command(f"fd://{listening}", workers=self.workers, grace=2)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, pass_fds=[listening], stdout=log, stderr=log
            )

    def wait_until_healthy(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.get("nobody", "/healthz").status != 200:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def stop(self) -> None:
        self._listening.close()
        if process := getattr(self, "process", None):
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """What the command printed. Raises CalledProcessError (with .stderr) where it refused."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, input=stdin, capture_output=True, text=True, check=True
        )
        return done.stdout

    def get(self, host: str, path: str = "/", *, method: str = "GET", **headers: str) -> Answer:
        """On a connection of its own, so that any worker may answer. `host` is sent as it is; underscores in the
        names of `headers` stand for hyphens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, headers={"Host": host, "Connection": "close", **named})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()

    def send(self, request: bytes) -> bytes:
        """Bytes as they are, for requests that no client library would make."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as client:
            client.sendall(request)
            return b"".join(iter(lambda: client.recv(65536), b""))

    @property
    def worker_pids(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def each_worker(self) -> Iterator[int]:
        """Every worker in turn, the others stopped meanwhile: requests can only be answered by the one."""
        for chosen in self.worker_pids:
            with _stopped([pid for pid in self.worker_pids if pid != chosen]):
                yield chosen

    def statuses(self, host: str, path: str = "/") -> list[int]:
        """One answer of every worker."""
        return [self.get(host, path).status for _worker in self.each_worker()]

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """Each committed by itself; the rows of the last."""
        folder = str(postgres.socket_folder((self.data_dir / "postgres").resolve()))
        with psycopg.connect(
            host=folder, port=postgres.PORT, user="huume", dbname="huume", autocommit=True
        ) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def _stopped(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
