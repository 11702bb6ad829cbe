"""What we send to the provider by way of the browser, and how its answers are read (RFC 6749, 7636, 9207)."""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from accounts.oidc.claims import clean_text
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

MAX_CODE = 4096  # characters; some providers' codes are encrypted state
_STATE = re.compile(r"[A-Za-z0-9_-]{1,128}")
_CODE = re.compile(rf"[\x20-\x7e]{{1,{MAX_CODE}}}")  # RFC 6749 appendix A.11
_BEARER_TOKEN = re.compile(rf"[\x21-\x7e]{{1,{MAX_TOKEN}}}")  # it becomes part of a header
# An error's name is words or Okta's number; anything else might be a value that should not be repeated.
_ERROR_NAME = re.compile(r"[a-z_]{1,60}|E[0-9]{7}")
_OPAQUE = re.compile(r"(?=\S*[0-9A-Z])\S{24,}")
_PLAIN_SCOPES: Final = "openid profile email"
_MY_ACCOUNT_SCOPES: Final = "okta.myAccount.email.read okta.myAccount.phone.read okta.myAccount.profile.read"

_REFUSALS: Final[dict[str, str]] = {
    "access_denied": "access_denied",
    "login_required": "login_required",
    "interaction_required": "login_required",
    "account_selection_required": "login_required",
    "consent_required": "consent_required",
    "invalid_scope": "invalid_scope",
    "unauthorized_client": "client_not_allowed",
    "temporarily_unavailable": "temporarily_unavailable",
    "server_error": "provider_server_error",
}
# What access_denied is about, by the provider's own words: Okta's, and the number of Entra's message.
_DENIALS: Final[dict[str, str]] = {
    "not assigned to the client": "not_assigned",
    "aadsts50105": "not_assigned",
    "policy evaluation failed": "policy_refused",
}
_TOKEN_ENDPOINT_REFUSALS: Final[dict[str, str]] = {
    "invalid_client": "client_refused",
    "unauthorized_client": "client_refused",
    "invalid_grant": "code_refused",
}


def scopes_for(kind: str, *, plain: bool = False) -> str:
    """Okta's MyAccount scopes must be granted by the customer, so plain ones are there to fall back on."""
    if kind != "okta":
        return _PLAIN_SCOPES
    return f"{_PLAIN_SCOPES} phone" if plain else f"{_PLAIN_SCOPES} phone {_MY_ACCOUNT_SCOPES}"


def new_secret() -> str:
    """256 random bits as 43 URL-safe characters: for state, nonce and PKCE's verifier."""
    return secrets.token_urlsafe(32)


def code_challenge(verifier: str) -> str:
    """PKCE's S256 (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode()


def authorization_url(
    endpoint: str,
    *,
    client_id: str,
    redirect_uri: str,
    scope: str,
    state: str,
    nonce: str,
    verifier: str,
    prompt: str = "",
    login_hint: str = "",
    **extra: str,
) -> str:
    """Where to send the browser. Of the extra parameters and the endpoint's own, none can replace one of ours."""
    ours = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": state,
        "nonce": nonce,
        "code_challenge": code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    optional = {"prompt": prompt, "login_hint": clean_text(login_hint, 254)}
    return with_query(endpoint, {**extra, **ours, **{name: value for name, value in optional.items() if value}})


def with_query(endpoint: str, parameters: Mapping[str, str]) -> str:
    """The endpoint with parameters after those it has; one that is in both is sent once, with our value."""
    parts = urlsplit(endpoint)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in parameters]
    query = urlencode([*kept, *parameters.items()], quote_via=quote)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


@dataclass(frozen=True)
class Answer:
    """What the browser brought back. First find the attempt by `state`, then check `issuer`, then `require_code`."""

    state: str = field(repr=False)
    code: str = field(repr=False)
    issuer: str | None
    error: str
    error_description: str = field(repr=False)
    is_ambiguous: bool

    def require_code(self) -> str:
        """The code. Raises ProviderRefused for the provider's error, StrayAnswer where there is no single good code."""
        if self.is_ambiguous:
            raise StrayAnswer("answer_ambiguous", "a parameter came twice, or code and error together")
        if self.error:
            raise _refusal(self.error, self.error_description)
        if not self.code:
            raise StrayAnswer("answer_no_code")
        if not _CODE.fullmatch(self.code):
            raise StrayAnswer("answer_malformed", f"code is no text of at most {MAX_CODE} characters")
        return self.code


def read_answer(parameters: Mapping[str, str | Sequence[str]]) -> Answer:
    """Read the parameters of the redirect URI; a Django QueryDict is to be passed as `dict(query.lists())`.

    Raises StrayAnswer where there is no state of our making to find an attempt by.
    """
    values = {name: _values(parameters.get(name)) for name in ("state", "code", "iss", "error", "error_description")}
    states = values["state"]
    if not any(states):
        raise StrayAnswer("answer_no_state")
    if len(states) > 1:
        raise StrayAnswer("answer_ambiguous", "state came more than once")
    if not _STATE.fullmatch(states[0]):
        raise StrayAnswer("answer_malformed", "state is not of our making")
    return Answer(
        state=states[0],
        code=_only(values["code"]),
        issuer=_only(values["iss"]) if values["iss"] else None,
        error=_only(values["error"]),
        error_description=_only(values["error_description"]),
        is_ambiguous=any(len(given) > 1 for given in values.values()) or bool(values["code"] and values["error"]),
    )


def check_response_issuer(iss: str | None, *, issuer: str, promised: bool) -> None:
    """RFC 9207 section 2.4: whatever `iss` came must be the issuer's, and one must come where metadata promises it."""
    if iss is None and promised:
        raise IssuerMismatch("issuer_missing", "the provider's metadata promises iss in its answers")
    if iss is not None and iss != issuer:
        raise IssuerMismatch("issuer_mismatch", f"iss is {ascii(iss)[:120]}")


@dataclass(frozen=True)
class TokenResponse:
    access_token: str = field(repr=False)
    id_token: str = field(repr=False)


def read_token_response(status: int, document: object) -> TokenResponse:
    """The tokens of a token endpoint's JSON answer (RFC 6749 section 5, OpenID Connect Core 3.1.3.3).

    Raises TokenEndpointRefused for errors of either of Okta's shapes, ProviderUnreachable for a status that explains
    nothing, TokenRefused without an ID token.
    """
    if not isinstance(document, Mapping):
        raise ProviderUnreachable("provider_not_json", "the token endpoint's answer is not a JSON object")
    error = document.get("error") or document.get("errorCode")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise ProviderUnreachable("provider_error_status", f"the token endpoint answered {status}")
    if status != HTTPStatus.OK and not error:
        raise ProviderUnreachable("provider_error_status", f"the token endpoint answered {status}")
    if error:
        raise _token_endpoint_refusal(status, error, document)
    return _tokens(document)


def _values(given: str | Sequence[str] | None) -> list[str]:
    if given is None:
        return []
    return [given] if isinstance(given, str) else list(given)


def _only(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else ""


def _refusal(error: str, description: str) -> ProviderRefused:
    code = _REFUSALS.get(error, "provider_error")
    if code == "access_denied":
        words = description.lower()
        code = next((denial for phrase, denial in _DENIALS.items() if phrase in words), code)
    return ProviderRefused(code, _said(error, description))


def _token_endpoint_refusal(status: int, error: object, document: Mapping[str, Any]) -> SignInError:
    code = _TOKEN_ENDPOINT_REFUSALS.get(error, "token_request_refused") if isinstance(error, str) else ""
    description = document.get("error_description") or document.get("errorSummary")
    return TokenEndpointRefused(code, f"{status} {_said(error, description)}")


def _said(error: object, description: object) -> str:
    """A provider's error in its own words, less all long runs that could be a code, a token or a secret."""
    name = error if isinstance(error, str) and _ERROR_NAME.fullmatch(error) else "(no proper name)"
    text = clean_text(description, 200)
    return f"{name}: {_OPAQUE.sub('…', text)}" if text else name


def _tokens(document: Mapping[str, Any]) -> TokenResponse:
    access_token, id_token, kind = (document.get(name) for name in ("access_token", "id_token", "token_type"))
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise TokenEndpointRefused("token_response_malformed", "token_type is not Bearer")
    if not isinstance(access_token, str) or not _BEARER_TOKEN.fullmatch(access_token):
        raise TokenEndpointRefused("token_response_malformed", "no proper access_token")
    if not isinstance(id_token, str) or not id_token:
        raise TokenRefused("token_missing", "the token endpoint's answer has no id_token")
    if len(id_token) > MAX_TOKEN:
        raise TokenRefused("token_malformed", f"id_token is over {MAX_TOKEN} characters")
    return TokenResponse(access_token=access_token, id_token=id_token)
