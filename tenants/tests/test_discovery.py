"""Which documents of a provider are believed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from huume.outbound import Client
from huume.tests.hostile_server import HostileServer
from tenants.discovery import DiscoveryError, Domain, Metadata, discover, fetch, with_parameters

WELL_KNOWN = "/.well-known/openid-configuration"


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client(allow_local=True, total_timeout=2.0)
    yield made
    made.close()


def document(issuer: str, /, **changes: Any) -> dict[str, Any]:
    """A document as Okta's org authorization server has it; a change to None removes the member."""
    base = issuer.removesuffix("/")
    members = {
        "issuer": issuer,
        "authorization_endpoint": f"{base}/oauth2/v1/authorize",
        "token_endpoint": f"{base}/oauth2/v1/token",
        "userinfo_endpoint": f"{base}/oauth2/v1/userinfo",
        "jwks_uri": f"{base}/oauth2/v1/keys",
        "end_session_endpoint": f"{base}/oauth2/v1/logout",
        "response_types_supported": ["code", "id_token"],
        "id_token_signing_alg_values_supported": ["HS256", "RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": ["openid", "email"],
        "code_challenge_methods_supported": ["S256"],
        **changes,
    }
    return {name: value for name, value in members.items() if value is not None}


def refusal(
    client: Client, server: HostileServer, changes: dict[str, Any], *, same_host: bool = True
) -> DiscoveryError:
    server.documents[WELL_KNOWN] = document(server.url, **changes)
    with pytest.raises(DiscoveryError) as caught:
        fetch(client, server.url, same_host=same_host, allow_local=True)
    return caught.value


@pytest.mark.parametrize("issuer", ["https://evil.example", "http://127.0.0.1", 7, None, ["x"]])
def test_a_document_that_names_another_issuer_is_refused(client: Client, server: HostileServer, issuer: object) -> None:
    assert refusal(client, server, {"issuer": issuer}).reason == "issuer_mismatch"


@pytest.mark.parametrize("change", [str.upper, lambda issuer: issuer + "/", lambda issuer: issuer + " "])
def test_an_issuer_in_another_spelling_is_refused(client: Client, server: HostileServer, change: Any) -> None:
    assert refusal(client, server, {"issuer": change(server.url)}).reason == "issuer_mismatch"


@pytest.mark.parametrize(
    "member",
    [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "response_types_supported",
        "id_token_signing_alg_values_supported",
    ],
)
@pytest.mark.parametrize("value", [None, "", []])
def test_a_document_without_a_required_member_is_refused(
    client: Client, server: HostileServer, member: str, value: object
) -> None:
    error = refusal(client, server, {member: value})
    assert error.reason == ("endpoint" if value == [] and not member.endswith("supported") else "incomplete")
    assert member in error.detail


@pytest.mark.parametrize("member", ["authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"])
@pytest.mark.parametrize(
    "url",
    [
        "http://acme.example/x", "javascript:alert(1)", "https://me:pw@acme.example/x", "https://acme.example/x#y",
        "https://acme.example:8443/x", "https://10.0.0.1/x", "https://acme.example/a b", "https://acme.example/\"><b>",
        "//acme.example/x", "/x", "https://acme.example\\@evil.example/", "https://acme.example/" + "x" * 3000, 7,
        {"a": 1},
    ],
)  # fmt: skip
def test_an_endpoint_that_is_no_plain_https_url_is_refused(
    client: Client, server: HostileServer, member: str, url: object
) -> None:
    assert refusal(client, server, {member: url}, same_host=False).reason == "endpoint"


@pytest.mark.parametrize(
    "member",
    [
        "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint",
        "pushed_authorization_request_endpoint",
    ],
)  # fmt: skip
@pytest.mark.parametrize("origin", ["https://evil.example", "http://acme.localhost:{port}", "http://127.0.0.1:1"])
def test_an_endpoint_on_another_host_is_refused_where_one_host_is_due(
    client: Client, server: HostileServer, member: str, origin: str
) -> None:
    error = refusal(client, server, {member: origin.format(port=server.port) + "/x"})
    assert (error.reason, error.detail.endswith("not on the issuer's host.")) == ("endpoint", True)


def test_a_provider_without_code_flow_is_refused(client: Client, server: HostileServer) -> None:
    assert refusal(client, server, {"response_types_supported": ["id_token"]}).reason == "unsupported"


@pytest.mark.parametrize("algorithms", [["HS256"], ["none"], ["rs256", "EdDSA"]])
def test_a_provider_without_an_accepted_signature_is_refused(
    client: Client, server: HostileServer, algorithms: list[str]
) -> None:
    assert refusal(client, server, {"id_token_signing_alg_values_supported": algorithms}).reason == "unsupported"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/html", "not_json"),
        ("/error", "status"),
        ("/large", "too_large"),
        ("/redirect", "redirect"),
        ("/no", "status"),
    ],
)
def test_an_answer_that_is_no_document_is_refused(
    client: Client, server: HostileServer, path: str, reason: str
) -> None:
    server.aliases[f"{path}{WELL_KNOWN}"] = path
    with pytest.raises(DiscoveryError) as caught:
        fetch(client, server.url + path, same_host=True, allow_local=True)
    assert caught.value.reason == reason


def test_a_provider_that_hangs_is_given_up(server: HostileServer) -> None:
    server.aliases[WELL_KNOWN] = "/hang"
    with pytest.raises(DiscoveryError) as caught:
        fetch(Client(allow_local=True, total_timeout=0.2), server.url, same_host=True, allow_local=True)
    assert caught.value.reason == "too_late"


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:9", "https://localhost", "https://10.0.0.1"])
def test_an_issuer_inside_is_not_asked(issuer: str) -> None:
    with pytest.raises(DiscoveryError) as caught:
        fetch(Client(), issuer, same_host=False)
    assert caught.value.reason == "bad_issuer"


def test_a_domain_that_leads_inside_is_blocked() -> None:
    with pytest.raises(DiscoveryError) as caught:
        discover(Client(), Domain("acme.localhost"), same_host=True)
    assert caught.value.reason == "blocked"


@pytest.mark.parametrize(
    "issuer", ["https://x.example/{tenantid}/v2.0", "http://x.example", "https://10.0.0.1", "https://x.example?a"]
)
def test_a_domain_whose_document_names_no_usable_issuer_is_refused(
    client: Client, server: HostileServer, issuer: str
) -> None:
    server.documents[WELL_KNOWN] = document(server.url, issuer=issuer)
    with pytest.raises(DiscoveryError) as caught:
        discover(client, Domain(f"127.0.0.1:{server.port}"), same_host=True, allow_local=True)
    assert caught.value.reason == "bad_issuer"


def test_a_domain_whose_issuer_does_not_name_itself_is_refused(client: Client, server: HostileServer) -> None:
    with HostileServer() as named:
        server.documents[WELL_KNOWN] = document(server.url, issuer=named.url)
        named.documents[WELL_KNOWN] = document("https://third.example")
        with pytest.raises(DiscoveryError) as caught:
            discover(client, Domain(f"127.0.0.1:{server.port}"), same_host=True, allow_local=True)
    assert caught.value.reason == "issuer_mismatch"


def test_a_custom_domain_is_followed_to_its_issuer_and_takes_the_endpoints_from_there(
    client: Client, server: HostileServer
) -> None:
    with HostileServer() as named:
        server.documents[WELL_KNOWN] = document(server.url, issuer=named.url)
        named.documents[WELL_KNOWN] = document(named.url)
        domain = Domain(f"127.0.0.1:{server.port}")
        metadata, differs = discover(client, domain, client_id="0oa1", same_host=True, allow_local=True)
        assert (metadata.issuer, metadata.token_endpoint) == (named.url, f"{named.url}/oauth2/v1/token")
        assert named.requests[0][1] == f"{WELL_KNOWN}?client_id=0oa1"
    assert differs


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_domain_that_names_itself_is_asked_once(client: Client, server: HostileServer, slash: str) -> None:
    server.documents[WELL_KNOWN] = document(server.url + slash)
    metadata, differs = discover(client, Domain(f"127.0.0.1:{server.port}"), same_host=True, allow_local=True)
    assert (metadata.issuer, differs, len(server.requests)) == (server.url + slash, False, 1)


def test_an_issuer_with_path_and_slash_is_asked_at_its_own_path(client: Client, server: HostileServer) -> None:
    issuer = server.url + "/oauth2/default/"
    server.documents["/oauth2/default" + WELL_KNOWN] = document(issuer)
    assert fetch(client, issuer, same_host=True, allow_local=True).issuer == issuer


def test_the_client_id_is_quoted(client: Client, server: HostileServer) -> None:
    server.documents[WELL_KNOWN] = document(server.url)
    fetch(client, server.url, client_id="a&b=c", same_host=True, allow_local=True)
    assert server.requests[0][1] == f"{WELL_KNOWN}?client_id=a%26b%3Dc"


def test_what_is_read_is_what_the_document_says(client: Client, server: HostileServer) -> None:
    server.documents[WELL_KNOWN] = document(
        server.url, authorization_response_iss_parameter_supported=True, claims_supported=["sub", "a\0b", 7, "name"]
    )
    metadata = fetch(client, server.url, same_host=True, allow_local=True)
    assert metadata.signing_algorithms == ("RS256",)
    assert metadata.token_auth_methods == ("client_secret_basic", "client_secret_post")
    assert (metadata.claims, metadata.response_iss) == (("sub", "name"), True)
    assert metadata.pushed_authorization_request_endpoint == ""


def test_only_true_promises_an_issuer_in_the_answer(client: Client, server: HostileServer) -> None:
    server.documents[WELL_KNOWN] = document(server.url, authorization_response_iss_parameter_supported="false")
    assert not fetch(client, server.url, same_host=True, allow_local=True).response_iss


def test_endpoints_on_other_hosts_serve_where_they_may(client: Client, server: HostileServer) -> None:
    server.documents[WELL_KNOWN] = document(server.url, userinfo_endpoint="https://graph.example/userinfo?v=1")
    metadata = fetch(client, server.url, same_host=False, allow_local=True)
    assert metadata.userinfo_endpoint == "https://graph.example/userinfo?v=1"


def test_the_default_of_client_authentication_is_basic(client: Client, server: HostileServer) -> None:
    server.documents[WELL_KNOWN] = document(server.url, token_endpoint_auth_methods_supported=None)
    assert fetch(client, server.url, same_host=True, allow_local=True).token_auth_methods == ("client_secret_basic",)


def test_metadata_survives_json(client: Client, server: HostileServer) -> None:
    server.documents[WELL_KNOWN] = document(server.url)
    metadata = fetch(client, server.url, same_host=True, allow_local=True)
    assert Metadata.from_json(json.loads(json.dumps({**metadata.to_json(), "new": 1}))) == metadata


def test_stored_metadata_that_lacks_a_member_is_refused() -> None:
    with pytest.raises(DiscoveryError) as caught:
        Metadata.from_json({"issuer": "https://acme.okta.com"})
    assert caught.value.reason == "incomplete"


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("https://a.example/x", "https://a.example/x?k=v+w"),
        ("https://a.example/x?p=1", "https://a.example/x?p=1&k=v+w"),
    ],
)
def test_parameters_are_added_to_a_query_that_is_there(endpoint: str, url: str) -> None:
    assert with_parameters(endpoint, {"k": "v w"}) == url
