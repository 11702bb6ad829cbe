"""Connections for `huume.outbound`: to addresses that were checked, with time limits that hold for whole answers.

urllib3 keeps the pools. A connection resolves its host itself and connects to the very address that passed the
check, so a name that changes between check and connection gains nothing.
"""

from __future__ import annotations

import io
import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Mapping
from http.client import HTTPResponse

from requests_hardened.ip_filter import EXTRA_BLOCKED_NET_RANGES
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

Resolved = tuple[socket.AddressFamily, tuple[str, int]]

# Firewalls forget silent connections after some minutes, and a call over a forgotten one waits for its whole limit.
IDLE_SECONDS = 90.0
MAX_ADDRESSES = 8
# RFC 4291, 2.4. Outside it lie the forms that hold IPv4 addresses: mapped, compatible, NAT64.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
# Azure's host agent answers inside a virtual network on an address that looks public.
METADATA_HOSTS = frozenset({ipaddress.ip_address("168.63.129.16")})


class OutboundError(Exception):
    """A call that gave no usable answer.

    `reason` is one of: blocked, unreachable, tls, too_late, too_large, not_json, status, redirect, bad_url.
    `detail` may be logged: it names the host and what happened, never a body, query, header or token.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, where no service of ours or of our cloud listens."""
    ip = ipaddress.ip_address(address)
    if ip.version == 6 and ip not in GLOBAL_UNICAST:
        return False
    if not ip.is_global or ip.is_multicast or ip.is_reserved or ip in METADATA_HOSTS:
        return False
    return not any(ip in network for network in EXTRA_BLOCKED_NET_RANGES)


def is_allowed(address: str, port: int, *, allow_local: bool) -> bool:
    """Loopback only where `allow_local`, and then on any port; everything else public and on the port of https."""
    if ipaddress.ip_address(address).is_loopback:
        return allow_local
    return port == 443 and is_public(address)


def look_up(host: str, port: int) -> list[Resolved]:
    """The addresses of a host as the system resolves it; an empty list for a name that does not exist."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [(family, (str(address[0]), port)) for family, _, _, _, address in found]


def _resolve(host: str, port: int, seconds: float) -> list[Resolved]:
    # RFC 6761, 6.3: names under localhost are loopback; not every resolver knows.
    if f".{host.rstrip('.')}".endswith(".localhost"):
        return [(socket.AF_INET, ("127.0.0.1", port)), (socket.AF_INET6, ("::1", port))]
    answers: queue.SimpleQueue[list[Resolved]] = queue.SimpleQueue()
    # getaddrinfo has no time limit of its own, so a thread waits for it that nobody has to wait for.
    threading.Thread(target=lambda: answers.put(look_up(host, port)), name=f"resolve {host}", daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except queue.Empty:
        raise OutboundError("unreachable", f"{host}: the name server did not answer in time") from None


def _checked(host: str, port: int, seconds: float, *, allow_local: bool) -> list[Resolved]:
    addresses = _resolve(host, port, seconds)
    if not addresses:
        raise OutboundError("unreachable", f"{host}: the name does not exist")
    for _, (address, _port) in addresses:
        if not is_allowed(address, port, allow_local=allow_local):
            raise OutboundError("blocked", f"{host}: leads to {address}, which is not allowed")
    return addresses[:MAX_ADDRESSES]


def connect(host: str, port: int, seconds: float, *, allow_local: bool) -> socket.socket:
    """A socket connected to the first address of `host` that answers; its timeout is what is left of `seconds`.

    OutboundError("blocked") where any address of the name is forbidden, "unreachable" where none answers.
    """
    until = time.monotonic() + seconds
    addresses = _checked(host.lower(), port, seconds, allow_local=allow_local)
    for index, (family, address) in enumerate(addresses):
        # An equal share each, so that a first address that swallows packets leaves time for the next.
        share = max((until - time.monotonic()) / (len(addresses) - index), 0.001)
        if connected := _try_connect(family, address, share):
            connected.settimeout(max(until - time.monotonic(), 0.001))
            return connected
    raise OutboundError("unreachable", f"{host}: no connection within {seconds:.1f} s")


def _try_connect(family: socket.AddressFamily, address: tuple[str, int], seconds: float) -> socket.socket | None:
    try:
        candidate = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return None
    try:
        candidate.settimeout(seconds)
        candidate.connect(address)
        candidate.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        candidate.close()
        return None
    return candidate


class _TimedReader(io.RawIOBase):
    """Reads a socket's file; the timeout the socket had at the start then holds for all reads together."""

    def __init__(self, sock: socket.socket, file: io.RawIOBase) -> None:
        self._sock = sock
        self._file = file
        self._until = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]  # typeshed: any writable buffer
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        count: int | None = self._file.readinto(buffer)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: object, **kwargs: object) -> None:
        super().__init__(sock, *args, **kwargs)  # type: ignore[arg-type]  # passed through as http.client gives them
        self.fp = io.BufferedReader(_TimedReader(sock, self.fp.detach()))


class _PlainConnection(HTTPConnection):
    allow_local = True
    response_class = _TimedResponse
    used_at = 0.0

    def _new_conn(self) -> socket.socket:
        return connect(self._dns_host, self.port, self.timeout or 0.0, allow_local=self.allow_local)

    def request(self, *args: object, **kwargs: object) -> None:
        self.used_at = time.monotonic()
        super().request(*args, **kwargs)  # type: ignore[arg-type]  # passed through as urllib3 gives them

    @property
    def is_connected(self) -> bool:
        return time.monotonic() - self.used_at < IDLE_SECONDS and super().is_connected


class _LocalTLSConnection(_PlainConnection, HTTPSConnection):
    pass


class _TLSConnection(_LocalTLSConnection):
    allow_local = False


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _LocalTLSPool(HTTPSConnectionPool):
    ConnectionCls = _LocalTLSConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


PUBLIC_POOLS: Mapping[str, type[HTTPConnectionPool]] = {"https": _TLSPool}
LOCAL_POOLS: Mapping[str, type[HTTPConnectionPool]] = {"https": _LocalTLSPool, "http": _PlainPool}
