"""An application that goes through the code flow by hand, to try the demo directory with."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import requests

from accounts.tests.fake_provider import DEFAULT_CLIENTS, MYACCOUNT_SCOPES, FakeProvider

ACME = DEFAULT_CLIENTS[0]
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
MYACCOUNT = " ".join(sorted(MYACCOUNT_SCOPES))
VERSION = {"Accept": "application/json; okta-version=1.0.0"}


@dataclass
class App:
    """An application that does the code flow by hand."""

    provider: FakeProvider
    http: requests.Session = field(default_factory=requests.Session)

    def close(self) -> None:
        """Closes its connections and puts the provider back as it was."""
        self.http.close()
        self.provider.mend()
        self.provider.forget()
        self.provider.auto_person = None

    def url(self, **changes: str | None) -> str:
        params = {
            "client_id": ACME.client_id,
            "redirect_uri": ACME.redirect_uris[0],
            "response_type": "code",
            "scope": "openid profile email phone",
            "state": "state-1",
            "nonce": "nonce-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        given = {name: value for name, value in params.items() if value is not None}
        return f"{self.provider.issuer}/oauth2/v1/authorize?{urlencode(given)}"

    def answer(self, person: str = "alice", /, **changes: str | None) -> dict[str, list[str]]:
        """The parameters of the callback."""
        return parse_qs(urlsplit(self.provider.authorize(self.url(**changes), person=person)).query)

    def exchange(self, code: str, **changes: str | None) -> requests.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": ACME.redirect_uris[0],
            "code_verifier": VERIFIER,
            "client_id": ACME.client_id,
            "client_secret": ACME.secrets[0],
            **changes,
        }
        return self.http.post(f"{self.provider.issuer}/oauth2/v1/token", form, timeout=5)

    def tokens(self, person: str = "alice", /, **changes: str | None) -> dict[str, Any]:
        secret = changes.pop("client_secret", ACME.secrets[0])
        code = self.answer(person, **changes)["code"][0]
        answer: dict[str, Any] = self.exchange(code, client_secret=secret).json()
        return answer

    def visit(self, **changes: str | None) -> requests.Response:
        """What a browser of its own, signed in as nobody but ``auto_person``, gets from authorize."""
        return self.get(self.url(**changes).removeprefix(self.provider.issuer))

    def get(self, path: str, access_token: str = "", **headers: str) -> requests.Response:
        bearer = {"Authorization": f"Bearer {access_token}"} if access_token else {}
        return self.http.get(
            self.provider.issuer + path, headers={**bearer, **headers}, timeout=5, allow_redirects=False
        )

    def verify(self, id_token: str) -> dict[str, Any]:
        """Claims of a token that is right in every way that PyJWT looks at."""
        keys = jwt.PyJWKSet.from_dict(self.get("/oauth2/v1/keys").json())
        key = keys[jwt.get_unverified_header(id_token)["kid"]]
        options: Any = {"require": ["exp", "iat", "sub", "iss", "aud"]}
        return jwt.decode(
            id_token, key, ["RS256"], options, audience=ACME.client_id, issuer=self.provider.issuer, leeway=60
        )
