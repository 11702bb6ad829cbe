"""Reads of many tenants by many threads of one process, through the real application: `python -m bench.reads`.

Standard input: {"people": {host: {"session": key, "email": address}}, "reads": number}. Standard output: how many
answers were right, wrong, and errors. Meanwhile transactions fail and roll back, and connections are cut off.
"""

import json
import os
import random
import sys
import threading
from collections import Counter

import psycopg

from bench.inside import Application, ask

THREADS = 8
CUT_EVERY = 1.0
NAME = "bench reads"
FAILED = (500, 503)
# Of a hundred requests: how many fail, roll back, or bring another tenant's cookie; the others just read.
FAILING, ROLLING_BACK, STRANGERS = 3, 10, 10


class Reader(threading.Thread):
    """Asks as people of all tenants in turn, at random, and judges every answer."""

    def __init__(self, application: Application, people: dict[str, dict[str, str]], reads: int) -> None:
        super().__init__()
        self.application, self.people, self.left = application, people, reads
        self.counts: Counter[str] = Counter()
        self.random = random.Random()

    def run(self) -> None:
        while self.left:
            self.judge(self.random.choice(list(self.people)), self.random.randrange(100))

    def judge(self, host: str, dice: int) -> None:
        person, session = self.people[host], self.people[host]["session"]
        if dice < FAILING:
            status, body = self.ask(host, "/bench/error/", session)
            self.expect(status in FAILED, status, body, counts=False)
        elif dice < FAILING + ROLLING_BACK:
            self.read(host, "/bench/rollback/", session, person["email"])
        elif dice < FAILING + ROLLING_BACK + STRANGERS:
            stranger = self.random.choice([other for other in self.people if other != host])
            status, body = self.ask(host, "/bench/me/", self.people[stranger]["session"])
            self.expect(status in (302, *FAILED), status, body, counts=False)
        else:
            self.read(host, "/bench/me/", session, person["email"])

    def read(self, host: str, path: str, session: str, email: str) -> None:
        """Right only with that person's own address; to be taken for signed out is as wrong as another's page."""
        status, body = self.ask(host, path, session)
        if status in FAILED:
            self.counts["errors"] += 1
            return
        self.expect(status == 200 and email in body and body.count("@") == 1, status, body)

    def expect(self, right: bool, status: int, body: str, *, counts: bool = True) -> None:
        if not right:
            print(f"WRONG: {status} {' '.join(body.split())[:2000]}", file=sys.stderr, flush=True)
        self.counts["wrong"] += not right
        self.counts["right" if counts else "refused, rightly"] += right
        self.left -= counts

    def ask(self, host: str, path: str, session: str) -> tuple[int, str]:
        return ask(self.application, host, path, {"session": session})


def cut_off(ended: threading.Event) -> int:
    """Ends every connection of this process again and again, until told to stop; says how many."""
    place = " ".join(f"{name.lower()}={os.environ[f'BENCH_DATABASE_{name}']}" for name in ("USER", "HOST", "PORT"))
    cut = 0
    with psycopg.connect(f"{place} dbname=huume application_name=scissors", autocommit=True) as connection:
        while not ended.wait(CUT_EVERY):
            found = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [NAME]
            )
            cut += len(found.fetchall())
    return cut


def main() -> None:
    told = json.load(sys.stdin)
    os.environ["PGAPPNAME"] = NAME
    from bench.wsgi import application

    readers = [Reader(application, told["people"], told["reads"] // THREADS) for _ in range(THREADS)]
    ended, cut = threading.Event(), [0]
    scissors = threading.Thread(target=lambda: cut.append(cut_off(ended)))
    for thread in (scissors, *readers):
        thread.start()
    for reader in readers:
        reader.join()
    ended.set()
    scissors.join()
    counts = sum((reader.counts for reader in readers), Counter[str]())
    print(json.dumps({"wrong": 0, "errors": 0, **counts, "connections cut off": sum(cut)}))


if __name__ == "__main__":
    main()
