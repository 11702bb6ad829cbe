"""Which tenant a host belongs to, without asking the database on each request.

Every process keeps the answers for FRESH_SECONDS, negative ones too. A trigger on the register announces each change
(PostgreSQL NOTIFY), and a listening thread in every process forgets what it knew, so that a change holds for the next
request of every process; where the thread is cut off, the seconds run out instead.
"""

import logging
import os
import threading
import time
from typing import Any, NamedTuple

import psycopg
from django.db import connection
from django.db.models.signals import post_delete, post_save
from django_tenants.utils import schema_context

from tenants.models import Domain, Tenant

FRESH_SECONDS = 5.0
MOST_HOSTS = 10_000
CHANNEL = "huume_register"
logger = logging.getLogger(__name__)


class Site(NamedTuple):
    tenant: Tenant
    host: str
    is_ours: bool


_known: dict[str, tuple[float, Site | None]] = {}
_lock = threading.Lock()
_listening_in: int | None = None
# Counts what was forgotten, so that an answer read before a change is not stored after it.
_generation = 0


def find(host: str) -> Site | None:
    """The tenant of a normalised host; None where there is none."""
    entry = _known.get(host)
    if entry and entry[0] > time.monotonic():
        return entry[1]
    _listen()
    generation = _generation
    site = _read(host)
    if generation == _generation:
        _remember(host, site)
    return site


def forget(**_kwargs: Any) -> None:
    global _generation
    with _lock:
        _generation += 1
        _known.clear()


def register() -> None:
    for model in (Tenant, Domain):
        post_save.connect(forget, sender=model, dispatch_uid=f"forget-hosts-{model.__name__}")
        post_delete.connect(forget, sender=model, dispatch_uid=f"forget-hosts-{model.__name__}")


def _read(host: str) -> Site | None:
    with schema_context("public"):
        domain = Domain.objects.select_related("tenant").filter(domain=host).first()
    return Site(domain.tenant, domain.domain, domain.is_ours) if domain else None


def _remember(host: str, site: Site | None) -> None:
    with _lock:
        if len(_known) >= MOST_HOSTS:
            _known.clear()
        _known[host] = (time.monotonic() + FRESH_SECONDS, site)


def _listen() -> None:
    """Starts the listening thread, once in each process (a forked one included)."""
    global _listening_in
    with _lock:
        if _listening_in == os.getpid():
            return
        _listening_in = os.getpid()
    # The parameters are read here: the thread must not touch this thread's connection.
    parameters = {**connection.get_connection_params(), "autocommit": True}
    for name in ("pool", "cursor_factory", "context", "server_side_binding", "prepare_threshold"):
        parameters.pop(name, None)
    threading.Thread(target=_listen_for_ever, args=(parameters,), name="register-listener", daemon=True).start()


def _listen_for_ever(parameters: dict[str, Any]) -> None:
    while True:
        try:
            with psycopg.connect(**parameters, application_name="huume register listener") as listener:
                listener.execute(f"LISTEN {CHANNEL}")
                forget()
                for _notice in listener.notifies():
                    forget()
        except psycopg.Error as error:
            logger.warning("register listener cut off: %s", type(error).__name__)
        forget()
        time.sleep(1)
