"""A browser as small as the comparison needs: kept-alive connection, cookies, no redirects followed."""

import http.client
import time
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

PATIENCE = 30


@dataclass(frozen=True)
class Reply:
    status: int
    location: str
    worker: str
    body: bytes


@dataclass
class Browser:
    port: int
    host: str
    cookies: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._connection:
            self._connection.close()

    def get(self, target: str) -> Reply:
        self._connection = self._connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Host": self.host}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self._connection.request("GET", target, headers=headers)
        response = self._connection.getresponse()
        body = response.read()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        given = response.headers
        return Reply(response.status, given.get("Location", ""), given.get("X-Worker", ""), body)


@dataclass(frozen=True)
class Door:
    """One way to sign in: where it begins, and at which host."""

    port: int
    host: str
    start: str
    inside: str = "/bench/me/"


def sign_in(door: Door) -> float:
    """A whole sign-in of a fresh browser; the seconds that the callback took. Raises RuntimeError."""
    with Browser(door.port, door.host) as browser:
        callback = authorize(browser.get(door.start).location)
        begun = time.perf_counter()
        reply = browser.get(callback)
        seconds = time.perf_counter() - begun
        if reply.status != 302 or reply.location != door.inside:
            raise RuntimeError(f"{door.host}{door.start}: the callback answered {reply.status} {reply.location}")
    return seconds


def sign_in_and_look(door: Door) -> None:
    """A sign-in whose session opens the page behind it. Raises RuntimeError."""
    with Browser(door.port, door.host) as browser:
        browser.get(authorize(browser.get(door.start).location))
        page = browser.get(door.inside)
        if page.status != 200 or b"@" not in page.body:
            raise RuntimeError(f"{door.host}: nobody is signed in after the callback ({page.status})")


def authorize(address: str) -> str:
    """The provider's part, where somebody is signed in already: path and query that it sends the browser back to."""
    parts = urlsplit(address)
    with Browser(parts.port or 80, parts.netloc) as browser:
        reply = browser.get(f"{parts.path}?{parts.query}")
    back = urlsplit(reply.location)
    if not back.query.count("code="):
        raise RuntimeError(f"The provider answered {reply.status} {reply.location}")
    return f"{back.path}?{back.query}"
