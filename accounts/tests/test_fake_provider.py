"""The demo directory refuses what Okta refuses, breaks the rules it is told to break, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest

from accounts.tests.fake_provider import FakeProvider, NoCallback, huume_client
from accounts.tests.fake_provider_app import ACME, MYACCOUNT, VERSION, App
from accounts.tests.fake_provider_tokens import at_hash


@pytest.fixture(scope="module")
def running() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        yield provider


@pytest.fixture
def app(running: FakeProvider) -> Iterator[App]:
    app = App(running)
    yield app
    app.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": ACME.redirect_uris[0] + "/"},
        {"redirect_uri": ACME.redirect_uris[0].replace("acme", "ACME")},
        {"redirect_uri": None},
        {"client_id": "unknown"},
    ],
)
def test_bad_redirect_uri_or_client_stays_on_a_page(app: App, changes: dict[str, str | None]) -> None:
    with pytest.raises(NoCallback) as stayed:
        app.provider.authorize(app.url(**changes), person="alice")
    assert stayed.value.status == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"state": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"scope": "openid okta.users.read"}, "invalid_scope"),
    ],
)
def test_bad_request_comes_back_as_an_error(app: App, changes: dict[str, str | None], error: str) -> None:
    answer = app.answer(**changes)
    assert answer["error"] == [error]
    assert "code" not in answer


def test_api_scopes_that_are_not_granted_are_refused() -> None:
    client = huume_client("acme")
    client.granted_scopes.clear()
    with FakeProvider(clients=[client]) as provider:
        answer = App(provider).answer(scope=f"openid {MYACCOUNT}")
    assert answer["error"] == ["invalid_scope"]
    assert answer["error_description"] == [
        "One or more scopes are not configured for the authorization server resource."
    ]


def test_unassigned_person_is_refused_and_stays_signed_in(app: App) -> None:
    page = app.visit().text
    reference = page.split('name="request" value="')[1].split('"')[0]
    form = {"request": reference, "person": app.provider.person("dan").subject}
    app.http.post(f"{app.provider.issuer}/signin", form, allow_redirects=False, timeout=5)
    again = app.visit()
    assert parse_qs(urlsplit(again.headers["Location"]).query)["error_description"] == [
        "User is not assigned to the client application."
    ]
    other = app.visit(prompt="login")
    assert "signed in here as Dan Frost" in other.text


def test_prompt_none_needs_somebody_signed_in(app: App) -> None:
    location = app.visit(prompt="none").headers["Location"]
    assert parse_qs(urlsplit(location).query)["error"] == ["login_required"]
    assert "code" in app.answer(prompt="none")


def test_auto_person_needs_no_page_but_prompt_login_shows_it(app: App) -> None:
    app.provider.auto_person = "alice"
    assert "code=" in app.visit().headers["Location"]
    assert app.visit(prompt="login").status_code == 200


def test_page_shows_the_cast_and_marks_the_hinted(app: App) -> None:
    page = app.visit(login_hint="bob.lund@acme.example").text
    assert "user administrator" in page
    assert f'value="{app.provider.person("bob").subject}" class="hinted"' in page
    assert page.count('hinted"') == 1


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"code_verifier": "w" * 64}, 400, "invalid_grant"),
        ({"redirect_uri": "http://elsewhere.example"}, 400, "invalid_grant"),
        ({"code": "bogus"}, 400, "invalid_grant"),
        ({"client_id": "globex-client", "client_secret": "globex-secret"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_token_endpoint_refuses(app: App, changes: dict[str, str], status: int, error: str) -> None:
    response = app.exchange(**{"code": app.answer()["code"][0], **changes})
    assert (response.status_code, response.json()["error"]) == (status, error)


def test_unknown_client_hears_the_other_shape_of_error(app: App) -> None:
    response = app.exchange("bogus", client_id="unknown")
    assert response.status_code == 401
    assert response.json()["errorCode"] == "invalid_client"
    assert "error" not in response.json()


def test_code_is_good_once_and_a_second_use_revokes_its_token(app: App) -> None:
    code = app.answer()["code"][0]
    access_token = app.exchange(code).json()["access_token"]
    assert app.exchange(code).json()["error"] == "invalid_grant"
    assert app.get("/oauth2/v1/userinfo", access_token).status_code == 401


def test_either_of_two_secrets_works(app: App) -> None:
    client = huume_client("acme")
    client.secrets.append("a newer secret")
    with FakeProvider(clients=[client]) as provider:
        for secret in client.secrets:
            assert "id_token" in App(provider).tokens(client_secret=secret)


def test_credentials_come_by_basic_or_in_the_body_but_not_both(app: App) -> None:
    app.http.auth = (ACME.client_id, ACME.secrets[0])
    assert app.exchange(app.answer()["code"][0]).json()["error"] == "invalid_request"
    assert "id_token" in app.exchange(app.answer()["code"][0], client_secret=None).json()


def test_thin_id_token_and_full_userinfo(app: App) -> None:
    tokens = app.tokens()
    claims = app.verify(tokens["id_token"])
    assert claims["nonce"] == "nonce-1"
    assert claims["at_hash"] == at_hash(tokens["access_token"])
    assert claims["email"] == "alice.reed@acme.example"
    assert not {"email_verified", "given_name", "phone_number"} & claims.keys()
    person = app.get("/oauth2/v1/userinfo", tokens["access_token"]).json()
    assert person["sub"] == claims["sub"]
    assert (person["given_name"], person["email_verified"], person["phone_number"]) == ("Alice", True, "+441632960101")


def test_style_rfc9207_promises_and_sends_iss() -> None:
    with FakeProvider(style="rfc9207", thin=False) as provider:
        app = App(provider)
        metadata = app.get("/.well-known/openid-configuration").json()
        assert metadata["authorization_response_iss_parameter_supported"] is True
        assert app.answer()["iss"] == [provider.issuer]
        assert app.verify(app.tokens()["id_token"])["given_name"] == "Alice"


def test_style_okta_knows_nothing_of_iss(app: App) -> None:
    assert "authorization_response_iss_parameter_supported" not in app.get("/.well-known/openid-configuration").json()
    assert app.answer().keys() == {"code", "state"}


def test_discovery_tells_each_client_its_issuer(app: App) -> None:
    client = huume_client("umbrella")
    client.issuer = "https://login.umbrella.example"
    app.provider.add_client(client)
    told = app.get("/.well-known/openid-configuration?client_id=umbrella-client").json()
    assert told["issuer"] == client.issuer
    assert told["token_endpoint"] == f"{client.issuer}/oauth2/v1/token"
    assert app.get("/.well-known/openid-configuration").json()["issuer"] == app.provider.address


def test_myaccount_wants_its_version_and_scope(app: App) -> None:
    token = app.tokens(scope=f"openid {MYACCOUNT}")["access_token"]
    refused = app.get("/idp/myaccount/emails", token, Accept="application/json")
    assert (refused.status_code, refused.json()["errorCode"]) == (406, "E0000149")
    plain = app.tokens()["access_token"]
    assert app.get("/idp/myaccount/emails", plain, **VERSION).status_code == 403
    answer = app.get("/idp/myaccount/emails", token, **VERSION)
    assert answer.headers["Content-Type"] == "application/json;okta-version=1.0.0"
    assert answer.json()[0]["profile"] == {"email": "alice.reed@acme.example"}
    assert app.get("/idp/myaccount/phones", token, **VERSION).json()[0]["profile"]["phoneNumber"] == "+441632960101"
    assert app.get("/idp/myaccount/profile", token, **VERSION).json()["profile"]["firstName"] == "Alice"


def test_pushed_request_checks_and_works_once(app: App) -> None:
    params = dict(parse_qs(urlsplit(app.url()).query), client_secret="acme-secret")
    address = f"{app.provider.issuer}/oauth2/v1/par"
    assert app.http.post(address, {**params, "client_secret": "wrong"}, timeout=5).status_code == 401
    assert app.http.post(address, {**params, "redirect_uri": "http://x.example"}, timeout=5).status_code == 400
    request_uri = app.http.post(address, params, timeout=5).json()["request_uri"]
    short = f"{app.provider.issuer}/oauth2/v1/authorize?client_id=acme-client&request_uri={request_uri}"
    assert "code=" in app.provider.authorize(short, person="alice")
    with pytest.raises(NoCallback):
        app.provider.authorize(short, person="alice")


def test_rotation_publishes_or_drops_the_old_key(app: App) -> None:
    before = app.tokens()["id_token"]
    app.provider.rotate_keys()
    after = app.tokens()["id_token"]
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    assert app.verify(before)["sub"] == app.verify(after)["sub"]
    app.provider.rotate_keys(keep_old=False)
    assert len(app.get("/oauth2/v1/keys").json()["keys"]) == 1


@pytest.mark.parametrize("target", ["http://acme.localhost:8000/", "http://ACME.localhost:8000", "http://x.example"])
def test_logout_compares_the_address_to_the_last_character(app: App, target: str) -> None:
    hint = app.tokens()["id_token"]
    query = urlencode({"id_token_hint": hint, "post_logout_redirect_uri": target})
    assert app.get(f"/oauth2/v1/logout?{query}").status_code == 400


def test_logout_wants_a_hint_that_it_signed_even_if_expired(app: App) -> None:
    target = {"post_logout_redirect_uri": ACME.post_logout_redirect_uris[0], "state": "s"}
    assert app.get(f"/oauth2/v1/logout?{urlencode(target)}").status_code == 400
    app.provider.break_rule("expired")
    good = {**target, "id_token_hint": app.tokens()["id_token"]}
    answer = app.get(f"/oauth2/v1/logout?{urlencode(good)}")
    assert answer.headers["Location"] == "http://acme.localhost:8000?state=s"
    app.provider.break_rule("wrong_key")
    forged = {**target, "id_token_hint": app.tokens()["id_token"]}
    assert app.get(f"/oauth2/v1/logout?{urlencode(forged)}").status_code == 400
