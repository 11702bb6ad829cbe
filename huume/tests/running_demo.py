"""`make demo` in a process and data folder of its own, a browser at it, and what is left when it has ended."""

import http.client
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from huume.demo_state import load_state

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90.0  # seconds until a demo that does not come up, or does not go away, is given up


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class RunningDemo:
    def __init__(self, folder: Path, port: int, provider_port: int) -> None:
        self.folder, self.port, self.said = folder, port, ""
        ports = {"PORT": str(port), "PROVIDER_PORT": str(provider_port), "HUUME_DATA_DIR": str(folder)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "huume.demo"],
            cwd=ROOT,
            env=os.environ | ports,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
        )

    def wait(self) -> "RunningDemo":
        """Until it says how to stop it."""
        self._read("Ctrl-C stops it.")
        return self

    def end(self) -> tuple[int, str]:
        """Exit status and all that was said, once it has ended by itself or by a signal."""
        self._read("\0")
        return self.process.wait(PATIENCE), self.said

    def _read(self, until: str) -> None:
        assert self.process.stdout is not None
        deadline = time.monotonic() + PATIENCE
        while until not in self.said:
            assert select.select([self.process.stdout], [], [], deadline - time.monotonic())[0], self.said
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                assert until == "\0", self.said
                return
            self.said += piece.decode()

    def queue_mail(self, to: str, address: str) -> None:
        """As the portal does it, with the demo's own keys and database."""
        state = load_state(self.folder)
        changed = {"HUUME_DATA_DIR": str(self.folder), "SECRET_KEY": state.secret_key, "DATABASE_URL": ""}
        code = f"""
from tenants.models import Tenant
from tenants.outbox import queue_mail
context = {{"tenant": "Huume", "ask": "Ada", "address": {address!r}}}
queue_mail("welcome", {to!r}, tenant=Tenant.objects.get(schema_name="staff"), context=context)
"""
        command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
        changed["ENCRYPTION_KEYS"] = state.encryption_key
        subprocess.run(command, env=os.environ | changed, cwd=ROOT, check=True)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()


class Browser:
    """Finds *.localhost as a browser does, and keeps cookies for each host."""

    def __init__(self) -> None:
        self.cookies: dict[str, dict[str, str]] = {}

    def open(self, url: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, where it leads to, and the page. Follows nothing."""
        parts = urlsplit(url)
        kept = self.cookies.setdefault(parts.netloc, {})
        headers = {"Host": parts.netloc, "Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=60)
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request("GET" if form is None else "POST", target or "/", urlencode(form or {}), headers)
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                kept[name] = value
            return answer.status, answer.headers.get("Location", ""), answer.read().decode()
        finally:
            connection.close()

    def sign_in(self, address: str, subject: str) -> tuple[int, str, str]:
        """At the tenant's host by its directory, as the person with that subject. Returns the last answer."""
        _, location, _ = self.open(f"{address}/oidc/okta/start/")
        _, _, page = self.open(location)
        request = re.search(r'name="request" value="([^"]+)"', page)
        assert request, page
        directory = urlsplit(location)
        form = {"request": unescape(request[1]), "person": subject}
        _, callback, _ = self.open(f"{directory.scheme}://{directory.netloc}/signin", form)
        return self.open(callback)


def processes_of(folder: Path) -> set[int]:
    """Every process that works for a demo's data folder: the demo, gunicorn and its workers, PostgreSQL."""
    mark = os.fsencode(folder)
    return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _works_for(entry, mark)}


def _works_for(entry: Path, mark: bytes) -> bool:
    try:
        if (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return False
        seen = os.fsencode((entry / "cwd").readlink()) + (entry / "cmdline").read_bytes()
        return mark in seen + (entry / "environ").read_bytes()
    except OSError:
        return False


def gone(folder: Path, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while processes_of(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
