"""The authorization request, the answer to it, and the token endpoint's answer."""

from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from accounts.oidc.errors import (
    IssuerMismatch,
    ProviderRefused,
    ProviderUnreachable,
    SignInError,
    StrayAnswer,
    TokenEndpointRefused,
    TokenRefused,
)
from accounts.oidc.keys import MAX_TOKEN
from accounts.oidc.requests import (
    MAX_CODE,
    authorization_url,
    check_response_issuer,
    code_challenge,
    new_secret,
    read_answer,
    read_token_response,
    scopes_for,
)
from accounts.oidc.tests.signing import GARBAGE, ISSUER

STATE = "s" * 43
MY_ACCOUNT = "okta.myAccount.email.read okta.myAccount.phone.read okta.myAccount.profile.read"
SECRET = "Qm9ndXMtc2VjcmV0LXZhbHVlLTEyMzQ1Njc4OTA"
TOKENS = {"access_token": "at", "id_token": "a.b.c", "token_type": "Bearer", "expires_in": 3600}


def url(endpoint: str = "https://acme.okta.com/oauth2/v1/authorize", **changes: str) -> str:
    ours = {"client_id": "0oa1", "redirect_uri": "https://acme.huume.app/oauth2/okta/authresp", "scope": "openid email"}
    return authorization_url(endpoint, **{**ours, "state": STATE, "nonce": "n", "verifier": "v" * 43, **changes})


@pytest.mark.parametrize("parameters", [{}, {"code": "c"}, {"state": ""}, {"state": []}, {"state": [""]}])
def test_an_answer_without_state_is_stray(parameters: dict[str, Any]) -> None:
    with pytest.raises(StrayAnswer) as caught:
        read_answer(parameters)
    assert caught.value.code == "answer_no_state"


def test_two_states_are_refused() -> None:
    with pytest.raises(StrayAnswer) as caught:
        read_answer({"state": [STATE, STATE], "code": "c"})
    assert caught.value.code == "answer_ambiguous"


@pytest.mark.parametrize("state", ["a\0b", "é", "a b", "x" * 129, "\ud800", "a.b", "' or 1=1", f"{STATE}\n"])
def test_a_state_not_of_our_making_is_refused(state: str) -> None:
    with pytest.raises(StrayAnswer) as caught:
        read_answer({"state": state, "code": "c"})
    assert caught.value.code == "answer_malformed"


@pytest.mark.parametrize(
    "extra", [{"code": ["a", "b"]}, {"error": ["a", "b"]}, {"iss": ["a", "b"]}, {"code": "c", "error": "e"}], ids=ascii
)
def test_an_ambiguous_answer_gives_no_code(extra: dict[str, Any]) -> None:
    with pytest.raises(StrayAnswer) as caught:
        read_answer({"state": STATE, "code": "c", **extra}).require_code()
    assert caught.value.code == "answer_ambiguous"


@pytest.mark.parametrize(
    "code", ["", "a\0b", "é", "a\r\nb", "x" * (MAX_CODE + 1), "\ud800"], ids=lambda v: ascii(v)[:20]
)
def test_a_code_that_is_none_is_refused(code: str) -> None:
    with pytest.raises(StrayAnswer) as caught:
        read_answer({"state": STATE, "code": code}).require_code()
    assert caught.value.code == ("answer_malformed" if code else "answer_no_code")


def test_an_answer_with_neither_code_nor_error_is_refused() -> None:
    with pytest.raises(StrayAnswer) as caught:
        read_answer({"state": STATE}).require_code()
    assert caught.value.code == "answer_no_code"


@pytest.mark.parametrize(
    ("error", "description", "code", "status"),
    [
        ("access_denied", "User is not assigned to the client application.", "not_assigned", 403),
        ("access_denied", "USER IS NOT ASSIGNED TO THE CLIENT APPLICATION", "not_assigned", 403),
        ("access_denied", "AADSTS50105: The signed in user is not assigned to a role", "not_assigned", 403),
        ("access_denied", "The resource owner or authorization server denied the request.", "access_denied", 403),
        ("access_denied", "", "access_denied", 403),
        ("access_denied", "Policy evaluation failed for this request, please check", "policy_refused", 403),
        ("login_required", "User is not assigned to the client application.", "login_required", 400),
        ("interaction_required", "", "login_required", 400),
        ("consent_required", "You are not allowed any of the requested scopes.", "consent_required", 400),
        ("invalid_scope", "Custom scopes are not allowed for this request.", "invalid_scope", 400),
        ("unauthorized_client", "", "client_not_allowed", 400),
        ("temporarily_unavailable", "", "temporarily_unavailable", 400),
        ("server_error", "", "provider_server_error", 400),
        ("invalid_request", "", "provider_error", 400),
        ("<script>", "\u202e\0", "provider_error", 400),
    ],
)
def test_the_providers_error_has_a_reason(error: str, description: str, code: str, status: int) -> None:
    with pytest.raises(ProviderRefused) as caught:
        read_answer({"state": [STATE], "error": [error], "error_description": [description]}).require_code()
    assert (caught.value.code, caught.value.status) == (code, status)
    assert caught.value.is_about_scopes == (error in {"invalid_scope", "consent_required"})


@pytest.mark.parametrize(
    ("error", "description"), [("invalid_request", f"bad code {SECRET}"), (SECRET, f"x={SECRET}\n{SECRET}")]
)
def test_a_providers_words_are_told_without_what_might_be_secret(error: str, description: str) -> None:
    with pytest.raises(ProviderRefused) as caught:
        read_answer({"state": STATE, "error": error, "error_description": description}).require_code()
    assert SECRET not in f"{caught.value} {caught.value!r}"
    assert "\n" not in caught.value.detail


def test_an_answer_shows_neither_code_nor_state() -> None:
    shown = repr(read_answer({"state": STATE, "code": SECRET}))
    assert STATE not in shown
    assert SECRET not in shown


def test_a_good_answer_gives_its_code() -> None:
    answer = read_answer({"state": [STATE], "code": ["abc"], "iss": [ISSUER], "session_state": ["1", "2"]})
    assert (answer.state, answer.issuer, answer.require_code()) == (STATE, ISSUER, "abc")


@pytest.mark.parametrize("promised", [True, False])
@pytest.mark.parametrize("iss", ["", "https://evil.example", f"{ISSUER}/", ISSUER.upper()])
def test_an_answer_of_another_issuer_is_refused(iss: str, promised: bool) -> None:
    with pytest.raises(IssuerMismatch) as caught:
        check_response_issuer(iss, issuer=ISSUER, promised=promised)
    assert caught.value.code == "issuer_mismatch"


def test_two_issuers_are_as_bad_as_a_wrong_one() -> None:
    with pytest.raises(IssuerMismatch):
        check_response_issuer(
            read_answer({"state": STATE, "iss": [ISSUER, ISSUER]}).issuer, issuer=ISSUER, promised=False
        )


def test_a_promised_issuer_must_come() -> None:
    with pytest.raises(IssuerMismatch) as caught:
        check_response_issuer(None, issuer=ISSUER, promised=True)
    assert caught.value.code == "issuer_missing"


@pytest.mark.parametrize(("iss", "promised"), [(None, False), (ISSUER, False), (ISSUER, True)])
def test_a_right_issuer_passes(iss: str | None, promised: bool) -> None:
    answer = {"state": STATE, "code": "c", **({"iss": iss} if iss else {})}
    check_response_issuer(read_answer(answer).issuer, issuer=ISSUER, promised=promised)


@pytest.mark.parametrize(
    ("status", "document", "code", "http_status"),
    [
        (
            401,
            {"error": "invalid_client", "error_description": "The client secret supplied is invalid."},
            "client_refused",
            502,
        ),
        (401, {"errorCode": "invalid_client", "errorSummary": "Invalid value for 'client_id'."}, "client_refused", 502),
        (400, {"error": "unauthorized_client"}, "client_refused", 502),
        (400, {"error": "invalid_grant", "error_description": "PKCE verification failed."}, "code_refused", 400),
        (200, {**TOKENS, "error": "invalid_grant"}, "code_refused", 400),
        (400, {"error": "invalid_request"}, "token_request_refused", 502),
        (400, {"errorCode": "E0000011"}, "token_request_refused", 502),
        (400, {"error": {"code": 5}, "error_description": ["x"]}, "token_request_refused", 502),
        (500, {"error": "invalid_grant"}, "provider_error_status", 502),
        (429, {"errorCode": "E0000047"}, "provider_error_status", 502),
        (401, {}, "provider_error_status", 502),
        (302, TOKENS, "provider_error_status", 502),
        (200, {}, "token_response_malformed", 403),
        (200, {**TOKENS, "token_type": "DPoP"}, "token_response_malformed", 403),
        (200, {**TOKENS, "token_type": None}, "token_response_malformed", 403),
        (200, {**TOKENS, "access_token": ""}, "token_response_malformed", 403),
        (200, {**TOKENS, "access_token": "a\r\nX: y"}, "token_response_malformed", 403),
        (200, {**TOKENS, "access_token": "x" * (MAX_TOKEN + 1)}, "token_response_malformed", 403),
        (200, {**TOKENS, "access_token": ["at"]}, "token_response_malformed", 403),
        (200, {**TOKENS, "id_token": None}, "token_missing", 403),
        (200, {**TOKENS, "id_token": ""}, "token_missing", 403),
        (200, {**TOKENS, "id_token": "x" * (MAX_TOKEN + 1)}, "token_malformed", 403),
    ],
    ids=lambda value: ascii(value)[:50],
)
def test_a_refusing_token_endpoint_has_a_reason(status: int, document: Any, code: str, http_status: int) -> None:
    with pytest.raises((TokenEndpointRefused, TokenRefused, ProviderUnreachable)) as caught:
        read_token_response(status, document)
    assert (caught.value.code, caught.value.status) == (code, http_status)


@pytest.mark.parametrize("document", GARBAGE, ids=lambda v: ascii(v)[:20])
@pytest.mark.parametrize("status", [200, 400, 503])
def test_a_garbage_answer_never_crashes(status: int, document: Any) -> None:
    with pytest.raises(SignInError):
        read_token_response(status, document)


def test_an_echoed_secret_is_not_told() -> None:
    with pytest.raises(TokenEndpointRefused) as caught:
        read_token_response(401, {"error": "invalid_client", "error_description": f"client_secret {SECRET} is wrong"})
    assert SECRET not in str(caught.value)
    assert "is wrong" in caught.value.detail


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER"])
def test_tokens_are_read_and_do_not_show(kind: str) -> None:
    response = read_token_response(200, {**TOKENS, "token_type": kind})
    assert (response.access_token, response.id_token) == ("at", "a.b.c")
    assert "a.b.c" not in repr(response)


def test_the_request_holds_what_the_protocol_asks_for() -> None:
    assert dict(parse_qsl(urlsplit(url()).query, strict_parsing=True)) == {
        "response_type": "code",
        "client_id": "0oa1",
        "redirect_uri": "https://acme.huume.app/oauth2/okta/authresp",
        "scope": "openid email",
        "state": STATE,
        "nonce": "n",
        "code_challenge": code_challenge("v" * 43),
        "code_challenge_method": "S256",
    }


def test_the_endpoints_own_query_is_kept_and_replaces_nothing() -> None:
    query = parse_qs(
        urlsplit(url("https://login.example/a?p=b2c%20x&empty=&state=evil#part")).query, keep_blank_values=True
    )
    assert (query["p"], query["empty"], query["state"]) == (["b2c x"], [""], [STATE])


def test_a_fragment_of_the_endpoint_is_dropped() -> None:
    assert "#" not in url("https://login.example/a#part")


def test_extra_parameters_replace_nothing() -> None:
    query = parse_qs(urlsplit(url(response_type="token", code_challenge_method="plain", domain_hint="acme")).query)
    assert (query["response_type"], query["code_challenge_method"]) == (["code"], ["S256"])
    assert query["domain_hint"] == ["acme"]


def test_hints_are_sent_when_there_are_any() -> None:
    query = parse_qs(urlsplit(url(prompt="login", login_hint="ada+x@acme.example\r\n&state=evil")).query)
    assert (query["prompt"], query["login_hint"]) == (["login"], ["ada+x@acme.example &state=evil"])
    assert query["state"] == [STATE]


def test_the_challenge_is_that_of_rfc_7636() -> None:
    assert (
        code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


def test_secrets_are_long_and_differ() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(secret) for secret in made} == {43}


@pytest.mark.parametrize(
    ("kind", "plain", "scopes"),
    [
        ("okta", False, f"openid profile email phone {MY_ACCOUNT}"),
        ("okta", True, "openid profile email phone"),
        *((kind, plain, "openid profile email") for kind in ("entra", "google", "oidc") for plain in (True, False)),
    ],
)
def test_scopes_are_those_of_the_kind(kind: str, plain: bool, scopes: str) -> None:
    assert scopes_for(kind, plain=plain) == scopes
