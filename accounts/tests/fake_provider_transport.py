"""How an endpoint of the demo directory can misbehave on the wire, whatever it would have said."""

from __future__ import annotations

import gzip
import json
import select
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler
from typing import Any

ENDPOINTS = ("discovery", "jwks", "token", "userinfo", "myaccount")
HUGE = 10 * 1024 * 1024
DRIP_INTERVAL = 0.05

MODES = (
    "hang",  # takes the request and never answers
    "drip",  # status and headers at once, then a byte of body every DRIP_INTERVAL seconds without end
    "drip_headers",  # the same with the headers
    "close",  # closes the connection without an answer
    "truncated",  # closes it half way through the body
    "html",  # 200 with a page
    "status500",  # any three digits: status401, status404, status429, status503 ...
    "huge",  # 10 MiB of valid JSON
    "bomb",  # 10 MiB of valid JSON in 10 KiB of gzip
    "deep",  # 100,000 nested lists
    "array",  # valid JSON, not an object
    "empty",  # 200 without a body
    "bad_utf8",  # JSON but for one byte
    "redirect_loopback",  # 302 to /redirected on this server, which records the call
)
# Besides these, "slow:0.3" gives the right answer after so many seconds, so it breaks no rule by itself.


@dataclass
class Response:
    """What an endpoint answers. Lengths and connection headers are added when it is sent.

    ``clock`` is how many seconds ``Date`` is wrong by; "silent" leaves it out.
    """

    status: int = 200
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    clock: int | str = 0

    @classmethod
    def of_json(
        cls, value: Any, status: int = 200, *headers: tuple[str, str], kind: str = "application/json"
    ) -> Response:
        return cls(status, json.dumps(value).encode(), [("Content-Type", kind), *headers])

    @classmethod
    def of_html(cls, page: str, status: int = 200, *headers: tuple[str, str]) -> Response:
        return cls(status, page.encode(), [("Content-Type", "text/html; charset=utf-8"), *headers])


def send(handler: BaseHTTPRequestHandler, response: Response) -> None:
    handler.send_response_only(response.status)
    if isinstance(response.clock, int):
        handler.send_header("Date", handler.date_time_string(time.time() + response.clock))
    for name, value in response.headers:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(response.body)))
    handler.end_headers()
    handler.wfile.write(response.body)


@lru_cache(maxsize=1)
def huge_json() -> bytes:
    return json.dumps({"filler": "x" * HUGE}).encode()


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    return gzip.compress(huge_json(), mtime=0)


def _json(body: bytes, *headers: tuple[str, str]) -> Response:
    return Response(200, body, [("Content-Type", "application/json"), *headers])


def okta_error(status: int, code: str, summary: str, *headers: tuple[str, str], causes: Any = None) -> Response:
    """The error shape of Okta's own APIs (not the one of its OAuth endpoints)."""
    error = {"errorCode": code, "errorSummary": summary, "errorLink": code, "errorId": "oaeDemoDirectory0000000"}
    return Response.of_json({**error, "errorCauses": [] if causes is None else causes}, status, *headers)


def _status(status: int) -> Response:
    limit = [
        ("X-Rate-Limit-Limit", "60"),
        ("X-Rate-Limit-Remaining", "0"),
        ("X-Rate-Limit-Reset", str(int(time.time()) + 60)),
    ]
    return okta_error(status, "E0000009", "Internal Server Error", *(limit if status == 429 else []))


READY_MADE: dict[str, Callable[[], Response]] = {
    "html": lambda: Response.of_html("<!doctype html><title>Maintenance</title><p>Back soon."),
    "huge": lambda: _json(huge_json()),
    "bomb": lambda: _json(_bomb(), ("Content-Encoding", "gzip")),
    "deep": lambda: _json(b"[" * 100_000 + b"]" * 100_000),
    "array": lambda: _json(b'["not", "an", "object"]'),
    "empty": lambda: _json(b""),
    "bad_utf8": lambda: _json(b'{"sub": "\xff"}'),
}


class Line:
    """The connection under a fault: writes to it, and knows when the client or the test has had enough."""

    def __init__(self, handler: BaseHTTPRequestHandler, is_over: Callable[[], bool]) -> None:
        self.handler = handler
        self._is_over = is_over

    def wait(self, seconds: float) -> bool:
        """Waits; False as soon as the client has gone, the fault is mended or the server stops."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._is_over() or select.select([self.handler.connection], [], [], min(left, 0.05))[0]:
                return False
        return not self._is_over()

    def drip(self, data: bytes) -> None:
        for byte in data:
            if not self.wait(DRIP_INTERVAL):
                return
            self.handler.wfile.write(bytes([byte]))
            self.handler.wfile.flush()

    def hang(self) -> None:
        while self.wait(1):
            pass


def _drip(line: Line) -> None:
    line.handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    line.handler.wfile.flush()
    line.drip(b'{"filler": "' + b"x" * 100_000)


def _drip_headers(line: Line) -> None:
    line.drip(b"HTTP/1.1 200 OK\r\nX-Filler: " + b"x" * 100_000)


def _truncate(line: Line) -> None:
    line.handler.wfile.write(
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"sub": "00u'
    )
    line.handler.wfile.flush()


CUT_OFF: dict[str, Callable[[Line], None]] = {
    "hang": Line.hang,
    "drip": _drip,
    "drip_headers": _drip_headers,
    "close": lambda line: None,
    "truncated": _truncate,
}


def spoilt(mode: str, address: str) -> Response | None:
    """The answer that ``mode`` gives instead of the right one; ``None`` for "slow". Raises ValueError for no mode."""
    if mode in READY_MADE:
        return READY_MADE[mode]()
    if mode.startswith("status") and mode[6:].isdigit():
        return _status(int(mode[6:]))
    if mode == "redirect_loopback":
        return Response(302, b"", [("Location", f"{address}/redirected")])
    if mode.startswith("slow:"):
        return None
    raise ValueError(f"No such fault of transport: {mode!r}.")


def delay_of(mode: str) -> float:
    return float(mode.removeprefix("slow:")) if mode.startswith("slow:") else 0.0
