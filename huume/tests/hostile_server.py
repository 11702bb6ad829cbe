"""An HTTP server on loopback that misbehaves, by path, in every way an outside server may."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar

Head = Mapping[str, str]


class HostileServer:
    """Use as a context manager; `url` is its address.

    `connections` counts accepted connections, `closed` is set once one was closed, `requests` holds method, path with
    query, headers and body of each request. `documents` maps a path to a JSON value to answer with; the paths of
    `BEHAVIOURS` misbehave, and so does a path that `aliases` maps to one of them.
    """

    def __init__(self, *, certificate: ssl.SSLContext | None = None) -> None:
        self.connections = 0
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.documents: dict[str, Any] = {}
        self.aliases: dict[str, str] = {}
        self.leaving = threading.Event()
        self.closed = threading.Event()
        self._http = _Listener(("127.0.0.1", 0), _handler_for(self))
        self._http.closed = self.closed
        if certificate:
            self._http.socket = certificate.wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = int(self._http.server_address[1])
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> HostileServer:
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leaving.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    closed: threading.Event

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up in the middle are what this server is for."""

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.closed.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5
    disable_nagle_algorithm = True
    hostile: ClassVar[HostileServer]

    def setup(self) -> None:
        super().setup()
        self.hostile.connections += 1

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.hostile.requests.append((self.command, self.path, dict(self.headers), body))
        path = self.path.partition("?")[0]
        path = self.hostile.aliases.get(path, path)
        if path in self.hostile.documents:
            self.reply(json.dumps(self.hostile.documents[path]).encode())
        else:
            BEHAVIOURS.get(path, _not_found)(self)

    def reply(
        self, body: bytes, *, status: int = 200, kind: str = "application/json", extra: Head | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(extra or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self, pieces: bytes) -> None:
        self.close_connection = True
        for piece in pieces:
            if self.hostile.leaving.wait(0.02):
                return
            self.wfile.write(bytes([piece]))

    def hang_up(self) -> None:
        self.close_connection = True


def _handler_for(server: HostileServer) -> type[_Handler]:
    return type("_BoundHandler", (_Handler,), {"hostile": server})


def _not_found(handler: _Handler) -> None:
    handler.reply(b'{"error": "not_found"}', status=404)


def _drip_body(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.drip(b"x" * 5000)


def _drip_chunks(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.drip(b"1\r\nx\r\n" * 1000)


def _bomb(handler: _Handler) -> None:
    handler.reply(gzip.compress(b"[" + b"0," * 20_000_000 + b"0]", 1), extra={"Content-Encoding": "gzip"})


def _close_when_used_again(handler: _Handler) -> None:
    handler.reply(b"{}")
    # The next request is read, so that the client believes it was sent, and then the connection ends.
    handler.rfile.readline()
    handler.close_connection = True


def _cut_short(handler: _Handler) -> None:
    handler.reply(b"{}", extra={"Content-Length": "100"})
    handler.close_connection = True


def _echo_cookie(handler: _Handler) -> None:
    handler.reply(json.dumps({"cookie": handler.headers.get("Cookie")}).encode(), extra={"Set-Cookie": "a=b; Path=/"})


def _unannounced_close(handler: _Handler) -> None:
    handler.reply(b"{}")
    handler.close_connection = True


def _json(text: str) -> Callable[[_Handler], None]:
    return lambda handler: handler.reply(text.encode())


BEHAVIOURS: Mapping[str, Callable[[_Handler], None]] = {
    "/ok": _json('{"ok": true}'),
    "/list": _json("[1, 2]"),
    "/html": lambda handler: handler.reply(b"<html>sign in</html>", kind="text/html"),
    "/html-as-json": _json("<html>sign in</html>"),
    "/jwks": lambda handler: handler.reply(b'{"keys": []}', kind="application/jwk-set+json; charset=utf-8"),
    "/error": lambda handler: handler.reply(b'{"error": "server_error"}', status=500),
    "/unauthorized": lambda handler: handler.reply(b'{"error": "invalid_client"}', status=401),
    "/redirect": lambda handler: handler.reply(b"", status=302, extra={"Location": "/ok"}),
    "/hang": lambda handler: handler.drip(b"") if handler.hostile.leaving.wait(5) else None,
    "/drip-status": lambda handler: handler.drip(b"HTTP/1.1 200 OK\r\n" * 100),
    "/drip-headers": lambda handler: handler.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 90),
    "/drip-body": _drip_body,
    "/drip-chunks": _drip_chunks,
    "/bomb": _bomb,
    "/large": lambda handler: handler.reply(b'"' + b"x" * 10_000_000 + b'"'),
    "/gzip": lambda handler: handler.reply(gzip.compress(b'{"ok": true}'), extra={"Content-Encoding": "gzip"}),
    "/broken-gzip": lambda handler: handler.reply(b"not gzip", extra={"Content-Encoding": "gzip"}),
    "/nan": _json('{"exp": NaN}'),
    "/infinite": _json('{"exp": 1e999}'),
    "/huge-number": _json('{"exp": 1' + "0" * 5000 + "}"),
    "/twice": _json('{"a": 1, "a": 2}'),
    "/surrogate": _json('{"name": "\\ud800"}'),
    "/emoji": _json('{"name": "\\ud83d\\ude00"}'),
    "/nested": _json("[" * 200_000 + "]" * 200_000),
    "/not-utf-8": lambda handler: handler.reply(b'{"name": "\xff\xfe"}'),
    "/hang-up": _Handler.hang_up,
    "/close-when-used-again": _close_when_used_again,
    "/unannounced-close": _unannounced_close,
    "/cut-short": _cut_short,
    "/cookie": _echo_cookie,
    "/not-http": lambda handler: handler.drip(b"SSH-2.0-OpenSSH_9.6\r\n"),
}
