"""How long it takes to provision a tenant."""

from statistics import median

from bench.ground import Ground
from bench.table import Row


def measure(ground: Ground) -> list[Row]:
    from bench import ours

    count = 5 if ground.quick else 15
    taken = [ours.make_tenant(f"made{number}") * 1000 for number in range(count)]
    print("  " + ", ".join(f"{milliseconds:.0f}" for milliseconds in taken) + " ms")
    return [Row("provisioning a tenant (median)", median(taken), unit="ms")]
