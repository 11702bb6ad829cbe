"""The address that ends the session at the provider."""

from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.oidc.logout import end_session_url


def query(
    endpoint: str = "https://acme.okta.com/oauth2/v1/logout", uri: str = "https://acme.huume.app", state: str = "s"
) -> dict[str, list[str]]:
    url = end_session_url(endpoint, id_token="a.b.c", client_id="0oa1", post_logout_redirect_uri=uri, state=state)
    return parse_qs(urlsplit(url).query, keep_blank_values=True)


def test_the_endpoints_query_replaces_nothing() -> None:
    assert query("https://login.example/out?p=1&state=evil&id_token_hint=evil") == {"p": ["1"], **query()}


@pytest.mark.parametrize("uri", ["https://acme.huume.app", "https://acme.huume.app/", "http://acme.localhost:8000"])
def test_the_return_address_is_sent_as_it_is(uri: str) -> None:
    assert query(uri=uri)["post_logout_redirect_uri"] == [uri]


def test_everything_that_providers_ask_for_is_there() -> None:
    expected = {
        "id_token_hint": "a.b.c",
        "client_id": "0oa1",
        "post_logout_redirect_uri": "https://acme.huume.app",
        "state": "s",
    }
    assert query() == {name: [value] for name, value in expected.items()}


def test_an_empty_state_is_left_out() -> None:
    assert "state" not in query(state="")
