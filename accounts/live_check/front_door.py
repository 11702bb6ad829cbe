"""Whether the redirect URI is registered and the scopes are granted, without anybody signing in.

A pushed authorization request (RFC 9126) where the provider takes them, else one with prompt=none as a browser without
a session would make it: a provider sends nobody to a redirect URI that it does not know (RFC 6749, 4.1.2.1).
"""

from collections.abc import Callable

from django.utils.translation import gettext as _

from accounts.live_check import advice
from accounts.live_check.client import post_as_client
from accounts.live_check.findings import FAILED, OK, UNKNOWN, Finding, NotLookedAt, status_words
from accounts.live_check.replies import Reply, read_authorization
from accounts.live_check.state import Run
from accounts.oidc.errors import SignInError
from accounts.oidc.requests import code_challenge, new_secret, with_query
from huume.outbound import OutboundError

# That nobody is signed in there is all that is in the way.
NOBODY_THERE = frozenset({"login_required", "interaction_required", "account_selection_required"})
CAME_BACK = NOBODY_THERE | {"", "consent_required", "invalid_scope", "access_denied"}


def redirect_uri(run: Run) -> Finding:
    run.read_metadata()
    finding = _by_pushing(run) or _by_authorizing(run)
    run.redirect = finding.outcome
    return finding


def _by_pushing(run: Run) -> Finding | None:
    """None where that tells nothing. Whoever was refused as a client is not refused a second time."""
    run.may_push = run.client == OK and bool(run.read_metadata().pushed_authorization_request_endpoint)
    if not run.may_push:
        return None
    reply = run.plain_reply = _ask(run, run.plain_scopes)
    if reply.way == "pushed":
        return Finding(OK, _("accepted"))
    if reply.error == "invalid_redirect_uri" or (
        reply.error == "invalid_request" and "redirect_uri" in reply.speaks_of
    ):
        found = _("refused (%(error)s)") % {"error": reply.error}
        return Finding(FAILED, found, advice.redirect_uri(run))
    run.may_push = False
    return None


def _by_authorizing(run: Run) -> Finding:
    reply = run.plain_reply = _ask(run, run.plain_scopes)
    if reply.way == "back" and reply.error in CAME_BACK:
        return Finding(OK, _("it leads back here (%(error)s)") % {"error": reply.error or "code"})
    if reply.way == "page" and 400 <= reply.status < 500 and not reply.is_trouble_there:
        if run.client == OK:
            return Finding(FAILED, _("a page of the provider's own, and no way back here"), advice.redirect_uri(run))
        return Finding(
            UNKNOWN, _("a page of the provider's own; it may be about the client ID"), advice.redirect_uri(run)
        )
    return Finding(UNKNOWN, _unclear(reply), advice.at_the_test(run))


def scopes(run: Run) -> Finding:
    run.read_metadata()
    if run.redirect == FAILED:
        raise NotLookedAt(_("the redirect URI is not registered"))
    same = run.scopes == run.plain_scopes and run.plain_reply is not None
    reply = run.plain_reply if same and run.plain_reply else _ask(run, run.scopes)
    if reply.error == "invalid_scope" or (reply.error == "consent_required" and "scope" in reply.speaks_of):
        return Finding(FAILED, _("refused (%(error)s)") % {"error": reply.error}, advice.scopes(run))
    accepted = reply.way == "pushed" or (reply.way == "back" and (not reply.error or reply.error in NOBODY_THERE))
    return _accepted(run) if accepted else Finding(UNKNOWN, _unclear(reply), advice.at_the_test(run))


def _accepted(run: Run) -> Finding:
    if run.is_okta:
        return Finding(OK, _("accepted"))
    if set(run.scopes.split()) <= set(run.read_metadata().scopes):
        return Finding(OK, _("accepted, and named in the provider's document"))
    return Finding(UNKNOWN, _("accepted, but this provider may ignore scopes that it does not know"))


def _ask(run: Run, scope: str) -> Reply:
    way: Callable[[Run, str], Reply] = _push if run.may_push else _authorize
    try:
        return way(run, scope)
    except (OutboundError, SignInError):
        return Reply("nothing")


def _push(run: Run, scope: str) -> Reply:
    endpoint = run.endpoint("pushed_authorization_request_endpoint")
    return post_as_client(run, endpoint, _request(run, scope, new_secret()))


def _authorize(run: Run, scope: str) -> Reply:
    state = new_secret()
    request = {**_request(run, scope, state), "prompt": "none"}
    url = with_query(run.endpoint("authorization_endpoint"), request)
    answer = run.wire.get(url, accept="text/html", redirects="answer")
    return read_authorization(answer, redirect_uri=run.redirect_uri, state=state)


def _request(run: Run, scope: str, state: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": run.provider.client_id,
        "redirect_uri": run.redirect_uri,
        "scope": scope,
        "state": state,
        "nonce": new_secret(),
        "code_challenge": code_challenge(new_secret()),
        "code_challenge_method": "S256",
    }


def _unclear(reply: Reply) -> str:
    if reply.error:
        return reply.error_words
    words = {
        "back": _("an answer that is not among those we know"),
        "elsewhere": _("a redirect to another page of the provider's"),
        "nothing": _("no answer that tells"),
    }
    return words.get(reply.way) or status_words(reply.status)
