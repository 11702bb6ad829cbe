"""What a sign-in and a page cost, in statements and provider calls: printed, not compared."""

from bench import statements
from bench.browser import Browser, Door, authorize
from bench.ground import Ground
from bench.parts.callback import WAYS, doors
from bench.servers import Project
from bench.table import Row


def measure(ground: Ground) -> list[Row]:
    ground.providers.delay(0)
    counted = {}
    for project, names in ((ground.stock, ("stock",)), (ground.ours, tuple(WAYS))):
        with project.serving(workers=1, threads=1, **statements.LOGGED):
            for name in names:
                counted[name] = one_sign_in(ground, project, doors(ground)[name], name)
    return [
        row
        for way, words in WAYS.items()
        for row in (
            Row(f"statements of a callback: {words}", counted[way][0], counted["stock"][0]),
            Row(f"provider calls of a sign-in: {words}", counted[way][1], counted["stock"][1]),
            Row(f"new provider connections: {words}", counted[way][2], counted["stock"][2]),
        )
    ]


def one_sign_in(ground: Ground, project: Project, door: Door, name: str) -> tuple[int, int, int]:
    """Statements of the callback, calls to the provider, connections opened for them; the third sign-in's, warm."""
    provider = "two" if name == "stock" else name
    for _ in range(3):
        ground.providers.calls()
        with Browser(door.port, door.host) as browser:
            callback = authorize(browser.get(door.start).location)
            seen = statements.during(ground.database_log, lambda: browser.get(callback))  # noqa: B023
    told = ground.providers.calls()[provider]
    work = [statement for statement in seen if statements.is_work(statement)]
    print(f"  {name}: {told['calls']} calls, {len(work)} statements in the callback, {len(seen) - len(work)} looks")
    for statement in seen:
        print(f"    {statement[:150] or '(looks whether the connection lives)'}")
    return len(work), told["calls"], told["new_connections"]
