"""The demo directory's console: there only where it was asked for, and what is saved in it applies at once."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests

from accounts.tests.fake_provider import DEFAULT_CLIENTS, FakeClient, FakeProvider, NoCallback, demo_people
from accounts.tests.fake_provider_app import ACME, MYACCOUNT, App

ADDRESS = ACME.redirect_uris[0]
FORM = {"name": "Huume", "redirect_uris": ADDRESS, "assigned": "everybody", "authentication": "secret"}


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider(people=demo_people(), console=True) as provider:
        yield provider


@pytest.fixture
def app(provider: FakeProvider) -> Iterator[App]:
    app = App(provider)
    yield app
    app.close()


def post(provider: FakeProvider, path: str, **form: Any) -> requests.Response:
    return requests.post(f"{provider.address}/console/{path}", form, timeout=5, allow_redirects=False)


def page(provider: FakeProvider, path: str = "") -> str:
    return requests.get(f"{provider.address}/console/{path}", timeout=5).text


def now(provider: FakeProvider, client_id: str) -> FakeClient:
    client = provider.client(client_id)
    assert client
    return client


def created(provider: FakeProvider, **form: Any) -> FakeClient:
    """A new application, with what the form says if there is one."""
    path = urlsplit(post(provider, "").headers["Location"]).path.removeprefix("/console/")
    if form:
        assert post(provider, path, **form).status_code == 303
    return now(provider, unquote(path).rstrip("/"))


@pytest.mark.parametrize("path", ["", "acme-client/"])
def test_it_is_not_there_unless_asked_for(path: str) -> None:
    with FakeProvider() as provider:
        assert requests.get(f"{provider.address}/console/{path}", timeout=5).status_code == 404
        assert post(provider, path, **FORM).status_code == 404
        assert "console" not in requests.get(provider.address, timeout=5).text


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "directory.example"])  # noqa: S104
def test_it_is_for_this_machine_alone(host: str) -> None:
    with pytest.raises(ValueError, match="this machine alone"):
        FakeProvider(host=host, console=True)


def test_application_that_is_not_there_is_none(provider: FakeProvider) -> None:
    answer = requests.get(f"{provider.address}/console/0oaNobody/", timeout=5)
    assert answer.status_code == 404
    assert "no such application" in answer.text
    assert post(provider, "0oaNobody/", **FORM).status_code == 404


def test_markup_is_shown_and_not_obeyed(provider: FakeProvider) -> None:
    evil = '"><script>alert(1)</script>'
    client = created(provider, **FORM | {"name": evil, "redirect_uris": f"</textarea>{evil}", "jwks_uri": evil})
    for shown in (page(provider), page(provider, f"{client.client_id}/?told={evil}"), page(provider, evil)):
        assert "<script" not in shown
    assert "&lt;/textarea&gt;" in page(provider, f"{client.client_id}/")


def test_new_application_lets_nobody_in_and_knows_no_address(app: App) -> None:
    client = created(app.provider)
    assert (client.redirect_uris, client.granted_scopes, client.assigned) == ([], set(), False)
    assert client.client_id.startswith("0oa")
    with pytest.raises(NoCallback):
        app.provider.authorize(app.url(client_id=client.client_id), person="heidi")
    client.redirect_uris = [ADDRESS]
    assert app.answer("heidi", client_id=client.client_id)["error"] == ["access_denied"]
    assert app.answer("heidi", client_id=client.client_id, scope=f"openid {MYACCOUNT}")["error"] == ["invalid_scope"]


def test_two_applications_have_nothing_in_common(provider: FakeProvider) -> None:
    one, other = created(provider), created(provider)
    assert one.client_id != other.client_id
    assert one.secrets != other.secrets


def test_what_is_saved_applies_at_once(app: App) -> None:
    client = created(app.provider, **FORM, scopes=MYACCOUNT.split(), sign_out_uris="http://one\r\n\r\n http://two ")
    answer = app.answer("heidi", client_id=client.client_id, scope=f"openid {MYACCOUNT}")
    assert "code" in answer
    token = app.exchange(answer["code"][0], client_id=client.client_id, client_secret=client.secrets[0])
    assert token.status_code == 200
    assert client.post_logout_redirect_uris == ["http://one", "http://two"]
    assert f">{ADDRESS}</textarea>" in page(app.provider, f"{client.client_id}/").replace("\n", "")


def test_scope_that_is_none_of_those_offered_is_not_granted(provider: FakeProvider) -> None:
    assert created(provider, **FORM, scopes=["okta.users.manage"]).granted_scopes == set()


def test_people_of_others_are_not_let_in(app: App) -> None:
    client = created(app.provider, **FORM)
    assert app.answer("alice", client_id=client.client_id)["error"] == ["access_denied"]
    assert "heidi.quay" not in app.visit().text


def test_both_secrets_serve_until_one_is_deactivated(app: App) -> None:
    path = f"{ACME.client_id}/"
    post(app.provider, path, **FORM, secret="add")
    first, second = now(app.provider, ACME.client_id).secrets
    for secret in (first, second):
        assert app.exchange("made-up", client_secret=secret).json()["error"] == "invalid_grant"
    post(app.provider, path, **FORM, secret="deactivate-0")
    assert app.exchange("made-up", client_secret=first).json()["error"] == "invalid_client"
    assert app.exchange("made-up", client_secret=second).json()["error"] == "invalid_grant"
    post(app.provider, path, **FORM, secret="activate-0")
    assert app.exchange("made-up", client_secret=first).json()["error"] == "invalid_grant"


def test_default_applications_stay_as_they_are_for_other_directories(app: App) -> None:
    before = deepcopy(DEFAULT_CLIENTS)
    post(app.provider, f"{ACME.client_id}/", name="Changed", secret="add")
    assert now(app.provider, ACME.client_id).name == "Changed"
    assert before == DEFAULT_CLIENTS


def test_third_secret_is_refused_until_one_is_deleted(provider: FakeProvider) -> None:
    client = created(provider, **FORM, secret="add")
    path = f"{client.client_id}/"
    assert "told=enough-secrets" in post(provider, path, **FORM, secret="add").headers["Location"]
    post(provider, path, **FORM, secret="deactivate-1")
    post(provider, path, **FORM, secret="delete-0")
    kept = now(provider, client.client_id)
    assert (kept.secrets, kept.inactive_secrets) == (client.secrets[:1], [])


@pytest.mark.parametrize("asked", ["deactivate-9", "delete-0", "deactivate-", "deactivate--1", "explode-0"])
def test_secret_that_is_not_there_changes_none(provider: FakeProvider, asked: str) -> None:
    client = created(provider)
    assert post(provider, f"{client.client_id}/", **FORM, secret=asked).status_code == 303
    kept = now(provider, client.client_id)
    assert (kept.secrets, kept.inactive_secrets) == (client.secrets, [])


def test_public_key_takes_the_place_of_the_secret_and_gives_it_back(app: App) -> None:
    client = created(app.provider, **FORM)
    given = {"client_id": client.client_id, "client_secret": client.secrets[0]}
    keys = FORM | {"authentication": "keys"}
    assert "told=no-keys" in post(app.provider, f"{client.client_id}/", **keys).headers["Location"]
    post(app.provider, f"{client.client_id}/", **keys, jwks_uri="http://acme.localhost:1/jwks.json")
    assert app.exchange("made-up", **given).json()["error"] == "invalid_client"
    post(app.provider, f"{client.client_id}/", **FORM)
    assert app.exchange("made-up", **given).json()["error"] == "invalid_grant"


def test_what_was_changed_is_there_after_a_restart(tmp_path: Path) -> None:
    kept = tmp_path / "console.json"
    with FakeProvider(host="localhost", console=True, kept_in=kept) as provider:
        made = requests.post(f"{provider.address}/console/", allow_redirects=False).headers["Location"]
        client_id = made.split("/")[2]
        untouched = [client for client in provider.clients if client.client_id != client_id]
        made_secrets = provider.client(client_id).secrets  # type: ignore[union-attr]  # it was just made
    assert kept.stat().st_mode & 0o777 == 0o600
    with FakeProvider(host="localhost", console=True, kept_in=kept) as again:
        found = again.client(client_id)
        assert found is not None
        assert found.secrets == made_secrets
        assert again.clients[: len(untouched)] == untouched


@pytest.mark.parametrize("damaged", ["", "{", "[{}]", "[1]", '[{"client_id": "x", "granted_scopes": 1}]'])
def test_a_damaged_file_counts_as_none(tmp_path: Path, damaged: str) -> None:
    kept = tmp_path / "console.json"
    kept.write_text(damaged)
    provider = FakeProvider(host="localhost", console=True, kept_in=kept)
    assert provider.clients == list(provider.given)
