"""One run, in the environment that bench.__main__ has made."""

import importlib
import os
import platform
import sys
import time
from pathlib import Path

from bench.ground import ground
from bench.table import Row, render


def machine() -> str:
    model = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    cores, name = os.cpu_count(), model.partition(":")[2].strip() or platform.machine()
    return f"{cores} cores ({name}), {platform.system()}, Python {platform.python_version()}"


def main() -> int:
    folder, quick, parts = Path(sys.argv[1]), sys.argv[2] == "quick", sys.argv[3:]
    rows: list[Row] = []
    print(f"{machine()}{'; a quick run, whose figures waver' if quick else ''}", flush=True)
    with ground(folder, quick) as here:
        for part in parts:
            begun = time.monotonic()
            print(f"\n{part}", flush=True)
            rows += importlib.import_module(f"bench.parts.{part}").measure(here)
            print(f"  ({time.monotonic() - begun:.0f} s)", flush=True)
    print(f"\n{render(rows)}")
    return int(any(row.breaks for row in rows))


if __name__ == "__main__":
    sys.exit(main())
