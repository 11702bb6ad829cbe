"""A mail server on loopback that can be told to fail as mail servers do, and a queue that time passes for."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from socketserver import StreamRequestHandler, ThreadingTCPServer

from django.db.models import F
from django.test import override_settings
from django_tasks_db.models import DBTaskResult, get_date_max

from tenants.models import Mail

SMTP = "django.core.mail.backends.smtp.EmailBackend"
TIMEOUT = 0.2  # seconds


@dataclass
class MailServer:
    """`fault`: none, hangs, refuses_recipient, refuses_content, dies_after_data. `received`: what it has accepted."""

    port: int = 0
    fault: str = ""
    received: list[str] = field(default_factory=list)
    # Contents that came in, accepted or not.
    seen: int = 0


class Talk(StreamRequestHandler):
    """RFC 5321, as far as one mail needs it."""

    def handle(self) -> None:
        with suppress(ConnectionError):
            self._talk(self.server.state)  # type: ignore[attr-defined]  # of the server below

    def _talk(self, state: MailServer) -> None:
        if state.fault == "hangs":
            time.sleep(TIMEOUT * 1.5)
            return
        self._say("220 loopback")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "DATA":
                self._take(state)
                if state.fault == "dies_after_data":
                    return
            elif word == "RCPT" and state.fault == "refuses_recipient":
                self._say("550 5.1.1 no such mailbox: it@acme.example")
            else:
                self._say("221 bye" if word == "QUIT" else "250 fine")

    def _take(self, state: MailServer) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline().decode()) not in (".\r\n", ""):
            lines.append(line)
        state.seen += 1
        if not state.fault:
            state.received.append("".join(lines))
            self._say("250 taken")
        elif state.fault == "refuses_content":
            self._say("554 5.7.1 what you sent was: " + " ".join(lines[-5:]).replace("\r\n", " ")[:200])

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


class Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, state: MailServer) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.state, state.port = state, self.server_address[1]


@contextmanager
def mail_server(fault: str = "") -> Iterator[MailServer]:
    """Django sends by it meanwhile."""
    state = MailServer(fault=fault)
    with Server(state) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            with sending_to(state.port):
                yield state
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def no_mail_server() -> Iterator[None]:
    """Nothing listens at the port that Django sends to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with sending_to(taken.getsockname()[1]):
            yield


@contextmanager
def sending_to(port: int) -> Iterator[None]:
    with override_settings(EMAIL_BACKEND=SMTP, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port, EMAIL_TIMEOUT=TIMEOUT):
        yield


def let_pass(time_passed: timedelta) -> None:
    """As if all that is in the database had been there for so much longer."""
    for name in ("created_at", "expires_at", "next_try_at", "sent_at", "given_up_at"):
        Mail.objects.exclude(**{name: None}).update(**{name: F(name) - time_passed})
    DBTaskResult.objects.exclude(run_after=get_date_max()).update(run_after=F("run_after") - time_passed)
    DBTaskResult.objects.exclude(finished_at=None).update(finished_at=F("finished_at") - time_passed)
