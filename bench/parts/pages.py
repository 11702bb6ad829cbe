"""The same two pages in plain Django, in plain Django under the product's other middleware, and in django-tenants."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from statistics import median

from bench import statements
from bench.ground import Ground
from bench.load import rate
from bench.servers import ROOT, Project
from bench.table import Row

PAGES = {"signed in": "/bench/me/", "trivial": "/bench/trivial/"}
TARGETS = {"signed in": 0.75, "trivial": 0.85}
# How many statements more than plain Django's.
MORE = {"signed in": 1, "trivial": 0}
OTHERS = {"guarded": "plain with our other middleware", "tenants": "django-tenants"}
Taken = list[dict[str, float]]


def measure(ground: Ground) -> list[Row]:
    projects = {project.name: project for project in (ground.ours, ground.plain, ground.guarded, ground.tenants)}
    rows = []
    for page, path in PAGES.items():
        rows += rates(ground, projects, page, path)
    counted = {name: count(ground, project) for name, project in projects.items()}
    for page in PAGES:
        ours, plain = counted["ours"][page], counted["plain"][page]
        rows.append(Row(f"statements, {page} page: plain Django", ours, plain))
        rows.append(Row(f"statements, {page} page: django-tenants", ours, counted["tenants"][page]))
        rows.append(Row(f"statements more than plain, {page} page", ours - plain, at_most=MORE[page]))
    return rows + cpu(ground, projects)


def rates(ground: Ground, projects: dict[str, Project], page: str, path: str) -> list[Row]:
    """One worker each, so that the client has a core; every project in turn."""
    seconds, rounds = (0.5, 5) if ground.quick else (0.7, 25)
    with ExitStack() as stack:
        for project in projects.values():
            stack.enter_context(project.serving(workers=1))
            rate(project, path, 1.0)
        taken = [{name: rate(project, path, seconds) for name, project in projects.items()} for _ in range(rounds)]
    medians = {name: median(turn[name] for turn in taken) for name in projects}
    print(f"  {page}: " + ", ".join(f"{name} {value:.0f}/s" for name, value in medians.items()))
    return [
        row(f"{page} page: plain Django", taken, "ours", "plain", TARGETS[page]),
        *(row(f"{page} page: {words}", taken, "ours", name) for name, words in OTHERS.items()),
        row(f"{page} page: django-tenants (as ours) by plain", taken, "tenants", "plain"),
    ]


def row(what: str, taken: Taken, ours: str, theirs: str, at_least: float | None = None) -> Row:
    """The ratio is the median of the rounds' own ratios."""
    return Row(
        what,
        median(turn[ours] for turn in taken),
        median(turn[theirs] for turn in taken),
        "/s",
        at_least=at_least,
        ratio=median(turn[ours] / turn[theirs] for turn in taken),
    )


def count(ground: Ground, project: Project) -> dict[str, int]:
    """Statements of each page on a warm worker, whose connection served another tenant before."""
    counted = {}
    with (
        project.serving(workers=1, threads=1, **statements.LOGGED),
        project.browser() as browser,
        project.browser(-1) as other,
    ):
        for page, path in PAGES.items():
            for ask in (browser, other):
                ask.get(path)
            other.get("/bench/me/")
            seen = statements.during(ground.database_log, lambda path=path: browser.get(path))  # type: ignore[misc]  # a default is not seen
            counted[page] = len([statement for statement in seen if statements.is_work(statement)])
            for statement in seen:
                print(f"    {project.name}, {page}: {statement[:110] or '(looks whether the connection lives)'}")
    return counted


def cpu(ground: Ground, projects: dict[str, Project]) -> list[Row]:
    """The smallest of three processes each, in turn."""
    turns = [
        {name: cpu_of(project, 100 if ground.quick else 500) for name, project in projects.items()} for _ in range(3)
    ]
    least = {(name, path): min(turn[name][path] for turn in turns) for name in projects for path in PAGES.values()}
    return [
        Row(f"CPU of a {page} page: {words}", least["ours", path], least[name, path], "ms")
        for page, path in PAGES.items()
        for name, words in {"plain": "plain Django", **OTHERS}.items()
    ]


def cpu_of(project: Project, requests: int) -> dict[str, float]:
    host, cookies = project.faces[0]
    asked = {"host": host, "cookies": cookies, "paths": list(PAGES.values()), "count": requests}
    done = subprocess.run(
        [sys.executable, "-m", "bench.cpu"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": project.settings},
        input=json.dumps(asked).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    taken: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return taken
