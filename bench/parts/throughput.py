"""Whole sign-ins per second of two workers with four threads, beside stock mozilla-django-oidc."""

import threading
import time
from statistics import median

from bench.browser import Door, sign_in
from bench.ground import Ground
from bench.parts.callback import doors
from bench.table import Row

CLIENTS = 8
DELAYS = (0.02, 0.1)  # seconds added to each call


def rate(door: Door, seconds: float) -> float:
    """Sign-ins per second of eight browsers at once."""
    counts = [0] * CLIENTS
    begun = time.monotonic()

    def keep_signing_in(client: int) -> None:
        while time.monotonic() < begun + seconds:
            sign_in(door)
            counts[client] += 1

    threads = [threading.Thread(target=keep_signing_in, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - begun)


def measure(ground: Ground) -> list[Row]:
    seconds, rounds = (2.0, 3) if ground.quick else (4.0, 7)
    with ground.stock.serving(workers=2), ground.ours.serving(workers=2):
        open_doors = doors(ground)
        sides = {name: open_doors[name] for name in ("stock", "two", "one")}
        return [each for delay in DELAYS for each in at(ground, delay, sides, seconds, rounds)]


def at(ground: Ground, delay: float, sides: dict[str, Door], seconds: float, rounds: int) -> list[Row]:
    ground.providers.delay(delay)
    for door in sides.values():
        rate(door, 1.0)
    taken = [{name: rate(door, seconds) for name, door in sides.items()} for _ in range(rounds)]
    for turn in taken:
        print("  " + ", ".join(f"{name} {value:.1f}/s" for name, value in turn.items()))
    what = f"sign-ins, 8 at once, +{delay * 1000:.0f} ms a call"
    return [row(f"{what}: 2 calls", taken, "two", 1.3), row(f"{what}: 1 call", taken, "one", None)]


def row(what: str, taken: list[dict[str, float]], ours: str, at_least: float | None) -> Row:
    """The ratio is the median of the rounds' own ratios."""
    return Row(
        what,
        median(turn[ours] for turn in taken),
        median(turn["stock"] for turn in taken),
        "/s",
        at_least=at_least,
        ratio=median(turn[ours] / turn["stock"] for turn in taken),
    )
