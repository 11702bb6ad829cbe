"""The one HTTP client to the outside world.

Whatever address a customer types is hostile input: no private address is ever connected to, no redirect is followed,
and no answer can be too slow in total or too large after decompression.
"""

from __future__ import annotations

import json
import math
import os
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

import certifi
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPHeaderDict, PoolManager, Timeout, make_headers
from urllib3 import exceptions as errors

from huume.connections import LOCAL_POOLS, PUBLIC_POOLS, OutboundError

__all__ = ["Answer", "Client", "Deadline", "OutboundError", "shared_client"]

HOSTS_KEPT = 128
MAX_URL = 8192
Redirects = Literal["refuse", "answer"]

_URL_TEXT = re.compile(r"[!-~]+")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,254}|\[[0-9A-Fa-f:.]+\]")
_HEADER_VALUE = re.compile(r"[\t -~]*")
_JSON_TYPE = re.compile(r"application/(?:[a-z0-9.+_-]+\+)?json")


class Deadline:
    """The time that all outbound calls of one inbound request have together."""

    def __init__(self, seconds: float = 10.0) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, negative once they are used up."""
        return self._until - time.monotonic()


@dataclass(frozen=True)
class Answer:
    """An answer, its body whole and decompressed; `elapsed` in seconds. Status 3xx only where that was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed: float

    def json(self) -> dict[str, Any]:
        """The JSON object; OutboundError("not_json") for anything else."""
        value = self._value()
        if not isinstance(value, dict):
            raise OutboundError("not_json", f"status {self.status} with JSON that is not an object")
        return value

    def json_list(self) -> list[Any]:
        """The JSON array; OutboundError("not_json") for anything else."""
        value = self._value()
        if not isinstance(value, list):
            raise OutboundError("not_json", f"status {self.status} with JSON that is not an array")
        return value

    def _value(self) -> Any:
        if not _JSON_TYPE.fullmatch(self.headers.get("Content-Type", "").partition(";")[0].strip().lower()):
            raise OutboundError("not_json", f"status {self.status} with a content type that is not JSON")
        try:
            value = json.loads(self.body.decode("utf-8-sig"), parse_float=_finite, parse_constant=_finite)
            # An escaped lone surrogate parses, but can be neither stored nor sent.
            if b"\\u" in self.body:
                json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise OutboundError("not_json", f"status {self.status} with a body that is not valid JSON") from None
        return value


class Client:
    """Pooled keep-alive connections under limits that hold in total; safe to share between threads.

    `allow_local` permits loopback addresses, and for these plain http and any port. `connect_timeout` covers name,
    connection and TLS, `total_timeout` a whole call, both in seconds; `max_bytes` a body after decompression;
    `pool_size` is how many idle connections are kept for one host. `ca_bundle` replaces the public authorities.
    """

    def __init__(
        self,
        *,
        allow_local: bool = False,
        connect_timeout: float = 3.0,
        total_timeout: float = 8.0,
        max_bytes: int = 1_048_576,
        pool_size: int = 32,
        ca_bundle: str | None = None,
    ) -> None:
        self._allow_local = allow_local
        self._connect_timeout = connect_timeout
        self._total_timeout = total_timeout
        self._max_bytes = max_bytes
        tls = _tls_context(ca_bundle or certifi.where())
        self._pools = PoolManager(HOSTS_KEPT, maxsize=pool_size, retries=False, ssl_context=tls)
        self._pools.pool_classes_by_scheme = dict(LOCAL_POOLS if allow_local else PUBLIC_POOLS)

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        deadline: Deadline | None = None,
        redirects: Redirects = "refuse",
    ) -> Answer:
        """The answer whatever its status, 3xx only where asked for; a kept connection that proves dead is replaced."""
        return self._call("GET", url, headers or {}, None, deadline, redirects=redirects)

    def post_form(
        self,
        url: str,
        data: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        deadline: Deadline | None = None,
    ) -> Answer:
        """As `get`, but never sent twice. `auth` is client ID and secret for client_secret_basic (RFC 6749, 2.3.1)."""
        extra = {"Content-Type": "application/x-www-form-urlencoded"}
        if auth:
            credentials = ":".join(quote_plus(part) for part in auth)
            extra["Authorization"] = make_headers(basic_auth=credentials)["authorization"]
        return self._call("POST", url, {**extra, **(headers or {})}, urlencode(data).encode(), deadline)

    def get_json(
        self, url: str, *, headers: Mapping[str, str] | None = None, deadline: Deadline | None = None
    ) -> dict[str, Any]:
        """The JSON object of an answer with status 200; OutboundError("status") for any other status."""
        answer = self.get(url, headers=headers, deadline=deadline)
        host = urlsplit(url).hostname
        if answer.status != 200:
            raise OutboundError("status", f"{host}: answered with status {answer.status}")
        try:
            return answer.json()
        except OutboundError as error:
            raise OutboundError(error.reason, f"{host}: {error.detail}") from None

    def close(self) -> None:
        """Closes the idle connections; the client stays usable."""
        self._pools.clear()

    def _call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline: Deadline | None,
        *,
        redirects: Redirects = "refuse",
    ) -> Answer:
        place = _place(url, allow_local=self._allow_local)
        prepared = _headers(headers, place.host)
        start = time.monotonic()
        limit = Deadline(min(self._total_timeout, deadline.left() if deadline else math.inf))
        with _refusals(place.host, limit):
            pool = self._pools.connection_from_host(place.host, place.port, place.scheme)
            response = self._send(pool, method, place, prepared, body, limit)
            try:
                if 300 <= response.status < 400 and redirects == "refuse":
                    raise OutboundError("redirect", f"{place.host}: redirects elsewhere (status {response.status})")
                content = self._read(response, place.host)
            finally:
                response.close()
        return Answer(response.status, response.headers, content, time.monotonic() - start)

    def _send(
        self,
        pool: HTTPConnectionPool,
        method: str,
        place: _Place,
        headers: HTTPHeaderDict,
        body: bytes | None,
        limit: Deadline,
        *,
        again: bool = True,
    ) -> BaseHTTPResponse:
        left = limit.left()
        if left <= 0:
            raise OutboundError("too_late", f"{place.host}: no time left for the call")
        timeout = Timeout(connect=self._connect_timeout, total=left)
        try:
            return pool.urlopen(method, place.target, body, headers, timeout=timeout, **_STREAMED)
        except errors.ProtocolError as error:
            # The server closed a kept connection at the moment it was used; a GET loses nothing by a second try.
            if not (again and method == "GET" and isinstance(error.args[-1], ConnectionError)):
                raise
        return self._send(pool, method, place, headers, body, limit, again=False)

    def _read(self, response: BaseHTTPResponse, host: str) -> bytes:
        content = bytearray()
        while chunk := response.read(65_536, decode_content=True):
            content += chunk
            if len(content) > self._max_bytes:
                raise OutboundError("too_large", f"{host}: sent more than {self._max_bytes} bytes")
        return bytes(content)


def shared_client(*, allow_local: bool) -> Client:
    """The client of this process; a forked child gets one of its own, as connections cannot be shared across a fork."""
    return _clients.get(allow_local) or _clients.setdefault(allow_local, Client(allow_local=allow_local))


class _Place(NamedTuple):
    scheme: str
    host: str
    port: int
    target: str


_clients: dict[bool, Client] = {}
os.register_at_fork(after_in_child=_clients.clear)

_STREAMED: dict[str, Any] = {
    "redirect": False,
    "retries": False,
    "assert_same_host": False,
    "preload_content": False,
    "decode_content": False,
}


@cache
def _tls_context(ca_bundle: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_bundle)


def _place(url: str, *, allow_local: bool) -> _Place:
    """Where a URL leads, its path and query exactly as written; OutboundError("bad_url") if it cannot be called."""
    if len(url) > MAX_URL or not _URL_TEXT.fullmatch(url) or "#" in url or "\\" in url:
        raise OutboundError("bad_url", "an address with characters that it must not have")
    try:
        parts = urlsplit(url)
        port, name = parts.port, parts.hostname or ""
    except ValueError:
        raise OutboundError("bad_url", "an address that cannot be read") from None
    if parts.scheme != "https" and not (allow_local and parts.scheme == "http"):
        raise OutboundError("bad_url", "an address that does not begin with https://")
    if "@" in parts.netloc or not _NAME.fullmatch(f"[{name}]" if ":" in name else name):
        raise OutboundError("bad_url", "an address without a plain host name")
    default = 443 if parts.scheme == "https" else 80
    if port not in (None, default) and not allow_local:
        raise OutboundError("bad_url", f"{name}: only port 443 is called")
    target = url[len(parts.scheme) + len("://") + len(parts.netloc) :]
    return _Place(parts.scheme, name, port or default, target if target.startswith("/") else f"/{target}")


def _headers(headers: Mapping[str, str], host: str) -> HTTPHeaderDict:
    prepared = HTTPHeaderDict({"Accept": "application/json"})
    for name, value in headers.items():
        if not _HEADER_VALUE.fullmatch(value):
            raise OutboundError("bad_url", f"{host}: a value for the header {name} that cannot be sent")
        prepared[name] = value
    # gzip is the one encoding whose decompression stops at the size limit with every version of the decoder.
    prepared["Accept-Encoding"] = "gzip"
    prepared["User-Agent"] = "Huume"
    return prepared


@contextmanager
def _refusals(host: str, limit: Deadline) -> Iterator[None]:
    """Turns what goes wrong in urllib3 into OutboundError; the cause is left out, as its text can hold the URL."""
    try:
        yield
    except OutboundError as error:
        if error.reason == "unreachable" and limit.left() <= 0:
            raise OutboundError("too_late", error.detail) from None
        raise
    except errors.SSLError as error:
        cause = error.args[0] if error.args else error
        words = getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or "handshake failed"
        raise OutboundError("tls", f"{host}: {words}") from None
    except (errors.HTTPError, OSError) as error:
        if isinstance(error, errors.TimeoutError) or limit.left() <= 0:
            raise OutboundError("too_late", f"{host}: no whole answer in time") from None
        raise OutboundError("unreachable", f"{host}: the connection failed ({type(error).__name__})") from None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number
