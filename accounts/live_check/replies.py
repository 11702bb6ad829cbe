"""What a provider says to a request, read without keeping anything of it but the names of errors that are standard."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.utils.translation import gettext as _

from huume.outbound import Answer, OutboundError

# RFC 6749 4.1.2.1 and 5.2, OpenID Connect Core 3.1.2.6, RFC 7591 3.2.2, RFC 9126 2.3.
OAUTH_ERRORS = frozenset(
    {
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_client",
        "invalid_grant",
        "invalid_redirect_uri",
        "invalid_request",
        "invalid_request_object",
        "invalid_scope",
        "login_required",
        "registration_not_supported",
        "request_not_supported",
        "request_uri_not_supported",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
        "invalid_target",
    }
)

# An error of any other name, which is not repeated.
OTHER = "other"


@dataclass(frozen=True)
class Reply:
    """`way`: back (to our redirect URI, with our state), elsewhere, page, pushed (accepted in advance), refused (an
    error in JSON) or nothing. `error`: a name of OAUTH_ERRORS, OTHER, or empty for none. `speaks_of`: redirect_uri,
    client_id, scope, where the description of the error does.
    """

    way: str
    status: int = 0
    error: str = ""
    speaks_of: frozenset[str] = frozenset()

    @property
    def error_words(self) -> str:
        return _("an error without a standard name") if self.error == OTHER else self.error

    @property
    def is_trouble_there(self) -> bool:
        """Too many requests, or an error of the provider's own, which says nothing of what we asked."""
        return self.status == 429 or self.status >= 500


def read_document(answer: Answer) -> Reply:
    """An error in JSON, in either of the shapes that Okta has (`error`, `errorCode`); or what was pushed."""
    try:
        document = answer.json()
    except OutboundError:
        return Reply("nothing", answer.status)
    if answer.status == 201 and isinstance(document.get("request_uri"), str):
        return Reply("pushed", answer.status)
    error = document.get("error") or document.get("errorCode")
    return _reply("refused", answer.status, error, document.get("error_description") or document.get("errorSummary"))


def read_authorization(answer: Answer, *, redirect_uri: str, state: str) -> Reply:
    """What a browser would have got: sent back to us, sent elsewhere, or a page."""
    if not 300 <= answer.status < 400:
        return Reply("page", answer.status)
    address, _mark, query = answer.headers.get("Location", "").partition("?")
    parameters = _parameters(query)
    if answer.status not in (302, 303) or address != redirect_uri or parameters.get("state") != [state]:
        return Reply("elsewhere", answer.status)
    error, description, code = (parameters.get(name, [""])[0] for name in ("error", "error_description", "code"))
    if not error and not code:
        return Reply("back", answer.status, OTHER)
    return _reply("back", answer.status, error, description)


def leads_to(answer: Answer, address: str) -> bool:
    """Whether a redirect goes exactly there, whatever its query is."""
    return 300 <= answer.status < 400 and answer.headers.get("Location", "").partition("?")[0] == address


def _parameters(query: str) -> dict[str, list[str]]:
    try:
        return parse_qs(query, max_num_fields=50)
    except ValueError:
        return {}


def _reply(way: str, status: int, error: Any, description: Any) -> Reply:
    words = description.lower() if isinstance(description, str) else ""
    subjects = {"redirect_uri": "redirect", "client_id": "client_id", "scope": "scope"}
    named = frozenset(subject for subject, word in subjects.items() if word in words)
    unnamed = OTHER if error else ""
    return Reply(way, status, error if isinstance(error, str) and error in OAUTH_ERRORS else unnamed, named)
