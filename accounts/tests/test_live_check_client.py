"""The mistakes that only asking finds: a wrong client ID or secret, an unregistered redirect URI, ungranted scopes."""

from collections.abc import Iterator

import pytest

from accounts import client_keys
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.live_check_cast import acme_client, look, use_secret, with_outcome
from huume.testing import configure_okta
from tenants.models import AuthMethod, IdentityProvider, Tenant

REDIRECT_URI = "http://acme.localhost:8000/oauth2/okta/authresp"
NO_PAR = ("discovery_missing", "pushed_authorization_request_endpoint")


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    made = configure_okta(acme, okta)
    okta.forget()
    return made


@pytest.fixture
def other() -> Iterator[FakeProvider]:
    """A provider that is not Okta, and says so."""
    with FakeProvider(style="rfc9207") as running:
        acme_client(running).redirect_uris.append("http://acme.localhost:8000/oauth2/oidc/authresp")
        yield running


@pytest.fixture
def generic(acme: Tenant, other: FakeProvider) -> IdentityProvider:
    return configure_okta(acme, other, kind="oidc", slug="oidc")


def failed_authentications(okta: FakeProvider) -> list[str]:
    return [call.path for call in okta.calls if call.status == 401]


# Client ID and secret.


def test_a_wrong_secret_is_found_by_one_failed_authentication(provider: IdentityProvider, okta: FakeProvider) -> None:
    use_secret(provider, "not the secret of acme")
    line = look(provider)["client"]
    assert (line.outcome, line.found) == ("failed", "refused (invalid_client)")
    assert "Client Credentials" in line.advice
    assert failed_authentications(okta) == ["/oauth2/v1/token"]
    assert okta.calls_to("par") == []


def test_an_unknown_client_id_is_told_apart(provider: IdentityProvider, okta: FakeProvider) -> None:
    provider.client_id = "acme-cilent"
    lines = look(provider)
    assert lines["client"].found == "a client ID that is not known there (invalid_client)"
    assert failed_authentications(okta) == ["/oauth2/v1/token"]
    # The page that comes then may be about the client ID as well.
    assert lines["redirect_uri"].outcome == "unknown"


def test_a_client_without_the_code_flow_is_found(provider: IdentityProvider, okta: FakeProvider) -> None:
    okta.break_rule("token_error", "unauthorized_client")
    line = look(provider)["client"]
    assert line.outcome == "failed"
    assert "Authorization Code" in line.advice


def test_a_missing_secret_is_not_tried(provider: IdentityProvider, okta: FakeProvider) -> None:
    use_secret(provider, "")
    assert (look(provider)["client"].found) == "no client secret"
    assert okta.calls_to("token") == []


@pytest.mark.parametrize(
    ("endpoint", "value"),
    [
        *(("token", mode) for mode in ("status500", "html", "close", "redirect_loopback")),
        ("token_error", "no_code"),
        ("token_error", "an_error_nobody_defined"),
    ],
)
def test_an_answer_that_does_not_tell_is_no_verdict(
    provider: IdentityProvider, okta: FakeProvider, endpoint: str, value: str
) -> None:
    okta.break_rule(endpoint, value)
    lines = look(provider)
    assert lines["client"].outcome == "unknown"
    assert okta.calls_to("par") == []
    assert lines["redirect_uri"].outcome == "ok"


def test_a_right_secret_is_found_right(provider: IdentityProvider, okta: FakeProvider) -> None:
    assert look(provider)["client"].outcome == "ok"
    (call,) = okta.calls_to("token")
    assert call.form["redirect_uri"] == REDIRECT_URI
    assert call.form["code_verifier"]
    assert failed_authentications(okta) == []


def test_the_older_of_two_active_secrets_is_right_too(provider: IdentityProvider, okta: FakeProvider) -> None:
    acme_client(okta).secrets.insert(0, "the newer one")
    assert look(provider)["client"].outcome == "ok"


# Public key / private key.


def use_key(provider: IdentityProvider) -> None:
    provider.auth_method = AuthMethod.PRIVATE_KEY
    provider.set_client_secret("")
    provider.save()


def test_a_key_that_is_not_registered_is_found_with_the_address_to_register(
    provider: IdentityProvider, okta: FakeProvider
) -> None:
    use_key(provider)
    line = look(provider)["client"]
    assert (line.outcome, line.found) == ("failed", "refused (invalid_client)")
    assert "http://acme.localhost:8000/oidc/okta/jwks.json" in line.advice
    assert failed_authentications(okta) == ["/oauth2/v1/token"]
    assert okta.calls_to("par") == []


def test_a_registered_key_is_found_right_at_each_endpoint(provider: IdentityProvider, okta: FakeProvider) -> None:
    use_key(provider)
    client_keys.ensure_keys(provider)
    acme_client(okta).jwks = client_keys.jwks(provider)
    lines = look(provider)
    assert {lines[check].outcome for check in ("client", "redirect_uri", "scopes")} == {"ok"}
    assertions = [call.form["client_assertion"] for call in okta.calls if call.method == "POST"]
    assert len(set(assertions)) == 3


# Redirect URI: pushed, and by authorize.


@pytest.mark.parametrize("pushes", [True, False])
@pytest.mark.parametrize(
    "registered", [[], [f"{REDIRECT_URI}/"], ["http://globex.localhost:8000/oauth2/okta/authresp"]]
)
def test_an_unregistered_redirect_uri_is_found(
    provider: IdentityProvider, okta: FakeProvider, pushes: bool, registered: list[str]
) -> None:
    if not pushes:
        okta.break_rule(*NO_PAR)
    acme_client(okta).redirect_uris[:] = registered
    lines = look(provider)
    assert (lines["redirect_uri"].outcome, lines["redirect_uri"].expected) == ("failed", REDIRECT_URI)
    assert f"put exactly {REDIRECT_URI} under Sign-in redirect URIs" in lines["redirect_uri"].advice
    assert lines["scopes"].found == "not looked at, because the redirect URI is not registered"
    assert with_outcome(lines, "failed") == {"redirect_uri"}


def test_where_nothing_is_pushed_authorize_is_asked_without_prompting(
    provider: IdentityProvider, okta: FakeProvider
) -> None:
    okta.break_rule(*NO_PAR)
    lines = look(provider)
    assert {lines[check].outcome for check in ("client", "redirect_uri", "scopes")} == {"ok"}
    calls = okta.calls_to("authorize")
    assert [call.query["prompt"] for call in calls] == ["none", "none"]
    assert not any("cookie" in call.headers for call in calls)


def test_a_push_that_does_not_tell_leaves_it_to_authorize(provider: IdentityProvider, okta: FakeProvider) -> None:
    okta.break_rule("par", "status500")
    lines = look(provider)
    assert {lines[check].outcome for check in ("client", "redirect_uri", "scopes")} == {"ok"}
    assert len(okta.calls_to("par")) == 1


def test_a_wrong_secret_leaves_redirect_uri_and_scopes_to_be_found(
    provider: IdentityProvider, okta: FakeProvider
) -> None:
    use_secret(provider, "not the secret of acme")
    lines = look(provider)
    assert with_outcome(lines, "failed") == {"client"}
    assert {lines["redirect_uri"].outcome, lines["scopes"].outcome} == {"ok"}


@pytest.mark.parametrize("fault", ["callback_wrong_state", "callback_no_state", "callback_two_states"])
def test_an_answer_that_is_not_to_us_is_no_verdict(provider: IdentityProvider, okta: FakeProvider, fault: str) -> None:
    okta.break_rule(*NO_PAR)
    okta.break_rule(fault)
    assert look(provider)["redirect_uri"].outcome == "unknown"


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable", "an_error_nobody_defined"])
def test_an_error_that_does_not_tell_is_no_verdict(provider: IdentityProvider, okta: FakeProvider, error: str) -> None:
    okta.break_rule(*NO_PAR)
    okta.break_rule("callback_error", error)
    lines = look(provider)
    assert {lines["redirect_uri"].outcome, lines["scopes"].outcome} == {"unknown"}
    assert "nobody" not in lines["redirect_uri"].found


@pytest.mark.parametrize("mode", ["redirect_loopback", "status500", "status429", "html", "close"])
def test_what_is_no_answer_to_a_sign_in_is_no_verdict(
    provider: IdentityProvider, okta: FakeProvider, mode: str
) -> None:
    okta.break_rule(*NO_PAR)
    okta.break_rule("authorize", mode)
    assert look(provider)["redirect_uri"].outcome == "unknown"
    assert "/redirected" not in [call.path for call in okta.calls]


def test_somebody_signed_in_there_is_sent_back_too(provider: IdentityProvider, okta: FakeProvider) -> None:
    okta.break_rule(*NO_PAR)
    okta.auto_person = "alice"
    lines = look(provider)
    assert {lines["redirect_uri"].outcome, lines["scopes"].outcome} == {"ok"}


# Scopes.


@pytest.mark.parametrize("pushes", [True, False])
def test_ungranted_scopes_are_found_with_the_screen_to_grant_them_on(
    provider: IdentityProvider, okta: FakeProvider, pushes: bool
) -> None:
    if not pushes:
        okta.break_rule(*NO_PAR)
    acme_client(okta).granted_scopes.discard("okta.myAccount.phone.read")
    lines = look(provider)
    assert (lines["scopes"].outcome, lines["scopes"].found) == ("failed", "refused (invalid_scope)")
    assert "okta.myAccount.phone.read" in lines["scopes"].advice
    assert "Okta API Scopes" in lines["scopes"].advice
    assert "Super Admin" in lines["scopes"].advice
    assert with_outcome(lines, "failed") == {"scopes"}


@pytest.mark.parametrize("pushes", [True, False])
def test_scopes_that_need_consent_are_not_granted(provider: IdentityProvider, okta: FakeProvider, pushes: bool) -> None:
    if not pushes:
        okta.break_rule(*NO_PAR)
    okta.break_rule("scopes_refused", "consent_required")
    assert look(provider)["scopes"].found == "refused (consent_required)"


def test_a_provider_that_names_its_scopes_is_believed(generic: IdentityProvider) -> None:
    assert look(generic)["scopes"].outcome == "ok"


def test_a_provider_that_names_no_such_scopes_may_ignore_them(generic: IdentityProvider, other: FakeProvider) -> None:
    other.break_rule("discovery_says", {"scopes_supported": ["openid"]})
    assert look(generic)["scopes"].outcome == "unknown"


# Sign-out.


def test_okta_is_not_asked_about_sign_out(provider: IdentityProvider, okta: FakeProvider) -> None:
    line = look(provider)["sign_out"]
    assert (line.outcome, line.expected) == ("unknown", "http://acme.localhost:8000")
    assert okta.calls_to("logout") == []


def test_an_unregistered_sign_out_address_is_found(generic: IdentityProvider, other: FakeProvider) -> None:
    acme_client(other).post_logout_redirect_uris[:] = ["http://acme.localhost:8000/"]
    line = look(generic)["sign_out"]
    assert line.outcome == "failed"
    assert "exactly http://acme.localhost:8000, without a slash" in line.advice


def test_a_registered_sign_out_address_is_found(generic: IdentityProvider) -> None:
    assert look(generic)["sign_out"].outcome == "ok"


def test_a_provider_without_sign_out_does_not_tell(generic: IdentityProvider, other: FakeProvider) -> None:
    other.break_rule("discovery_missing", "end_session_endpoint")
    assert look(generic)["sign_out"].outcome == "unknown"
