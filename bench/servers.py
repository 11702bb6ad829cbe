"""The servers of a run: gunicorn for every project alike, and the providers' process. Each is stopped by its own id."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bench.browser import Browser

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60


@dataclass
class Project:
    """One of those compared, and the port that it is served on throughout the run."""

    name: str
    settings: str
    host_name: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    # Of somebody signed in, by the name of the host; a tenant each, where the project has tenants.
    sessions: dict[str, str] = field(default_factory=dict)
    listener: socket.socket = field(default_factory=lambda: _listen())

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def host(self) -> str:
        return f"{self.host_name}:{self.port}"

    @property
    def cookie_name(self) -> str:
        return "session" if self.name == "ours" else "sessionid"

    @property
    def faces(self) -> list[tuple[str, dict[str, str]]]:
        """Host and cookies of each of them, this project's own host first."""
        return [(f"{name}:{self.port}", {self.cookie_name: key}) for name, key in self.sessions.items()]

    def browser(self, face: int = 0) -> Browser:
        """Of somebody signed in, if anybody is."""
        host, cookies = self.faces[face]
        return Browser(self.port, host, dict(cookies))

    @contextmanager
    def serving(self, *, workers: int, threads: int = 4, **environment: str) -> Iterator[None]:
        """Served until the end of the block; ready, and warm in every worker."""
        log = self.folder / f"{self.name}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                self._command(workers, threads),
                cwd=ROOT,
                env={**os.environ, **self.environment, **environment, "DJANGO_SETTINGS_MODULE": self.settings},
                pass_fds=[self.listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        try:
            self._warm(workers, process, log)
            yield
        finally:
            stop(process)

    def _command(self, workers: int, threads: int) -> list[str]:
        """The product's own options for gunicorn (huume.serve)."""
        shm = ["--worker-tmp-dir=/dev/shm"] if os.access("/dev/shm", os.W_OK) else []
        return [
            *(sys.executable, "-m", "gunicorn", "--no-control-socket", "--worker-class=gthread", "--keep-alive=5"),
            *(f"--workers={workers}", f"--threads={threads}", f"--bind=fd://{self.listener.fileno()}", *shm),
            *("--log-level=warning", "--forwarded-allow-ips=", "bench.wsgi"),
        ]

    def _warm(self, workers: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
        seen: dict[str, int] = {}
        until = time.monotonic() + PATIENCE
        while len(seen) < workers or min(seen.values()) < 3:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{self.name} does not answer; its log is:\n{log.read_text()[-4000:]}")
            with self.browser() as browser:
                reply = browser.get("/bench/trivial/")
                browser.get("/bench/me/")
            if reply.status == 200:
                seen[reply.worker] = seen.get(reply.worker, 0) + 1


def _listen() -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    listener.set_inheritable(True)
    return listener


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Providers:
    """bench.provider in a process of its own."""

    def __init__(self, hosts: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.provider"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.addresses: dict[str, str] = self.tell({"hosts": hosts})

    def tell(self, what: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def delay(self, seconds: float) -> None:
        self.tell({"delay": seconds})

    def calls(self) -> dict[str, dict[str, int]]:
        """Since it was last asked: by provider, the calls of each kind, their sum, and the connections used."""
        return self.tell({"calls": 1})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        stop(self._process)
