"""The process that works the queue off (mail), beside the server: kept running by whoever started that one."""

import logging
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, RLock, Thread
from typing import TextIO

from huume.child import child_command

ROOT = Path(__file__).resolve().parent.parent
INTERVAL = 0.5  # seconds between two looks at an empty queue
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds before a worker that ended is started again
# A worker that ran for this long was well: the next pause is the first one again.
WELL_AFTER = 60.0
# It works in one thread, on one connection.
CONNECTIONS = "2"


def worker_command() -> list[str]:
    options = (f"--interval={INTERVAL}", "--no-startup-delay", "--no-reload")
    return [sys.executable, str(ROOT / "manage.py"), "db_worker", *options]


class KeptWorker:
    """A worker from `with` to its end: where it ends before, another one is started after a pause that grows.

    `grace`: seconds that a mail under way has in the end; `log`: where it writes, else where this process does;
    `changed`: what is different in its environment.
    """

    def __init__(self, *, grace: float, log: TextIO | None = None, changed: dict[str, str] | None = None) -> None:
        self.grace, self.log = grace, log or sys.stderr
        pool = "0" if os.environ.get("DATABASE_POOL") == "0" else CONNECTIONS
        self.environment = os.environ | {"DATABASE_POOL": pool} | (changed or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._ending = Event()
        # Reentrant, for a handler of signals runs in whichever line the main thread is at.
        self._lock = RLock()
        # Lasts as long as the worker: a child of huume.child ends with the thread that started it.
        self._thread = Thread(target=self._keep, name="worker", daemon=True)

    def __enter__(self) -> "KeptWorker":
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        with self._lock:
            self._ending.set()
        self.renew()
        self._thread.join(self.grace)
        with suppress(ProcessLookupError):
            if self._process:
                self._process.kill()
        self._thread.join()

    def renew(self) -> None:
        """Ends the process that is there, once it is done with the mail under way; another one follows."""
        # Told twice, it would drop that mail.
        with self._lock:
            if self._process:
                self._process.terminate()

    def _keep(self) -> None:
        pause = FIRST_PAUSE
        while not self._ending.is_set():
            began = time.monotonic()
            status = self._run()
            pause = FIRST_PAUSE if time.monotonic() - began > WELL_AFTER else pause
            if not self._ending.is_set():
                self._say(f"the worker ended with status {status}, another one starts in {pause:.0f} s")
            self._ending.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _run(self) -> int:
        """One worker, from its start to its end; its exit status, or minus the signal that ended it."""
        with self._lock:
            if self._ending.is_set():
                return 0
            self._process = subprocess.Popen(  # noqa: S603
                child_command(worker_command()),
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
                # Ctrl-C is for this process alone, which passes it on.
                start_new_session=True,
            )
        return self._process.wait()

    def _say(self, what: str) -> None:
        # It imports gunicorn, which reads its environment then and there.
        from huume.serve_logs import LineFormatter

        record = logging.LogRecord("huume.worker", logging.WARNING, __file__, 0, what, (), None)
        print(LineFormatter().format(record), file=self.log, flush=True)
