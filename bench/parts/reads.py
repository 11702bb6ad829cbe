"""Reads that come from the wrong tenant: none, whatever goes wrong around them."""

import json
import os
import subprocess
import sys

from bench.ground import Ground
from bench.servers import ROOT
from bench.table import Row

TENANTS = 20


def measure(ground: Ground) -> list[Row]:
    from bench import ours

    people = {}
    for number in range(TENANTS):
        name = f"read{number}"
        ours.make_tenant(name)
        host = f"{name}.localhost:{ground.ours.port}"
        people[host] = {"session": ours.open_session(name), "email": ours.email_in(name)}
    counts = read(ground, people, 4_000 if ground.quick else 24_000)
    print("  " + ", ".join(f"{what}: {count}" for what, count in counts.items()))
    return [Row(f"wrong-tenant reads of {counts['right'] + counts['wrong']}", counts["wrong"], at_most=0, must=True)]


def read(ground: Ground, people: dict[str, dict[str, str]], reads: int) -> dict[str, int]:
    with (ground.folder / "reads.log").open("wb") as log:
        done = subprocess.run(
            [sys.executable, "-m", "bench.reads"],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": ground.ours.settings},
            input=json.dumps({"people": people, "reads": reads}).encode(),
            stdout=subprocess.PIPE,
            stderr=log,
            check=True,
        )
    wrong = [line for line in (ground.folder / "reads.log").read_text(errors="replace").splitlines() if "WRONG" in line]
    print("".join(f"  {line[:300]}\n" for line in wrong[:5]), end="")
    counts: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return counts
