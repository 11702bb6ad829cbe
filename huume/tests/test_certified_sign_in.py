"""Signing in and out at the certified provider, Okta-like and as it is."""

from __future__ import annotations

from collections.abc import Iterator

import jwt
import pytest
import requests

from huume.tests.certified_browser import (
    ADA,
    BOB,
    CALLBACK,
    CLIENT,
    EVE,
    MY_ACCOUNT_SCOPES,
    PLAIN_SCOPES,
    SIGNED_OUT,
    VERSIONED,
    Browser,
    answer,
    metadata,
    read,
    verified,
)
from huume.tests.certified_provider import CertifiedProvider


@pytest.fixture(scope="module")
def okta() -> Iterator[CertifiedProvider]:
    with CertifiedProvider(okta_like=True, clients=[CLIENT], people=[ADA, BOB, EVE]) as provider:
        yield provider


@pytest.fixture(scope="module")
def plain() -> Iterator[CertifiedProvider]:
    with CertifiedProvider(okta_like=False, clients=[CLIENT], people=[ADA, EVE]) as provider:
        yield provider


# A sign-in.


def test_the_page_has_a_button_for_each_person(okta: CertifiedProvider) -> None:
    browser = Browser(okta)
    page = browser.authorize()
    assert "<b>" not in page.text
    assert verified(okta, browser.tokens(BOB)["id_token"])["sub"] == BOB["sub"]


def test_a_second_authorization_goes_through_without_the_page(okta: CertifiedProvider) -> None:
    browser = Browser(okta)
    browser.sign_in()
    assert answer(browser.authorize())["code"]


def test_prompt_login_shows_the_page_again(okta: CertifiedProvider) -> None:
    browser = Browser(okta)
    browser.sign_in()
    page = browser.authorize(prompt="login")
    assert page.status_code == 200
    assert "Ada Lovelace" in page.text


def test_okta_like_has_a_thin_id_token_with_the_nonce(okta: CertifiedProvider) -> None:
    claims = verified(okta, Browser(okta).tokens()["id_token"])
    assert claims.keys() >= {"iss", "aud", "exp", "iat"}
    shown = {name: claims[name] for name in ("sub", "name", "email", "preferred_username", "nonce")}
    assert shown == {
        "sub": ADA["sub"],
        "name": ADA["name"],
        "email": ADA["email"],
        "preferred_username": ADA["email"],
        "nonce": "a-nonce",
    }
    assert not claims.keys() & {"email_verified", "given_name", "phone_number"}


def test_okta_like_neither_promises_nor_sends_iss(okta: CertifiedProvider) -> None:
    assert "authorization_response_iss_parameter_supported" not in metadata(okta)
    assert Browser(okta).sign_in().keys() == {"code", "state"}
    assert "iss" not in Browser(okta).sign_in(EVE)


def test_as_it_is_it_promises_and_sends_iss(plain: CertifiedProvider) -> None:
    assert metadata(plain)["authorization_response_iss_parameter_supported"] is True
    assert Browser(plain).sign_in()["iss"] == plain.issuer
    assert Browser(plain).sign_in(EVE)["iss"] == plain.issuer


def test_as_it_is_the_id_token_names_nobody(plain: CertifiedProvider) -> None:
    claims = verified(plain, Browser(plain).tokens()["id_token"])
    assert not claims.keys() & {"name", "email", "preferred_username"}


def test_claims_can_be_put_into_the_id_token() -> None:
    with CertifiedProvider(okta_like=False, clients=[CLIENT], people=[ADA], claims_in_id_token=True) as provider:
        claims = verified(provider, Browser(provider).tokens()["id_token"])
    assert claims.items() >= {name: ADA[name] for name in ("name", "email", "email_verified", "phone_number")}.items()


@pytest.mark.parametrize("variant", ["okta", "plain"])
def test_userinfo_has_the_person(variant: str, request: pytest.FixtureRequest) -> None:
    provider: CertifiedProvider = request.getfixturevalue(variant)
    userinfo = read(provider, "/oauth2/v1/userinfo", Browser(provider).tokens()["access_token"]).json()
    assert userinfo == {**ADA, "preferred_username": ADA["email"]}


def test_a_client_may_choose_basic_authentication() -> None:
    client = {**CLIENT, "token_endpoint_auth_method": "client_secret_basic"}
    with CertifiedProvider(okta_like=True, clients=[client], people=[ADA]) as provider:
        browser = Browser(provider)
        form = {"grant_type": "authorization_code", "code": browser.sign_in()["code"], "redirect_uri": CALLBACK}
        response = requests.post(
            f"{provider.issuer}/oauth2/v1/token",
            data=form | {"code_verifier": browser.verifier},
            auth=("huume-acme", "a+secret+of+the+tests"),
        )
    assert response.status_code == 200, response.text


# MyAccount.


def test_my_account_has_profile_emails_and_phones(okta: CertifiedProvider) -> None:
    token = Browser(okta).tokens(scope=f"{PLAIN_SCOPES} {MY_ACCOUNT_SCOPES}")["access_token"]
    profile, emails, phones = (read(okta, f"/idp/myaccount/{name}", token) for name in ("profile", "emails", "phones"))
    assert profile.headers["Content-Type"] == "application/json;okta-version=1.0.0"
    assert profile.json()["profile"]["firstName"] == "Ada"
    assert (emails.json()[0]["status"], emails.json()[0]["roles"]) == ("VERIFIED", ["PRIMARY"])
    assert emails.json()[0]["profile"] == {"email": ADA["email"]}
    assert phones.json()[0]["profile"] == {"phoneNumber": ADA["phone_number"]}


@pytest.mark.parametrize(
    ("scope", "token", "accept", "status", "code"),
    [
        (MY_ACCOUNT_SCOPES, None, "application/json", 406, "E0000149"),
        (MY_ACCOUNT_SCOPES, "another", VERSIONED, 401, "E0000011"),
        ("openid", None, VERSIONED, 403, "E0000006"),
    ],
)
def test_my_account_refuses(
    okta: CertifiedProvider, scope: str, token: str | None, accept: str, status: int, code: str
) -> None:
    token = token or Browser(okta).tokens(scope=f"openid {scope}")["access_token"]
    refused = read(okta, "/idp/myaccount/profile", token, accept)
    assert (refused.status_code, refused.json()["errorCode"]) == (status, code)


def test_my_account_is_oktas_alone(plain: CertifiedProvider) -> None:
    token = Browser(plain).tokens()["access_token"]
    assert read(plain, "/idp/myaccount/profile", token).status_code == 404


# Leaving, and new keys.


def test_another_address_after_sign_out_is_refused(okta: CertifiedProvider) -> None:
    browser = Browser(okta)
    assert browser.log_out(browser.tokens()["id_token"], f"{SIGNED_OUT}/").status_code == 400


def test_sign_out_asks_ends_the_session_and_returns(okta: CertifiedProvider) -> None:
    browser = Browser(okta)
    asked = browser.log_out(browser.tokens()["id_token"], SIGNED_OUT)
    assert "<script" not in asked.text
    done = browser.press(asked, "Yes, sign me out")
    assert done.headers["Location"] == f"{SIGNED_OUT}/?state=bye"
    assert "Who is signing in?" in browser.authorize().text


def test_new_keys_sign_while_the_old_ones_stay_published() -> None:
    with CertifiedProvider(okta_like=True, clients=[CLIENT], people=[ADA]) as provider:
        browser = Browser(provider)
        before = browser.tokens()["id_token"]
        provider.rotate_keys()
        after = browser.token(answer(browser.authorize())["code"]).json()["id_token"]
        kids = [jwt.get_unverified_header(token)["kid"] for token in (before, after)]
        assert kids[0] != kids[1]
        assert verified(provider, before)["sub"] == verified(provider, after)["sub"] == ADA["sub"]


def test_two_providers_in_one_browser_keep_their_sessions_apart(
    okta: CertifiedProvider, plain: CertifiedProvider
) -> None:
    first, second = Browser(okta), Browser(plain)
    second.session = first.session
    first.sign_in()
    second.sign_in()
    assert answer(first.authorize())["code"]
