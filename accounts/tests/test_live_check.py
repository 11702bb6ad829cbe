"""The live check's lines about the provider's documents, its clock and its pace, each good and each broken."""

from typing import Any

import pytest

from accounts.live_check import CHECKS, pace
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.live_check_cast import UNTOLD, acme_client, look, with_outcome
from huume.testing import configure_okta
from tenants.models import IdentityProvider, Tenant

AFTER_DISCOVERY = set(CHECKS[CHECKS.index("discovery") + 1 : CHECKS.index("clock")])
ENDPOINTS = ["token_endpoint", "jwks_uri", "authorization_endpoint", "userinfo_endpoint", "end_session_endpoint"]


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    made = configure_okta(acme, okta)
    okta.forget()
    return made


def test_a_good_provider_fails_nothing(provider: IdentityProvider, okta: FakeProvider) -> None:
    lines = look(provider)
    assert with_outcome(lines, "failed") == set()
    assert with_outcome(lines, "unknown") == UNTOLD
    assert not any(line.advice for line in lines.values() if line.outcome == "ok")
    assert [call.path for call in okta.calls].count("/.well-known/openid-configuration") == 1


def test_what_is_stored_of_the_document_is_not_believed(provider: IdentityProvider, okta: FakeProvider) -> None:
    look(provider)
    okta.break_rule("discovery_missing", "jwks_uri")
    assert look(provider)["endpoints"].outcome == "failed"


def test_a_provider_without_a_domain_is_not_called(provider: IdentityProvider, okta: FakeProvider) -> None:
    provider.issuer = ""
    lines = look(provider)
    assert with_outcome(lines, "failed") == {"domain"}
    assert lines["client"].found == "not looked at, because there is no usable domain"
    assert okta.calls == []


def test_a_provider_that_is_down_is_said_to_be_and_nothing_else(provider: IdentityProvider, okta: FakeProvider) -> None:
    okta.stop()
    lines = look(provider)
    assert with_outcome(lines, "failed") == {"domain"}
    assert with_outcome(lines, "unknown") == set(lines) - {"domain"}
    assert lines["domain"].found == "no answer"
    assert all(line.found.startswith("not looked at, because ") for line in lines.values() if line.outcome == "unknown")


@pytest.mark.parametrize(
    ("mode", "found"),
    [
        ("status500", "an answer with status 500"),
        ("status404", "an answer with status 404"),
        ("html", "an answer that is not JSON"),
        ("array", "an answer that is not JSON"),
        ("deep", "an answer that is not JSON"),
        ("huge", "an answer of more than 1 MiB"),
        ("bomb", "an answer of more than 1 MiB"),
        ("redirect_loopback", "a redirect to another address, which is not followed"),
    ],
)
def test_a_document_that_is_none_fails_discovery(
    provider: IdentityProvider, okta: FakeProvider, mode: str, found: str
) -> None:
    okta.break_rule("discovery", mode)
    lines = look(provider)
    assert lines["domain"].outcome == "ok"
    assert (lines["discovery"].outcome, lines["discovery"].found) == ("failed", found)
    assert with_outcome(lines, "failed") == {"discovery"}
    assert with_outcome(lines, "unknown") >= AFTER_DISCOVERY


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("discovery_other_issuer", "another issuer"),
        ("discovery_issuer_slash", "the same, but for a slash at the end"),
        ("discovery_no_issuer", "no issuer"),
    ],
)
def test_another_issuer_is_found_and_gets_no_secret(
    provider: IdentityProvider, okta: FakeProvider, fault: str, found: str
) -> None:
    okta.break_rule(fault)
    lines = look(provider)
    assert (lines["issuer"].outcome, lines["issuer"].expected, lines["issuer"].found) == ("failed", okta.issuer, found)
    assert with_outcome(lines, "failed") == {"issuer"}
    assert [call.path for call in okta.calls] == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize("member", ENDPOINTS)
@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("discovery_http_endpoint", "it does not begin with https://"),
        ("discovery_foreign_endpoint", "it is not on the issuer's host"),
        ("discovery_endpoint_number", "it is not text"),
    ],
)
def test_an_endpoint_that_must_not_be_used_is_named_and_not_called(
    provider: IdentityProvider, okta: FakeProvider, fault: str, problem: str, member: str
) -> None:
    okta.break_rule(fault, member)
    lines = look(provider)
    assert (lines["endpoints"].outcome, lines["endpoints"].found) == ("failed", f"{member}: {problem}")


@pytest.mark.parametrize(
    ("member", "lost"),
    [("token_endpoint", "client"), ("jwks_uri", "jwks"), ("authorization_endpoint", "")],
)
def test_a_missing_endpoint_is_named(provider: IdentityProvider, okta: FakeProvider, member: str, lost: str) -> None:
    okta.break_rule("discovery_missing", member)
    lines = look(provider)
    assert lines["endpoints"].found == f"{member}: it is missing"
    if lost:
        assert lines[lost].found == f"not looked at, because there is no usable {member}"


@pytest.mark.parametrize(
    ("members", "failing", "found"),
    [
        ({"response_types_supported": ["id_token"]}, "flow", "other flows only"),
        ({"response_types_supported": "code"}, "flow", "other flows only"),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, "signing", "none of these"),
        ({"code_challenge_methods_supported": ["plain"]}, "pkce", "other methods only"),
        ({"code_challenge_methods_supported": None}, "pkce", "other methods only"),
    ],
)
def test_what_a_provider_does_not_offer_is_found(
    provider: IdentityProvider, okta: FakeProvider, members: dict[str, Any], failing: str, found: str
) -> None:
    okta.break_rule("discovery_says", members)
    lines = look(provider)
    assert (lines[failing].outcome, lines[failing].found) == ("failed", found)
    assert with_outcome(lines, "failed") == {failing}
    assert lines[failing].advice


@pytest.mark.parametrize(
    ("member", "check", "outcome"),
    [
        ("response_types_supported", "flow", "failed"),
        ("id_token_signing_alg_values_supported", "signing", "failed"),
        ("code_challenge_methods_supported", "pkce", "unknown"),
    ],
)
def test_what_a_document_does_not_speak_of(
    provider: IdentityProvider, okta: FakeProvider, member: str, check: str, outcome: str
) -> None:
    okta.break_rule("discovery_missing", member)
    assert look(provider)[check].outcome == outcome


@pytest.mark.parametrize("fault", ["jwks_empty", "jwks_broken", "jwks_not_a_list", "jwks_symmetric"])
def test_a_key_set_without_a_usable_key_fails(provider: IdentityProvider, okta: FakeProvider, fault: str) -> None:
    okta.break_rule(fault)
    lines = look(provider)
    assert (lines["jwks"].outcome, lines["jwks"].found) == ("failed", "no key that can be used")


@pytest.mark.parametrize("mode", ["close", "status503", "html", "huge", "redirect_loopback"])
def test_a_key_set_that_does_not_come_fails_alone(provider: IdentityProvider, okta: FakeProvider, mode: str) -> None:
    okta.break_rule("jwks", mode)
    assert with_outcome(look(provider), "failed") == {"jwks"}


def test_a_clock_that_is_wrong_fails(provider: IdentityProvider, okta: FakeProvider) -> None:
    okta.break_rule("clock", -3600)
    line = look(provider)["clock"]
    assert line.outcome == "failed"
    assert line.found in ("3599 s apart", "3600 s apart", "3601 s apart")


def test_a_clock_within_our_leeway_is_fine(provider: IdentityProvider, okta: FakeProvider) -> None:
    okta.break_rule("clock", 50)
    assert look(provider)["clock"].outcome == "ok"


def test_a_clock_that_is_not_told_is_unknown(provider: IdentityProvider, okta: FakeProvider) -> None:
    okta.break_rule("clock", "silent")
    assert look(provider)["clock"].outcome == "unknown"


def test_slow_answers_fail_with_their_figures(
    provider: IdentityProvider, okta: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "SLOW", 0.1)
    okta.break_rule("jwks", "slow:0.12")
    line = look(provider)["speed"]
    assert line.outcome == "failed"
    assert line.found.startswith("5 answers, the slowest in 0.1")


@pytest.mark.parametrize("kind", ["oidc", "entra", "google"])
def test_every_kind_of_provider_is_advised(provider: IdentityProvider, okta: FakeProvider, kind: str) -> None:
    provider.kind = kind
    acme_client(okta).redirect_uris.clear()
    line = look(provider)["redirect_uri"]
    assert line.outcome == "failed"
    assert "http://acme.localhost:8000/oauth2/okta/authresp" in line.advice
    assert "%(" not in line.advice
