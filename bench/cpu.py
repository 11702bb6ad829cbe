"""CPU that a page takes in the web process, one thread: `python -m bench.cpu`, with the settings module.

Steadier than requests/s where a machine has other work, and blind to what the database takes.
Standard input: {"host", "cookies", "paths", "count"}. Standard output: milliseconds for each path.
"""

import json
import sys
import time
from statistics import median

from bench.inside import ask

BATCH = 25


def main() -> None:
    told = json.load(sys.stdin)
    from bench.wsgi import application

    def batch(path: str) -> float:
        begun = time.thread_time()
        for _ in range(BATCH):
            status, _body = ask(application, told["host"], path, told["cookies"])
            assert status == 200, f"{path} answered {status}"
        return (time.thread_time() - begun) / BATCH * 1000

    for path in told["paths"]:
        batch(path)
    turns = [{path: batch(path) for path in told["paths"]} for _ in range(told["count"] // BATCH)]
    print(json.dumps({path: median(turn[path] for turn in turns) for path in told["paths"]}))


if __name__ == "__main__":
    main()
