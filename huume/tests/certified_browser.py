"""A browser and a client that sign in at the certified provider over plain HTTP, to test it without Huume."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import requests

from huume.tests.certified_provider import CertifiedProvider

CALLBACK = "http://acme.localhost:8000/oauth2/okta/authresp"
SIGNED_OUT = "http://acme.localhost:8000"
CLIENT: dict[str, Any] = {
    "client_id": "huume-acme",
    "client_secret": "a secret of the tests",
    "redirect_uris": [CALLBACK],
    "post_logout_redirect_uris": [SIGNED_OUT],
}
ADA: dict[str, Any] = {
    "sub": "00u-ada",
    "email": "ada@acme.example",
    "email_verified": True,
    "name": "Ada Lovelace",
    "given_name": "Ada",
    "family_name": "Lovelace",
    "phone_number": "+441632960001",
}
BOB = {**ADA, "sub": "00u-bob", "email": "bob@acme.example", "name": "Bob <b>& Sons", "phone_number": None}
EVE = {**ADA, "sub": "00u-eve", "email": "eve@acme.example", "name": "Eve Outside", "assigned": False}
MY_ACCOUNT_SCOPES = "okta.myAccount.profile.read okta.myAccount.email.read okta.myAccount.phone.read"
PLAIN_SCOPES = "openid profile email phone"
VERSIONED = "application/json; okta-version=1.0.0"


class Browser:
    """One browser and one client (`CLIENT`), at one provider. A parameter changed to None is left out."""

    def __init__(self, provider: CertifiedProvider) -> None:
        self.provider = provider
        self.session = requests.Session()
        self.verifier = secrets.token_urlsafe(48)

    def authorize(self, **changed: str | None) -> requests.Response:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        asked: dict[str, str | None] = {
            "client_id": "huume-acme",
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": PLAIN_SCOPES,
            "state": "a-state",
            "nonce": "a-nonce",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        query = urlencode({name: value for name, value in (asked | changed).items() if value is not None})
        return self.provider.get(self.session, f"{self.provider.issuer}/oauth2/v1/authorize?{query}")

    def press(self, page: requests.Response, button: str) -> requests.Response:
        return self.provider.press(self.session, page, button)

    def sign_in(self, person: dict[str, Any] = ADA, **changed: str) -> dict[str, str]:
        return answer(self.press(self.authorize(**changed), person["name"]))

    def token(self, code: str, **changed: str) -> requests.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        form |= {"code_verifier": self.verifier, "client_id": "huume-acme", "client_secret": "a secret of the tests"}
        return self.session.post(f"{self.provider.issuer}/oauth2/v1/token", data=form | changed)

    def tokens(self, person: dict[str, Any] = ADA, **changed: str) -> dict[str, Any]:
        response = self.token(self.sign_in(person, **changed)["code"])
        assert response.status_code == 200, response.text
        tokens: dict[str, Any] = response.json()
        return tokens

    def log_out(self, id_token: str, uri: str) -> requests.Response:
        query = urlencode({"id_token_hint": id_token, "post_logout_redirect_uri": uri, "state": "bye"})
        return self.provider.get(self.session, f"{self.provider.issuer}/oauth2/v1/logout?{query}")


def answer(response: requests.Response) -> dict[str, str]:
    """What the callback's query says."""
    location = response.headers["Location"]
    assert location.startswith(f"{CALLBACK}?"), location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def read(provider: CertifiedProvider, path: str, token: str, accept: str = VERSIONED) -> requests.Response:
    return requests.get(f"{provider.issuer}{path}", headers={"Authorization": f"Bearer {token}", "Accept": accept})


def metadata(provider: CertifiedProvider) -> dict[str, Any]:
    document: dict[str, Any] = requests.get(f"{provider.issuer}/.well-known/openid-configuration").json()
    return document


def published_keys(provider: CertifiedProvider) -> dict[str, jwt.PyJWK]:
    keys = requests.get(f"{provider.issuer}/oauth2/v1/keys").json()["keys"]
    return {key["kid"]: jwt.PyJWK(key) for key in keys}


def verified(provider: CertifiedProvider, id_token: str) -> dict[str, Any]:
    key = published_keys(provider)[jwt.get_unverified_header(id_token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        id_token, key, algorithms=["RS256"], audience="huume-acme", issuer=provider.issuer
    )
    return claims
