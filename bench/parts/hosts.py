"""How long until every worker answers rightly after a host was added or removed."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg

from bench.browser import Browser
from bench.ground import Ground
from bench.table import Row

WORKERS = 3
LIMIT = 5.0
LISTENER = "huume register listener"


@dataclass
class Watch:
    """Asks for a host without pause, over new connections, and remembers each worker's last answer of either kind."""

    port: int
    host: str
    answers: list[tuple[float, str, bool]] = field(default_factory=list)

    def keep_asking(self, ended: threading.Event) -> None:
        while not ended.wait(0.002):
            with Browser(self.port, self.host) as browser:
                reply = browser.get("/bench/trivial/")
                self.answers.append((time.monotonic(), reply.worker, reply.status == 200))

    def workers_that_say(self, there: bool, since: float = 0.0, times: int = 5) -> int:
        said = [worker for moment, worker, answer in list(self.answers) if moment > since and answer is there]
        return sum(said.count(worker) >= times for worker in set(said))

    def last(self, there: bool) -> float:
        return max((moment for moment, _worker, answer in self.answers if answer is there), default=0.0)


def learnt(ground: Ground, host: str, act: Callable[[], object], *, there: bool) -> float:
    """Seconds from the moment that `act` has returned until the last answer that was still the old one."""
    watch, ended = Watch(ground.ours.port, f"{host}:{ground.ours.port}"), threading.Event()
    asking = threading.Thread(target=watch.keep_asking, args=(ended,))
    asking.start()
    try:
        wait_until(lambda: watch.workers_that_say(not there) == WORKERS)
        act()
        done = time.monotonic()
        wait_until(lambda: watch.workers_that_say(there, max(done, watch.last(not there))) == WORKERS)
    finally:
        ended.set()
        asking.join()
    return max(0.0, watch.last(not there) - done)


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 4 * LIMIT
    while not holds():
        if time.monotonic() > until:
            raise RuntimeError("a worker never gave the answer that is right")
        time.sleep(0.02)


def measure(ground: Ground) -> list[Row]:
    from bench import ours

    rows = []
    with ground.ours.serving(workers=WORKERS):
        for cut, words in ((False, "host"), (True, "host, listeners cut off")):
            added, removed = [], []
            for number in range(2 if ground.quick else 5):
                host = f"seen{number}{'-cut' if cut else ''}.example"
                add = with_listeners_cut(cut, lambda host=host: ours.add_host(host))  # type: ignore[misc]  # a default is not seen
                remove = with_listeners_cut(cut, lambda host=host: ours.remove_host(host))  # type: ignore[misc]  # as above
                added.append(learnt(ground, host, add, there=True))
                removed.append(learnt(ground, host, remove, there=False))
            print(f"  {words}: added {[round(s, 3) for s in added]}, removed {[round(s, 3) for s in removed]} s")
            rows.append(Row(f"new {words}, seen by every worker (longest)", max(added), unit="s", at_most=LIMIT))
            rows.append(Row(f"removed {words}, seen by every worker (longest)", max(removed), unit="s", at_most=LIMIT))
    return rows


def with_listeners_cut(cut: bool, act: Callable[[], object]) -> Callable[[], object]:
    def both() -> None:
        if cut:
            cut_listeners()
        act()

    return both


def cut_listeners() -> None:
    from huume import settings

    place = settings.DATABASES["default"]
    address = {"host": place["HOST"], "port": place["PORT"], "user": place["USER"], "dbname": place["NAME"]}
    with psycopg.connect(**address, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [LISTENER]
        )
