"""Providers that are down, hang, lead elsewhere or lie: every line comes in time, and repeats nothing of theirs."""

import logging
import socket
from collections.abc import Iterator

import pytest

from accounts.live_check import runner, wire
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.fake_provider_faults import MARKUP
from accounts.tests.fake_provider_transport import MODES
from accounts.tests.live_check_cast import acme_client, look, use_secret, with_outcome
from huume import connections
from huume.connections import Resolved
from huume.logs import JsonFormatter
from huume.outbound import Client
from huume.testing import configure_okta, live_provider_row
from huume.tests.hostile_server import HostileServer
from tenants.models import IdentityProvider, Tenant

LEAK = "SENT-BY-THE-PROVIDER"
HANGING = ("hang", "drip", "drip_headers")


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    made = configure_okta(acme, okta)
    okta.forget()
    return made


@pytest.fixture
def client() -> Iterator[Client]:
    """Without connections of earlier tests, which need no name any more."""
    made = Client(allow_local=True)
    yield made
    made.close()


def leads_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def look_up(host: str, port: int) -> list[Resolved]:
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [(family, (address, port)) for family, address in zip(families, addresses, strict=True)]

    monkeypatch.setattr(connections, "look_up", look_up)


@pytest.mark.parametrize("endpoint", ["discovery", "jwks", "token", "par", "authorize"])
@pytest.mark.parametrize("mode", MODES)
def test_every_line_comes_whatever_an_endpoint_does(
    provider: IdentityProvider, okta: FakeProvider, endpoint: str, mode: str
) -> None:
    okta.break_rule(endpoint, mode)
    lines = look(provider, seconds=0.2 if mode in HANGING else 5.0)
    assert {line.outcome for line in lines.values()} <= {"ok", "failed", "unknown"}
    assert all(line.expected and line.found for line in lines.values())


def test_twenty_seconds_are_all_that_a_check_has() -> None:
    assert runner.SECONDS == 20.0


@pytest.mark.parametrize("mode", HANGING)
def test_nothing_more_is_asked_once_the_time_is_used_up(
    provider: IdentityProvider, okta: FakeProvider, mode: str
) -> None:
    okta.break_rule("token", mode)
    lines = look(provider, seconds=0.3)
    assert (lines["client"].outcome, lines["client"].found) == ("unknown", "no answer")
    assert lines["redirect_uri"].found == "not looked at, because the time that a check may take was used up"
    assert okta.calls_to("par") == okta.calls_to("authorize") == []


def test_nothing_tells_refused_closed_hanging_blocked_and_unresolvable_apart(
    provider: IdentityProvider, okta: FakeProvider, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = set()
    for mode in ("close", "hang", "drip_headers", "truncated"):
        okta.break_rule("discovery", mode)
        seen.add(tuple(look(provider, client=client, seconds=0.3).values())[:14])
    okta.stop()
    seen.add(tuple(look(provider, client=client).values())[:14])
    for addresses in ([], ["10.0.0.1"], ["169.254.169.254"], ["fd00:ec2::254"], ["8.8.8.8", "10.0.0.1"]):
        leads_to(monkeypatch, *addresses)
        seen.add(tuple(look(provider, client=client).values())[:14])
    assert len(seen) == 1


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["::1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"]])
def test_a_domain_that_leads_to_this_machine_is_not_called(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch, settings: pytest.FixtureRequest, addresses: list[str]
) -> None:
    settings.OIDC_ALLOW_LOCAL_PROVIDERS = False  # type: ignore[attr-defined]  # pytest-django's settings
    leads_to(monkeypatch, *addresses)
    lines = look(live_provider_row(acme))
    assert with_outcome(lines, "failed") == {"domain"}
    assert lines["domain"].found == "no answer"


def test_an_issuer_on_this_machine_is_not_called_unless_that_is_allowed(
    provider: IdentityProvider, okta: FakeProvider, settings: pytest.FixtureRequest
) -> None:
    settings.OIDC_ALLOW_LOCAL_PROVIDERS = False  # type: ignore[attr-defined]  # pytest-django's settings
    assert with_outcome(look(provider), "failed") == {"domain"}
    assert okta.calls == []


@pytest.mark.parametrize("endpoint", ["discovery", "jwks", "token", "par", "authorize"])
def test_no_redirect_is_followed(provider: IdentityProvider, okta: FakeProvider, endpoint: str) -> None:
    if endpoint == "authorize":
        okta.break_rule("discovery_missing", "pushed_authorization_request_endpoint")
    okta.break_rule(endpoint, "redirect_loopback")
    look(provider)
    assert "/redirected" not in [call.path for call in okta.calls]


def hostile_document(server: HostileServer) -> dict[str, object]:
    endpoints = ("authorization_endpoint", "token_endpoint", "jwks_uri", "pushed_authorization_request_endpoint")
    lists = ("response_types_supported", "id_token_signing_alg_values_supported", "code_challenge_methods_supported")
    return {
        "issuer": server.url,
        **{name: f"{server.url}/{name}?{LEAK}" for name in (*endpoints, "end_session_endpoint")},
        **{name: [MARKUP, LEAK] for name in (*lists, "scopes_supported", "token_endpoint_auth_methods_supported")},
    }


@pytest.mark.parametrize("kind", ["okta", "oidc"])
@pytest.mark.parametrize("issuer", ["its own", f"https://{LEAK.lower()}.example/{MARKUP}"])
def test_nothing_that_a_provider_sends_is_repeated(acme: Tenant, kind: str, issuer: str) -> None:
    with HostileServer() as server:
        row = live_provider_row(acme, issuer=server.url)
        row.kind = kind
        document = hostile_document(server)
        if issuer != "its own":
            document["issuer"] = issuer
        answer = {name: MARKUP + LEAK for name in ("error", "error_description", "errorSummary", "request_uri")}
        server.documents = {
            "/.well-known/openid-configuration": document,
            "/jwks_uri": {"keys": [{"kty": LEAK, "kid": MARKUP}]},
            "/authorization_endpoint": answer,
            **{f"/{name}": answer for name in ("token_endpoint", "pushed_authorization_request_endpoint")},
            "/end_session_endpoint": answer,
        }
        said = str(look(row))
    assert LEAK.lower() not in said.lower()
    assert "<" not in said


@pytest.mark.parametrize("wrong", [True, False])
def test_no_secret_code_or_verifier_is_logged_or_said(
    provider: IdentityProvider, okta: FakeProvider, caplog: pytest.LogCaptureFixture, wrong: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    use_secret(provider, "a-very-secret-secret" if wrong else "acme-secret")
    okta.break_rule("discovery_missing", "pushed_authorization_request_endpoint")
    said = str(look(provider))
    (call,) = okta.calls_to("token")
    secrets = {"a-very-secret-secret", "acme-secret", call.form["code"], call.form["code_verifier"]}
    written = "\n".join([said, *map(JsonFormatter().format, caplog.records)])
    assert not [secret for secret in secrets if secret in written]


def test_a_secret_that_cannot_be_read_is_not_sent(provider: IdentityProvider, okta: FakeProvider) -> None:
    provider.client_secret = type(provider.client_secret)("v1:broken")
    lines = look(provider)
    assert lines["client"].outcome == "failed"
    assert okta.calls_to("token") == okta.calls_to("par") == []


def test_a_mistake_of_ours_costs_one_line(
    provider: IdentityProvider, okta: FakeProvider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(run: object) -> None:
        raise ZeroDivisionError("acme-secret")

    monkeypatch.setattr(runner, "LOOKS", {**runner.LOOKS, "jwks": stumble})
    lines = look(provider)
    assert (lines["jwks"].outcome, lines["client"].outcome) == ("unknown", "ok")
    assert [record.message for record in caplog.records] == ["live check went wrong"]
    assert "acme-secret" not in JsonFormatter().format(caplog.records[0])


def test_the_connection_is_given_back_before_each_call(
    provider: IdentityProvider, okta: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back: list[int] = []
    monkeypatch.setattr(wire, "release_connection", lambda: given_back.append(len(okta.calls)))
    look(provider)
    assert given_back == list(range(len(okta.calls)))


def test_a_push_that_is_refused_is_not_a_second_failed_authentication(
    provider: IdentityProvider, okta: FakeProvider
) -> None:
    okta.break_rule("par", "status401")
    look(provider)
    assert [call.path for call in okta.calls if call.status == 401] == ["/oauth2/v1/par"]


def test_a_provider_that_others_wait_for_is_left_alone(
    provider: IdentityProvider, okta: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.provider_places.MOST_FOR_ONE", 0)
    lines = look(provider)
    assert with_outcome(lines, "unknown") == set(lines)
    assert okta.calls == []
    assert acme_client(okta).secrets == ["acme-secret"]
