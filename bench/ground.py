"""What every part of the bench stands on: the projects made ready, the providers, the database."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
import psycopg

from bench.servers import ROOT, Project, Providers
from bench.theirs import TENANTS
from huume import postgres

DATABASES = ("bench_stock", "bench_plain", "bench_tenants")


@dataclass
class Ground:
    """What every part stands on."""

    folder: Path
    quick: bool
    providers: Providers
    ours: Project
    stock: Project
    plain: Project
    guarded: Project
    tenants: Project

    @property
    def database_log(self) -> Path:
        return self.folder / "data" / "postgres" / "log"


def projects(folder: Path) -> dict[str, Project]:
    server = postgres.ensure_running(folder / "data", durable=False)
    os.environ |= {
        "BENCH_DATABASE_USER": server.user,
        "BENCH_DATABASE_HOST": server.socket_folder,
        "BENCH_DATABASE_PORT": str(server.port),
    }
    address = f"host={server.socket_folder} port={server.port} user={server.user} dbname={server.name}"
    with psycopg.connect(address, autocommit=True) as connection:
        for name in DATABASES:
            connection.execute(f"CREATE DATABASE {name}".encode())
    return {
        "ours": Project("ours", "bench.ours_settings", "acme.localhost", folder),
        "stock": Project("stock", "bench.stock.settings", "stock.localhost", folder),
        "plain": Project("plain", "bench.plain.settings", "plain.localhost", folder),
        "guarded": Project("guarded", "bench.plain.guarded_settings", "plain.localhost", folder),
        "tenants": Project("tenants", "bench.tenants_stock.settings", "tenants.localhost", folder),
    }


def prepare_theirs(project: Project) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.theirs"],
        cwd=ROOT,
        env={**os.environ, **project.environment, "DJANGO_SETTINGS_MODULE": project.settings},
        check=True,
        stdout=subprocess.PIPE,
    )
    sessions: list[str] = json.loads(done.stdout.splitlines()[-1])
    project.sessions = {host_name(project, number): key for number, key in enumerate(sessions)}


def host_name(project: Project, number: int) -> str:
    """Of its tenants, by number; the first has the project's own."""
    return f"tenant{number}.localhost" if number else project.host_name


def prepare_ours(project: Project, providers: Providers) -> None:
    os.environ["BASE_DOMAIN"] = f"localhost:{project.port}"
    os.environ["DJANGO_SETTINGS_MODULE"] = project.settings
    django.setup()
    from bench import ours

    ours.migrate()
    ours.make_tenant("acme")
    ours.configure_providers(providers.addresses)
    project.sessions = {project.host_name: ours.open_session("acme")}
    for number in range(1, TENANTS):
        ours.make_tenant(f"tenant{number}")
        project.sessions[host_name(project, number)] = ours.open_session(f"tenant{number}")


@contextmanager
def ground(folder: Path, quick: bool) -> Iterator[Ground]:
    made = projects(folder)
    hosts = {name: made[name].host for name in ("ours", "stock")}
    with Providers(hosts) as providers:
        made["stock"].environment["BENCH_PROVIDER"] = providers.addresses["two"]
        for name in ("stock", "plain", "tenants"):
            prepare_theirs(made[name])
        made["guarded"].sessions = made["plain"].sessions
        prepare_ours(made["ours"], providers)
        yield Ground(folder, quick, providers, **made)
