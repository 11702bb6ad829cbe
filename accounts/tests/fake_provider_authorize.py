"""What a browser sees of the demo directory: authorize, the page to choose a person, logout, the dashboard.

Shaped like Okta's org authorization server; texts of errors are those of its list of OAuth 2.0 error codes.
"""

from __future__ import annotations

import re
import time
from urllib.parse import urlencode

from accounts.tests import fake_provider_pages as pages
from accounts.tests.fake_provider_cast import FakeClient, FakePerson
from accounts.tests.fake_provider_directory import PAR_PREFIX, BrowserSession, Directory, Params
from accounts.tests.fake_provider_faults import ERRORS, break_callback
from accounts.tests.fake_provider_http import Request
from accounts.tests.fake_provider_transport import Response

BAD_CLIENT = "Invalid value for 'client_id' parameter."
BAD_REDIRECT_URI = "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings."
BAD_REQUEST_URI = "The 'request_uri' parameter is invalid or has expired."
BAD_HINT = "The 'id_token_hint' parameter is missing or not an ID token of this authorization server."
BAD_LOGOUT_URI = "The 'post_logout_redirect_uri' parameter must be a Logout redirect URI in the client app settings."
CANCELLED = "The resource owner or authorization server denied the request."
STATE = re.compile(r"[A-Za-z0-9,._-]+")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class OAuthError(Exception):
    """An error of RFC 6749 with its code and description."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error, description)
        self.error, self.description = error, description or ERRORS.get(error, "")


class DeadEnd(Exception):
    """An error for the provider's own page, because there is no redirect URI to trust."""


def to_callback(directory: Directory, params: Params, *outcome: tuple[str, str]) -> Response:
    """The redirect back, with ``state`` and, in the style of RFC 9207, ``iss``; faults of the callback are applied."""
    pairs = [*outcome, *((("state", params["state"]),) if "state" in params else ())]
    if directory.style == "rfc9207":
        pairs.append(("iss", directory.issuer_for(params["client_id"])))
    query = urlencode(break_callback(pairs, directory.faults))
    joint = "&" if "?" in params["redirect_uri"] else "?"
    headers = [("Location", f"{params['redirect_uri']}{joint}{query}"), ("Cache-Control", "no-cache, no-store")]
    return Response(302, b"", [*headers, ("Referrer-Policy", "no-referrer")])


def _to_error(directory: Directory, params: Params, error: OAuthError) -> Response:
    return to_callback(directory, params, ("error", error.error), ("error_description", error.description))


def authorize(directory: Directory, request: Request) -> Response:
    try:
        params, client = resolve(directory, request.fields)
    except DeadEnd as error:
        return pages.error_page(str(error))
    try:
        scopes = check_request(directory, client, params)
        return _answer(directory, request, client, params, scopes)
    except OAuthError as error:
        return _to_error(directory, params, error)


def resolve(directory: Directory, params: Params) -> tuple[Params, FakeClient]:
    """The request's parameters, pulled from PAR if it was pushed, and its client. Raises DeadEnd."""
    client = directory.client(params.get("client_id", ""))
    if client is None:
        raise DeadEnd(BAD_CLIENT)
    if params.get("request_uri", "").startswith(PAR_PREFIX):
        pushed = directory.pull(params["request_uri"], client.client_id)
        if pushed is None:
            raise DeadEnd(BAD_REQUEST_URI)
        params = pushed
    if params.get("redirect_uri") not in client.redirect_uris:
        raise DeadEnd(BAD_REDIRECT_URI)
    return params, client


def check_request(directory: Directory, client: FakeClient, params: Params) -> frozenset[str]:
    """The scopes of a request that may be answered. Raises OAuthError."""
    if not STATE.fullmatch(params.get("state", "")):
        raise OAuthError("invalid_request", "The authentication request has an invalid 'state' parameter.")
    if params.get("response_type") != "code":
        raise OAuthError("unsupported_response_type")
    if params.get("response_mode", "query") != "query":
        raise OAuthError("invalid_request", "The authentication request has an invalid 'response_mode' parameter.")
    _check_challenge(params)
    scopes = frozenset(params.get("scope", "").split())
    if not scopes:
        raise OAuthError("invalid_scope", "The authentication request has an invalid 'scope' parameter.")
    _check_scopes(directory, client, scopes)
    return scopes


def _check_challenge(params: Params) -> None:
    if "code_challenge" not in params:
        raise OAuthError("invalid_request", "PKCE code challenge is required by the application.")
    if params.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(params["code_challenge"]):
        raise OAuthError("invalid_request", "PKCE code challenge is invalid, or its method is not S256.")


def _check_scopes(directory: Directory, client: FakeClient, scopes: frozenset[str]) -> None:
    if "scopes_refused" in directory.faults and any(scope.startswith("okta.") for scope in scopes):
        raise OAuthError(directory.faults["scopes_refused"])
    if directory.ungranted(client, scopes):
        raise OAuthError("invalid_scope")


def _is_fresh(session: BrowserSession, params: Params) -> bool:
    max_age = params.get("max_age", "")
    return not max_age.isdigit() or time.time() - session.since <= int(max_age)


def _answer(
    directory: Directory, request: Request, client: FakeClient, params: Params, scopes: frozenset[str]
) -> Response:
    session, prompt = directory.session_of(request), params.get("prompt", "").split()
    if "none" in prompt and session is None:
        raise OAuthError("login_required")
    if session and "login" not in prompt and "select_account" not in prompt and _is_fresh(session, params):
        return _let_in(directory, client, params, scopes, session)
    if "none" in prompt:
        raise OAuthError(
            "login_required",
            "The client specified not to prompt, but the client app requires re-authentication or MFA.",
        )
    current = directory.find_person(session.subject) if session else None
    people = [person for person in directory.people if client.is_for(person)]
    return pages.choose_person(client, people, directory.shelve(params), params.get("login_hint", ""), current)


def _let_in(
    directory: Directory, client: FakeClient, params: Params, scopes: frozenset[str], session: BrowserSession
) -> Response:
    """A code for an assigned person. The session of one who is not stays, as at Okta: only prompt=login gets out."""
    if not client.lets_in(_person_of(directory, session)):
        raise OAuthError("access_denied")
    return to_callback(directory, params, ("code", directory.new_code(session, scopes, params)))


def _person_of(directory: Directory, session: BrowserSession) -> FakePerson:
    if (person := directory.find_person(session.subject)) is None:
        raise OAuthError("access_denied", CANCELLED)
    return person


def sign_in(directory: Directory, request: Request) -> Response:
    """The page's form: signs the browser in as the person chosen and answers the request that waited."""
    params = directory.unshelve(request.fields.get("request", ""))
    if params is None or (client := directory.client(params["client_id"])) is None:
        return pages.error_page("This page is too old. Start again from the application.")
    if "cancel" in request.form:
        return _to_error(directory, params, OAuthError("access_denied", CANCELLED))
    person = directory.find_person(request.fields.get("person", ""))
    if person is None:
        return pages.error_page("Nobody was chosen, or somebody whom this directory does not know.")
    directory.close_session(request)
    cookie, session = directory.open_session(person.subject)
    try:
        response = _let_in(directory, client, params, frozenset(params["scope"].split()), session)
    except OAuthError as error:
        response = _to_error(directory, params, error)
    response.headers.append(("Set-Cookie", f"{directory.cookie_name}={cookie}; Path=/; HttpOnly; SameSite=Lax"))
    return response


def _forget_cookie(directory: Directory) -> tuple[str, str]:
    return "Set-Cookie", f"{directory.cookie_name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"


def log_out(directory: Directory, request: Request) -> Response:
    """RP-initiated logout. A hint past its expiry is good; a post-logout address must match to the last character.

    In the style "rfc9207", which is nobody's in particular, ``client_id`` does without a hint.
    ``auto_person`` stays signed in: that is a setting of the test, not a browser's session.
    """
    params = request.fields
    client = _client_of_logout(directory, params)
    if client is None:
        return pages.error_page(BAD_HINT)
    target = params.get("post_logout_redirect_uri")
    if target is not None and target not in client.post_logout_redirect_uris:
        return pages.error_page(BAD_LOGOUT_URI)
    directory.close_session(request)
    if target is None:
        return pages.signed_out(_forget_cookie(directory))
    state = f"?{urlencode({'state': params['state']})}" if "state" in params else ""
    return Response(302, b"", [("Location", target + state), _forget_cookie(directory)])


def _client_of_logout(directory: Directory, params: Params) -> FakeClient | None:
    hint = directory.keys.read_hint(params.get("id_token_hint", ""))
    if hint is None and directory.style == "rfc9207":
        return directory.client(params.get("client_id", ""))
    client = directory.client(str(hint.get("aud"))) if hint else None
    return client if client and hint and hint.get("iss") == directory.issuer_for(client.client_id) else None


def dashboard(directory: Directory, request: Request) -> Response:
    session = directory.session_of(request)
    tiles = [
        (client, f"{client.initiate_login_uri}?{urlencode({'iss': directory.issuer_for(client.client_id)})}")
        for client in directory.clients
        if client.initiate_login_uri
    ]
    current = directory.find_person(session.subject) if session else None
    return pages.dashboard(tiles, current, console=directory.has_console)


def sign_out(directory: Directory, request: Request) -> Response:
    directory.close_session(request)
    return pages.signed_out(_forget_cookie(directory))
