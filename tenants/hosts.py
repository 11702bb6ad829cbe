"""Which tenant a host belongs to, without asking the database on each request.

Every process keeps the answers for FRESH_SECONDS, negative ones too. A trigger on the register announces each change
(PostgreSQL NOTIFY), and a listening thread in every process forgets what it knew, so that a change holds for the next
request of every process; where the thread is cut off, the seconds run out instead.
"""

import logging
import os
import re
import threading
import time
from typing import Any, NamedTuple

import psycopg
from django.db import connection
from django.db.models.signals import post_delete, post_save
from django_tenants.utils import schema_context

from tenants.models import Domain, Tenant

# A change must be right within 5 s of it, in every process: a second is for the request that reads it.
FRESH_SECONDS = 4.0
MOST_UNKNOWN = 10_000
# A name with or without a port; never a list, an address in brackets or anything beyond ASCII.
HEADER = re.compile(r"([A-Za-z0-9.-]{1,254})(?::[0-9]{1,5})?")
CHANNEL = "huume_register"
LISTEN_AGAIN_SECONDS = 1.0
logger = logging.getLogger(__name__)


class Site(NamedTuple):
    tenant: Tenant
    host: str
    is_ours: bool


_known: dict[str, tuple[float, Site]] = {}
# Apart from those that are known, which a flood of hosts that are nobody's must not push out.
_unknown: dict[str, float] = {}
_lock = threading.Lock()
_listening_in: int | None = None
# Counts what was forgotten, so that an answer read before a change is not stored after it.
_generation = 0


def from_header(header: str) -> str:
    """A Host header in the form in which hosts are stored; empty for what no browser sends."""
    match = HEADER.fullmatch(header)
    return match[1].lower().removesuffix(".") if match else ""


def find(host: str) -> Site | None:
    """The tenant of a normalised host; None where there is none."""
    now = time.monotonic()
    entry = _known.get(host)
    if entry and entry[0] > now:
        return entry[1]
    if not host or _unknown.get(host, 0.0) > now:
        return None
    _listen()
    generation = _generation
    site = _read(host)
    _remember(host, site, generation)
    return site


def forget(**_kwargs: Any) -> None:
    global _generation
    with _lock:
        _generation += 1
        _known.clear()
        _unknown.clear()


def register() -> None:
    for model in (Tenant, Domain):
        post_save.connect(forget, sender=model, dispatch_uid=f"forget-hosts-{model.__name__}")
        post_delete.connect(forget, sender=model, dispatch_uid=f"forget-hosts-{model.__name__}")


def _read(host: str) -> Site | None:
    with schema_context("public"):
        domain = Domain.objects.select_related("tenant").filter(domain=host).first()
    return Site(domain.tenant, domain.domain, domain.is_ours) if domain else None


def _remember(host: str, site: Site | None, generation: int) -> None:
    until = time.monotonic() + FRESH_SECONDS
    with _lock:
        if generation != _generation:
            return
        if site:
            _known[host] = (until, site)
            return
        if len(_unknown) >= MOST_UNKNOWN:
            _unknown.clear()
        _unknown[host] = until


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
        time.sleep(LISTEN_AGAIN_SECONDS)
