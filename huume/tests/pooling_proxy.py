"""A pooler for PostgreSQL in little: what PgBouncer does with pool_mode=transaction, or with pool_mode=session.

It speaks PostgreSQL's frontend/backend protocol, version 3, without TLS and without passwords.
"""

import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


class PoolingProxy:
    """`parameters` leads to the proxy as psycopg's own would to the server."""

    def __init__(self, parameters: dict[str, Any], *, session_mode: bool = False) -> None:
        self._server_path = f"{parameters['host']}/.s.PGSQL.{parameters['port']}"
        self._session_mode = session_mode
        self._idle: list[tuple[socket.socket, bytes]] = []
        self._sockets: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.parameters = {**parameters, "host": "127.0.0.1", "port": self.port}

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for each in (self._listening, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listening.accept()
                self._sockets.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            startup = _startup(client)
            server, greeting = self._take(startup)
            client.sendall(greeting)
            self._relay(client, startup, (server, greeting))

    def _relay(self, client: socket.socket, startup: bytes, taken: tuple[socket.socket, bytes]) -> None:
        server: tuple[socket.socket, bytes] | None = self._give_back(taken)
        while (message := _message(client))[:1] not in (b"X", b""):
            server = server or self._take(startup)
            server[0].sendall(message)
            # Query and Sync: only they are answered to the end, by ReadyForQuery.
            if message[:1] in (b"Q", b"S"):
                answer = _until_ready(server[0])
                # Its last byte: I is idle, T in a transaction, E in a failed one.
                if answer.endswith(b"I"):
                    server = self._give_back(server)
                client.sendall(answer)

    def _take(self, startup: bytes) -> tuple[socket.socket, bytes]:
        with suppress(IndexError):
            return self._idle.pop()
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._server_path)
        self._sockets.append(server)
        server.sendall(startup)
        return server, _until_ready(server)

    def _give_back(self, server: tuple[socket.socket, bytes]) -> tuple[socket.socket, bytes] | None:
        if self._session_mode:
            return server
        self._idle.append(server)
        return None


def _startup(client: socket.socket) -> bytes:
    """Length and code come first; encryption is asked for before and declined."""
    while True:
        head = _exactly(client, 8)
        length, code = struct.unpack("!II", head)
        if code not in (SSL_REQUEST, GSS_REQUEST):
            return head + _exactly(client, length - 8)
        client.sendall(b"N")


def _message(sender: socket.socket) -> bytes:
    kind = sender.recv(1)
    if not kind:
        return b""
    length = _exactly(sender, 4)
    return kind + length + _exactly(sender, struct.unpack("!I", length)[0] - 4)


def _until_ready(server: socket.socket) -> bytes:
    answer = b""
    while True:
        message = _message(server)
        answer += message
        if message[:1] in (b"Z", b""):
            return answer


def _exactly(sender: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        if not (more := sender.recv(size - len(data))):
            raise ConnectionResetError
        data += more
    return data
