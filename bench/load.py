"""A load generator: threads with a kept-alive connection each, that ask for the same page again and again."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.servers import Project

THREADS = 4
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)\r\n")


def rate(project: Project, path: str, seconds: float) -> float:
    """Answers per second, the tenants in turn. Raises RuntimeError for one that is not 200."""
    requests = [request_of(path, host, cookies) for host, cookies in project.faces]
    counts = [0] * THREADS
    begun = time.monotonic()

    def keep_asking(client: int) -> None:
        with connected(project.port) as connection:
            while time.monotonic() < begun + seconds:
                ask(connection, requests[counts[client] % len(requests)])
                counts[client] += 1

    threads = [threading.Thread(target=keep_asking, args=(client,)) for client in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not all(counts):
        raise RuntimeError(f"{project.name}{path}: a client got no answer")
    return sum(counts) / (time.monotonic() - begun)


def request_of(path: str, host: str, cookies: dict[str, str]) -> bytes:
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {sent}\r\n\r\n".encode()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def ask(connection: socket.socket, request: bytes) -> None:
    connection.sendall(request)
    answer = b""
    while True:
        answer += connection.recv(65_536) or gone(answer)
        head, end, body = answer.partition(b"\r\n\r\n")
        if end and (length := _LENGTH.search(head + b"\r\n")) and len(body) >= int(length[1]):
            break
    if b" 200 " not in head[:16]:
        raise RuntimeError(f"answered {head[:200]!r}")


def gone(answer: bytes) -> bytes:
    raise RuntimeError(f"the server closed the connection after {answer[:100]!r}")
