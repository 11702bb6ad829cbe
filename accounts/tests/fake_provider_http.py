"""The HTTP server under the demo directory: threads, kept-alive connections, no logging."""

from __future__ import annotations

import itertools
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from accounts.tests.fake_provider_transport import Line, Response, send

LARGEST_BODY = 1024 * 1024
Fields = dict[str, list[str]]


@dataclass
class Request:
    method: str
    path: str
    query: Fields
    form: Fields
    headers: dict[str, str]
    connection: int

    @property
    def fields(self) -> dict[str, str]:
        """Query and form together, the first value of each."""
        return {name: values[0] for name, values in {**self.query, **self.form}.items()}

    @property
    def bearer(self) -> str:
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else ""

    def cookie(self, name: str) -> str:
        try:
            morsel = SimpleCookie(self.headers.get("cookie", "")).get(name)
        except CookieError:
            return ""
        return morsel.value if morsel else ""


@dataclass
class Call:
    """One request that was made. ``status`` is 0 where no answer was given; ``connection`` numbers TCP connections."""

    method: str
    path: str
    status: int
    query: dict[str, str]
    form: dict[str, str]
    connection: int
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, request: Request) -> Call:
        query, form = ({name: values[0] for name, values in part.items()} for part in (request.query, request.form))
        return cls(request.method, request.path, 0, query, form, request.connection, request.headers)


# What to do with a request: an answer, or a function that misuses the connection, which is closed afterwards.
Reaction = Response | Callable[[Line], None]
React = Callable[[Request], tuple[Reaction, Callable[[], bool]]]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def setup(self) -> None:
        super().setup()
        self.number = self.server.admit(self.request)

    def finish(self) -> None:
        self.server.dismiss(self.request)
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            return send(self, Response(413))
        reaction, is_over = self.server.react(self._read_request(self.rfile.read(int(length))))
        if isinstance(reaction, Response):
            return send(self, reaction)
        self.close_connection = True
        reaction(Line(self, is_over))

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def _read_request(self, body: bytes) -> Request:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True) if is_form else {}
        query = parse_qs(url.query, keep_blank_values=True)
        return Request(self.command, url.path, query, form, headers, self.number)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], react: React) -> None:
        self.react = react
        self._numbers = itertools.count(1)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        """As in HTTPServer, without its look-up of this machine's full name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        host, self.server_port = self.server_address[:2]
        self.server_name = str(host)

    def admit(self, connection: socket.socket) -> int:
        with self._lock:
            self._open.add(connection)
            return next(self._numbers)

    def dismiss(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def hang_up(self) -> None:
        """Ends every connection that is open, idle or not."""
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Quiet when the client has gone; a traceback for a mistake of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
