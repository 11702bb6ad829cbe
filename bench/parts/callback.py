"""The callback of a sign-in, seen from the browser, beside stock mozilla-django-oidc."""

from statistics import median

from bench.browser import Door, sign_in, sign_in_and_look
from bench.ground import Ground
from bench.table import Row

DELAYS = (0.0, 0.02, 0.1)
WAYS = {"two": "2 calls", "one": "1 call, ID token says enough", "okta": "Okta, with MyAccount"}
TARGETS = {"two": 0.75, "one": 0.45}
WARM = 5


def doors(ground: Ground) -> dict[str, Door]:
    ours, stock = ground.ours, ground.stock
    ways = {way: Door(ours.port, ours.host, f"/oidc/{way}/start/?next=/bench/me/") for way in WAYS}
    return {"stock": Door(stock.port, stock.host, "/oidc/authenticate/"), **ways}


def measure(ground: Ground) -> list[Row]:
    with ground.stock.serving(workers=2), ground.ours.serving(workers=2):
        open_doors = doors(ground)
        ground.providers.delay(0)
        for door in open_doors.values():
            sign_in_and_look(door)
            for _ in range(WARM * 2):
                sign_in(door)
        return [row for delay in DELAYS for row in at_delay(ground, open_doors, delay)]


def at_delay(ground: Ground, open_doors: dict[str, Door], delay: float) -> list[Row]:
    """One sign-in of each way in turn, so that whatever else the machine does falls on all alike."""
    ground.providers.delay(delay)
    taken: dict[str, list[float]] = {name: [] for name in open_doors}
    for turn in range(WARM + (20 if ground.quick else 60)):
        for name, door in open_doors.items():
            seconds = sign_in(door)
            if turn >= WARM:
                taken[name].append(seconds * 1000)
    medians = {name: median(times) for name, times in taken.items()}
    print(f"  {delay * 1000:.0f} ms added: " + ", ".join(f"{name} {value:.1f} ms" for name, value in medians.items()))
    return [
        Row(
            f"callback, +{delay * 1000:.0f} ms a call: {words}",
            medians[way],
            medians["stock"],
            "ms",
            at_most=TARGETS.get(way) if delay else None,
        )
        for way, words in WAYS.items()
    ]
