"""An OpenID provider of our own, shaped like Okta's org authorization server: real keys over real HTTP.

The demo runs it; in the tests it is told to break one rule at a time (``FAULTS``)::

    with FakeProvider(auto_person="alice") as provider:
        provider.break_rule("wrong_nonce")
        callback = provider.authorize(authorization_url, person="alice")

Alone: ``python -m accounts.tests.fake_provider --port 9000``.
"""

from __future__ import annotations

import argparse
import errno
import http.client
import json
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from html import unescape
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlencode, urlsplit

from accounts.tests.fake_provider_cast import (
    ACME_PEOPLE,
    DEFAULT_CLIENTS,
    DEFAULT_PEOPLE,
    GLOBEX_PEOPLE,
    MYACCOUNT_SCOPES,
    FakeClient,
    FakePerson,
    demo_people,
    huume_client,
)
from accounts.tests.fake_provider_directory import Directory
from accounts.tests.fake_provider_faults import FAULTS, Fault, fault_cases
from accounts.tests.fake_provider_http import Call, Reaction, Request, Server
from accounts.tests.fake_provider_kept import load
from accounts.tests.fake_provider_routes import BACK_CHANNEL, ENDPOINT_NAMES, ROUTES, route_of, wrong_method
from accounts.tests.fake_provider_transport import CUT_OFF, delay_of, spoilt

__all__ = [
    "ACME_PEOPLE",
    "DEFAULT_CLIENTS",
    "DEFAULT_PEOPLE",
    "FAULTS",
    "GLOBEX_PEOPLE",
    "MYACCOUNT_SCOPES",
    "Call",
    "FakeClient",
    "FakePerson",
    "FakeProvider",
    "Fault",
    "NoCallback",
    "demo_people",
    "fault_cases",
    "huume_client",
    "main",
]


LOOPBACK = ("localhost", "127.0.0.1")


class NoCallback(Exception):
    """The provider kept the browser on a page of its own: ``status`` and ``page``."""

    def __init__(self, status: int, page: str) -> None:
        super().__init__(f"The provider answered {status} with a page and no callback.")
        self.status, self.page = status, page


class FakeProvider(Directory):
    """The provider with its server. All of it may be changed while it runs, from any thread.

    ``port`` 0 takes a free one at the first ``start``, kept by later ones. ``delay`` is added, in seconds, to every
    call but a browser's. ``thin`` leaves Okta's few claims in the ID token and the others to userinfo. The ``style``
    "rfc9207" sends ``iss`` in the callback, promises so in the metadata, and puts a ``sid`` into the ID token.
    ``auto_person`` names one who is signed in here already: authorize then answers at once, without a page.
    ``faults`` holds what ``break_rule`` was told: names of ``FAULTS``, or an endpoint ("token", "jwks",
    "myaccount/emails", ...) with a mode of transport ("hang", "slow:0.2", ...). ``console`` serves pages at /console/
    where anybody may change the applications, so it is for this machine alone; ValueError for any other ``host``. What
    it changes is kept in the file ``kept_in``, if one is named.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        people: Sequence[FakePerson] = DEFAULT_PEOPLE,
        clients: Sequence[FakeClient] = DEFAULT_CLIENTS,
        style: Literal["okta", "rfc9207"] = "okta",
        delay: float = 0.0,
        thin: bool = True,
        host: str = "127.0.0.1",
        issuer_override: str = "",
        auto_person: str | None = None,
        kid: str = "",
        console: bool = False,
        kept_in: Path | None = None,
    ) -> None:
        if console and host not in LOOPBACK:
            raise ValueError(f"The console is for this machine alone, not for {host}.")
        self.calls: list[Call] = []
        super().__init__(people, load(kept_in, clients) if kept_in else clients, style, thin, issuer_override, kid)
        self.kept_in, self.given = kept_in, tuple(clients)
        self.auto_person, self.delay, self.has_console = auto_person, delay, console
        self._host, self._port = host, port
        self._address = f"http://{host}:{port}" if port else ""
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    # Running

    def start(self) -> Self:
        """Listens; raises OSError when the port is taken."""
        bind_to = "127.0.0.1" if self._host.endswith("localhost") else self._host
        self._server = Server((bind_to, self._port), self._react)
        self._port = self._server.server_port
        self._address = f"http://{self._host}:{self._port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Closes the port and every connection; ``start`` opens the same port again."""
        server, thread, self._server, self._thread = self._server, self._thread, None, None
        if server is None or thread is None:
            return
        server.shutdown()
        thread.join()
        server.server_close()
        server.hang_up()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def hang_up(self) -> None:
        """Closes every connection, as a server does with idle ones; goes on listening."""
        if self._server:
            self._server.hang_up()

    # Rules broken, calls made

    def break_rule(self, name: str, value: Any = True) -> None:
        """Breaks a rule of ``FAULTS`` from the next request on. Raises KeyError for a name that is not there."""
        if name not in FAULTS and name not in ENDPOINT_NAMES:
            raise KeyError(f"No such fault: {name!r}.")
        if name in ENDPOINT_NAMES and value not in CUT_OFF:
            spoilt(str(value), self.address)
        variants = FAULTS[name].values if name in FAULTS else ()
        self.faults[name] = variants[0] if value is True and name not in ENDPOINT_NAMES else value

    def mend(self, *names: str) -> None:
        """Keeps all rules again, or those named."""
        for name in names or tuple(self.faults):
            self.faults.pop(name, None)

    def forget(self) -> None:
        super().forget()
        self.calls.clear()

    def calls_to(self, endpoint: str) -> list[Call]:
        """Calls to "discovery", "jwks", "token", "userinfo", "myaccount", "authorize", "logout", "par", "attacker"."""
        return [call for call in list(self.calls) if ROUTES.get(call.path, ("",))[0] == endpoint]

    def _react(self, request: Request) -> tuple[Reaction, Callable[[], bool]]:
        call = Call.of(request)
        self.calls.append(call)
        name, methods, endpoint = route_of(self, request.path)
        fault_at, mode = self._transport_fault(name, request.path)
        time.sleep((self.delay if name in BACK_CHANNEL else 0.0) + delay_of(mode))
        if mode in CUT_OFF:
            return CUT_OFF[mode], lambda: self._server is None or self.faults.get(fault_at) != mode
        answer = spoilt(mode, self.address) if mode else None
        if answer is None:
            answer = endpoint(self, request) if request.method in methods else wrong_method()
        call.status = answer.status
        answer.clock = self.faults.get("clock", 0)
        return answer, lambda: False

    def _transport_fault(self, name: str, path: str) -> tuple[str, str]:
        """The fault that is set for this endpoint, or for "myaccount/emails" alone, and its mode."""
        exact = f"{name}/{path.rpartition('/')[2]}"
        key = exact if exact in self.faults else name
        return key, str(self.faults.get(key, ""))

    # A browser's part

    def authorize(self, authorization_url: str, *, person: str) -> str:
        """Does what that person's browser would do at ``authorization_url``; returns the callback's URL.

        ``person`` is a subject, login, email address or first name. The person is signed in at the provider first,
        so that ``prompt=none`` goes through; where the page is shown, the person is chosen on it. Raises NoCallback.
        """
        subject = self.person(person).subject
        url = urlsplit(authorization_url)
        cookie, _ = self.open_session(subject)
        status, location, page = self._browse("GET", f"{url.path}?{url.query}", cookie)
        if status == 200 and (reference := re.search(r'name="request" value="([^"]+)"', page)):
            form = urlencode({"request": unescape(reference[1]), "person": subject})
            status, location, page = self._browse("POST", "/signin", cookie, form)
        if not location:
            raise NoCallback(status, page)
        return location

    def _browse(self, method: str, target: str, cookie: str, form: str | None = None) -> tuple[int, str, str]:
        headers = {"Cookie": f"{self.cookie_name}={cookie}"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request(method, target, form, headers)
            response = connection.getresponse()
            return response.status, response.headers.get("Location", ""), response.read().decode()
        finally:
            connection.close()


# Alone


def _configured(path: Path) -> dict[str, Any]:
    """Arguments of FakeProvider from a JSON file: ``people`` and ``clients`` as lists of their fields, and the rest."""
    settings: dict[str, Any] = json.loads(path.read_text())
    people, clients = settings.pop("people", []), settings.pop("clients", [])
    settings["people"] = [FakePerson(**{**who, "clients": tuple(who.get("clients", ()))}) for who in people]
    settings["clients"] = [
        FakeClient(**{**what, "granted_scopes": set(what.get("granted_scopes", MYACCOUNT_SCOPES))}) for what in clients
    ]
    return settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fake_provider", description="An Okta-shaped OpenID provider for the demo.")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--config", type=Path, help='JSON: {"people": [...], "clients": [...], "style": "okta"}')
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs until SIGTERM or SIGINT. Prints ``ready`` and the address when it listens; 1 when it cannot."""
    options = _parser().parse_args(argv)
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        settings = _configured(options.config) if options.config else {"people": demo_people()}
        provider = FakeProvider(**{**settings, "port": options.port, "host": options.host}).start()
    except OSError as error:
        return _complain(_why_not(error, options))
    except (TypeError, ValueError, AttributeError) as error:
        return _complain(f"{options.config} does not describe a provider: {error}.")
    print(f"ready {provider.address}", flush=True)
    signal.sigwait(signals)
    provider.stop()
    return 0


def _why_not(error: OSError, options: argparse.Namespace) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {options.port} is in use: stop the program that has it, or choose another with --port."
    return f"The demo directory cannot start: {error}."


def _complain(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
