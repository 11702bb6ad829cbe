"""The certified provider refuses what a provider must; its packages are pinned and installed once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from huume.tests.certified_browser import ADA, BOB, CALLBACK, CLIENT, EVE, Browser, answer, metadata, verified
from huume.tests.certified_provider import SOURCE, CertifiedProvider, installed_packages


@pytest.fixture(scope="module")
def okta() -> Iterator[CertifiedProvider]:
    with CertifiedProvider(okta_like=True, clients=[CLIENT], people=[ADA, BOB, EVE]) as provider:
        yield provider


@pytest.fixture(scope="module")
def plain() -> Iterator[CertifiedProvider]:
    with CertifiedProvider(okta_like=False, clients=[CLIENT], people=[ADA, EVE]) as provider:
        yield provider


def test_packages_that_cannot_be_fetched_are_one_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(RuntimeError, match=r"need an npm registry once.*ECONNREFUSED"):
        installed_packages(tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["lock"]


def test_a_client_that_makes_no_sense_is_a_runtime_error() -> None:
    with pytest.raises(RuntimeError, match="redirect_uris"):
        CertifiedProvider(okta_like=True, clients=[{**CLIENT, "redirect_uris": []}], people=[])


def test_a_port_in_use_is_a_runtime_error(okta: CertifiedProvider) -> None:
    with pytest.raises(RuntimeError, match="EADDRINUSE"):
        CertifiedProvider(okta_like=True, clients=[CLIENT], people=[], port=urlsplit(okta.issuer).port or 0)


def test_another_redirect_uri_stays_on_the_providers_page(okta: CertifiedProvider) -> None:
    page = Browser(okta).authorize(redirect_uri=f"{CALLBACK}/")
    assert page.status_code == 400
    assert "invalid_redirect_uri" in page.text


def test_a_request_without_pkce_is_refused(okta: CertifiedProvider) -> None:
    refused = answer(Browser(okta).authorize(code_challenge=None, code_challenge_method=None))
    assert refused["error"] == "invalid_request"


def test_another_verifier_is_refused(okta: CertifiedProvider) -> None:
    browser = Browser(okta)
    response = browser.token(browser.sign_in()["code"], code_verifier="x" * 64)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


def test_a_wrong_secret_is_refused(okta: CertifiedProvider) -> None:
    browser = Browser(okta)
    response = browser.token(browser.sign_in()["code"], client_secret="another")
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_a_code_works_once(okta: CertifiedProvider) -> None:
    browser = Browser(okta)
    code = browser.sign_in()["code"]
    assert browser.token(code).status_code == 200
    assert browser.token(code).json()["error"] == "invalid_grant"


def test_prompt_none_without_a_session_is_login_required(okta: CertifiedProvider) -> None:
    assert answer(Browser(okta).authorize(prompt="none"))["error"] == "login_required"


@pytest.mark.parametrize("variant", ["okta", "plain"])
def test_somebody_not_assigned_is_refused_in_oktas_words(variant: str, request: pytest.FixtureRequest) -> None:
    refused = Browser(request.getfixturevalue(variant)).sign_in(EVE)
    assert refused["error"] == "access_denied"
    assert refused["error_description"] == "User is not assigned to the client application."
    assert refused["state"] == "a-state"


def test_somebody_not_assigned_is_refused_again_without_the_page(okta: CertifiedProvider) -> None:
    browser = Browser(okta)
    browser.sign_in(EVE)
    assert answer(browser.authorize())["error"] == "access_denied"


def test_after_a_refusal_somebody_else_can_sign_in_with_prompt_login(okta: CertifiedProvider) -> None:
    browser = Browser(okta)
    browser.sign_in(EVE)
    switching = browser.press(browser.authorize(prompt="login"), "Ada Lovelace")
    code = answer(browser.press(switching, "Continue"))["code"]
    assert verified(okta, browser.token(code).json()["id_token"])["sub"] == ADA["sub"]


def test_par_tells_a_wrong_secret_from_a_wrong_redirect_uri(okta: CertifiedProvider) -> None:
    form = {"client_id": "huume-acme", "response_type": "code", "scope": "openid", "code_challenge": "x" * 43}
    form |= {"code_challenge_method": "S256", "client_secret": "a secret of the tests", "redirect_uri": CALLBACK}
    endpoint = metadata(okta)["pushed_authorization_request_endpoint"]
    statuses = [
        requests.post(endpoint, data=form | changed).status_code
        for changed in ({}, {"client_secret": "another"}, {"redirect_uri": f"{CALLBACK}/"})
    ]
    assert statuses == [201, 401, 400]


# Its packages.


def test_the_lock_names_no_registry_and_pins_every_package() -> None:
    packages = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    pinned = {name: package for name, package in packages.items() if name}
    assert all(package["integrity"].startswith("sha512-") for package in pinned.values())
    assert not [name for name, package in pinned.items() if "resolved" in package]


def test_packages_are_installed_once() -> None:
    assert installed_packages() == installed_packages()
    assert (installed_packages() / "node_modules" / "oidc-provider" / "package.json").is_file()
