"""Why a sign-in was refused: one tree of exceptions, each with a reason code that has words of its own elsewhere.

Status: 502 only where our own call to the provider failed; 400 or 403 for what the browser brings back and for what
tokens and claims lack. `detail` is for logs and support: it never holds a token, code, secret, nonce or verifier.
"""

from collections.abc import Iterator
from typing import ClassVar


class SignInError(Exception):
    """Raised as `TheClass(code, detail)`; without a code the class's first one is meant."""

    codes: ClassVar[dict[str, int]] = {}

    def __init__(self, code: str = "", detail: str = "") -> None:
        code = code or next(iter(self.codes))
        if code not in self.codes:
            raise ValueError(f"{code} is no reason code of {type(self).__name__}.")
        super().__init__(code, detail)
        self.code = code
        self.status = self.codes[code]
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class ProviderRefused(SignInError):
    """The provider sent the person back with an error (RFC 6749 section 4.1.2.1, OpenID Connect Core 3.1.2.6)."""

    codes: ClassVar[dict[str, int]] = {
        "provider_error": 400,
        "not_assigned": 403,
        "policy_refused": 403,
        "access_denied": 403,
        "login_required": 400,
        "consent_required": 400,
        "invalid_scope": 400,
        "client_not_allowed": 400,
        "temporarily_unavailable": 400,
        "provider_server_error": 400,
    }

    @property
    def is_about_scopes(self) -> bool:
        """Whether asking once more with the plain scopes may help."""
        return self.code in {"invalid_scope", "consent_required"}


class StrayAnswer(SignInError):
    """An answer that belongs to no attempt under way here."""

    codes: ClassVar[dict[str, int]] = {
        "answer_no_attempt": 400,
        "answer_other_browser": 400,
        "answer_other_provider": 400,
        "answer_expired": 400,
        "answer_settings_changed": 400,
        "answer_no_state": 400,
        "answer_no_code": 400,
        "answer_ambiguous": 400,
        "answer_malformed": 400,
        "initiate_other_issuer": 400,
    }


class IssuerMismatch(SignInError):
    """The answer's `iss` is another's, or missing although promised (RFC 9207 section 2.4)."""

    codes: ClassVar[dict[str, int]] = {"issuer_mismatch": 400, "issuer_missing": 400}


class TokenRefused(SignInError):
    """The ID token breaks a rule of OpenID Connect Core 3.1.3.7 or RFC 8725."""

    codes: ClassVar[dict[str, int]] = {
        "token_malformed": 403,
        "token_missing": 403,
        "token_algorithm": 403,
        "token_key_unfit": 403,
        "token_signature": 403,
        "token_issuer": 403,
        "token_audience": 403,
        "token_authorized_party": 403,
        "token_expired": 403,
        "token_issued_at": 403,
        "token_not_yet_valid": 403,
        "token_nonce": 403,
        "token_subject": 403,
        "token_access_token_hash": 403,
    }


class UnknownKey(TokenRefused):
    """No published key is the token's: the keys may have been rotated, so fetch them once more and try again."""

    codes: ClassVar[dict[str, int]] = {"token_key_unknown": 403}


class UserinfoRefused(SignInError):
    """Userinfo speaks of somebody else (OpenID Connect Core 5.3.2), or is no JSON object."""

    codes: ClassVar[dict[str, int]] = {"userinfo_subject": 403, "userinfo_malformed": 403}


class TokenEndpointRefused(SignInError):
    """The token endpoint answered, and not with tokens (RFC 6749 section 5.2)."""

    codes: ClassVar[dict[str, int]] = {
        "token_request_refused": 502,
        "client_refused": 502,
        "code_refused": 400,
        "token_response_malformed": 403,
    }


class ProviderUnreachable(SignInError):
    """A call of ours to the provider failed."""

    codes: ClassVar[dict[str, int]] = {
        "provider_unreachable": 502,
        "provider_too_late": 502,
        "provider_too_large": 502,
        "provider_not_json": 502,
        "provider_error_status": 502,
        "provider_busy": 502,
        "secret_unreadable": 502,
    }


class Suspended(SignInError):
    """Nothing is wrong with the answer, but nobody may enter this way."""

    codes: ClassVar[dict[str, int]] = {"user_suspended": 403, "tenant_suspended": 403, "provider_not_live": 403}


def _codes_below(family: type[SignInError]) -> Iterator[tuple[str, int]]:
    yield from family.codes.items()
    for member in family.__subclasses__():
        yield from _codes_below(member)


ALL_CODES: dict[str, int] = dict(_codes_below(SignInError))
"""Every reason code with its HTTP status."""
