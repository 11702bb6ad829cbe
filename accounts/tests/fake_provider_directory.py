"""What the demo directory knows and remembers: people, applications, browsers signed in, codes and tokens."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import rsa

from accounts.tests.fake_provider_cast import OIDC_SCOPES, FakeClient, FakePerson
from accounts.tests.fake_provider_faults import break_attributes
from accounts.tests.fake_provider_http import Request
from accounts.tests.fake_provider_tokens import Claims, Header, KeyRing

CODE_SECONDS = 60
# What it takes from an application that signs; empty: the metadata says nothing of it, and it takes RS256.
ASSERTION_ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
PAR_PREFIX = "urn:ietf:params:oauth:request_uri:"
Params = dict[str, str]


@dataclass
class BrowserSession:
    """A browser that is signed in at the directory; ``since`` is in seconds since 1970."""

    subject: str
    since: int
    sid: str


@dataclass
class Grant:
    """What one person let one application have, first as a code and then as an access token.

    ``told_subject`` is the ``sub`` of the ID token as it was sent: a broken one must not be a second fault at userinfo.
    """

    subject: str
    client_id: str
    scopes: frozenset[str]
    params: Params
    session: BrowserSession
    expires: float
    used_for: str = ""
    told_subject: Any = None


class Directory:
    """State of the provider; every method may be called from any thread."""

    def __init__(
        self,
        people: Sequence[FakePerson],
        clients: Sequence[FakeClient],
        style: Literal["okta", "rfc9207"],
        thin: bool,
        issuer_override: str,
        kid: str,
    ) -> None:
        self.people = list(people)
        self.clients = list(clients)
        self.style, self.thin, self.issuer_override = style, thin, issuer_override
        self.keys = KeyRing(kid)
        self.auto_person: str | None = None
        self.has_console = False
        # Where the console keeps what it has made of the applications that were given.
        self.kept_in: Path | None = None
        self.given: tuple[FakeClient, ...] = ()
        self.assertion_algorithms = list(ASSERTION_ALGORITHMS)
        self.faults: dict[str, Any] = {}
        self._lock = threading.RLock()
        self._address = ""
        self.forget()

    def forget(self) -> None:
        """Forgets browsers, pages under way, codes and tokens; people, applications and keys stay."""
        with self._lock:
            self._sessions: dict[str, BrowserSession] = {}
            self._pending: dict[str, Params] = {}
            self._pushed: dict[str, Params] = {}
            self._codes: dict[str, Grant] = {}
            self._tokens: dict[str, Grant] = {}
            self._assertions: set[tuple[str, str]] = set()

    # Who and what

    @property
    def address(self) -> str:
        """Where the provider listens, ``http://host:port``."""
        if not self._address:
            raise RuntimeError("The provider has no address yet: start it, or give it a port.")
        return self._address

    @property
    def issuer(self) -> str:
        return self.issuer_override or self.address

    def issuer_for(self, client_id: str) -> str:
        client = self.client(client_id)
        return (client.issuer if client else "") or self.issuer

    def client(self, client_id: str) -> FakeClient | None:
        return next((client for client in self.clients if client.client_id == client_id), None)

    def find_person(self, who: str) -> FakePerson | None:
        return next((person for person in self.people if person.is_known_as(who)), None) if who else None

    def person(self, who: str) -> FakePerson:
        """The person of that subject, login, email address or first name, else KeyError."""
        if (person := self.find_person(who)) is None:
            raise KeyError(f"Nobody in the directory is known as {who!r}.")
        return person

    def add_person(self, person: FakePerson) -> FakePerson:
        """Adds the person, in place of one with the same subject."""
        with self._lock:
            self.people = [other for other in self.people if other.subject != person.subject] + [person]
        return person

    def add_client(self, client: FakeClient) -> FakeClient:
        """Adds the application, in place of one with the same client ID."""
        with self._lock:
            known = {other.client_id: other for other in self.clients}
            self.clients = list({**known, client.client_id: client}.values())
        return client

    def attributes(self, person: FakePerson) -> dict[str, Any]:
        spoken = person.attributes()
        break_attributes(spoken, self.faults)
        return spoken

    def ungranted(self, client: FakeClient, scopes: frozenset[str]) -> frozenset[str]:
        return scopes - OIDC_SCOPES - client.granted_scopes

    def first_use(self, client_id: str, jti: str) -> bool:
        """Whether that application's assertion was never seen; it has been from now on."""
        with self._lock:
            seen = (client_id, jti) in self._assertions
            self._assertions.add((client_id, jti))
        return not seen

    # Keys

    def rotate_keys(self, keep_old: bool = True) -> None:
        with self._lock:
            self.keys.rotate(keep_old=keep_old)

    def sign(self, claims: Claims, *, header: Header | None = None, key: rsa.RSAPrivateKey | None = None) -> str:
        """A JWS of any claims, RS256 by the key in use unless told otherwise."""
        return self.keys.sign(claims, header=header, key=key)

    # Browsers

    @property
    def cookie_name(self) -> str:
        """With the port, because a browser sends a cookie to every port of a host."""
        return f"demo_directory_{self.address.rpartition(':')[2]}"

    def open_session(self, subject: str) -> tuple[str, BrowserSession]:
        """Signs a browser in; returns the value of its cookie and the session."""
        value, session = secrets.token_urlsafe(24), BrowserSession(subject, int(time.time()), secrets.token_hex(10))
        with self._lock:
            self._sessions[value] = session
        return value, session

    def session_of(self, request: Request) -> BrowserSession | None:
        """The browser's own session, else one for ``auto_person``."""
        if session := self._sessions.get(request.cookie(self.cookie_name)):
            return session
        person = self.find_person(self.auto_person or "")
        return BrowserSession(person.subject, int(time.time()), "auto") if person else None

    def close_session(self, request: Request) -> None:
        with self._lock:
            self._sessions.pop(request.cookie(self.cookie_name), None)

    def shelve(self, params: Params) -> str:
        """Keeps an authorization request while its page is shown; returns its reference."""
        reference = secrets.token_urlsafe(16)
        with self._lock:
            self._pending[reference] = params
        return reference

    def unshelve(self, reference: str) -> Params | None:
        return self._pending.get(reference)

    def push(self, params: Params) -> str:
        """Keeps a pushed authorization request (RFC 9126); returns its request_uri."""
        request_uri = PAR_PREFIX + secrets.token_urlsafe(24)
        with self._lock:
            self._pushed[request_uri] = params
        return request_uri

    def pull(self, request_uri: str, client_id: str) -> Params | None:
        with self._lock:
            params = self._pushed.pop(request_uri, None)
        return params if params and params.get("client_id") == client_id else None

    # Codes and tokens

    def new_code(self, session: BrowserSession, scopes: frozenset[str], params: Params) -> str:
        code = secrets.token_urlsafe(24)
        grant = Grant(session.subject, params["client_id"], scopes, params, session, time.time() + CODE_SECONDS)
        with self._lock:
            self._codes[code] = grant
        return code

    def redeem(self, code: str) -> Grant | None:
        """The grant of a code that lives and was not used; a second use revokes what the first one gave."""
        with self._lock:
            grant = self._codes.get(code)
            if grant is None:
                return None
            if grant.used_for:
                self._tokens.pop(grant.used_for, None)
                return None
            grant.used_for = secrets.token_urlsafe(32)
            return grant if grant.expires > time.time() else None

    def new_access_token(self, grant: Grant) -> str:
        with self._lock:
            self._tokens[grant.used_for] = grant
        return grant.used_for

    def grant_of(self, access_token: str) -> Grant | None:
        return self._tokens.get(access_token)
