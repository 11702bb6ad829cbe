"""A project's application called in this process, as a server would call it."""

import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def ask(application: Application, host: str, path: str, cookies: dict[str, str]) -> tuple[int, str]:
    """Status and body of a GET, with everything that Django does at the end of a request."""
    told: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "HTTP_HOST": host,
        "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
    }
    answer = application(environ, lambda status, headers, *rest: told.append(status))
    try:
        return int(told[0].split()[0]), b"".join(answer).decode()
    finally:
        answer.close()  # type: ignore[attr-defined]  # Django's answers have it
