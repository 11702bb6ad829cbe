"""Whether client ID and secret (or key) are right: a code that never was is redeemed, and how it is refused tells.

A token endpoint authenticates the client before it looks at the code (RFC 6749, 3.2.1 and 5.2): invalid_client
against invalid_grant.
"""

from django.utils.translation import gettext as _

from accounts.client_authentication import credentials
from accounts.live_check import advice
from accounts.live_check.findings import FAILED, OK, UNKNOWN, Finding, status_words, words_of
from accounts.live_check.replies import Reply, read_document
from accounts.live_check.state import Run
from accounts.oidc.errors import SignInError
from accounts.oidc.requests import new_secret
from huume.outbound import OutboundError


def client(run: Run) -> Finding:
    endpoint = run.endpoint("token_endpoint")
    finding = _missing(run) or _redeem(run, endpoint)
    run.client = finding.outcome
    return finding


def _missing(run: Run) -> Finding | None:
    """What need not be asked: it can only be refused."""
    if not run.provider.client_id:
        return Finding(FAILED, _("no client ID"), advice.client(run))
    if not (run.provider.uses_private_key or run.provider.client_secret):
        return Finding(FAILED, _("no client secret"), advice.client(run))
    return None


def _redeem(run: Run, endpoint: str) -> Finding:
    form = {
        "grant_type": "authorization_code",
        "code": new_secret(),
        "code_verifier": new_secret(),
        "redirect_uri": run.redirect_uri,
    }
    try:
        reply = post_as_client(run, endpoint, form)
    except SignInError:
        return Finding(FAILED, _("a stored credential that cannot be read any more"), advice.client(run))
    except OutboundError as error:
        return Finding(UNKNOWN, words_of(error), advice.try_again(run))
    return _judge(run, reply)


def post_as_client(run: Run, endpoint: str, form: dict[str, str]) -> Reply:
    """Raises OutboundError, NotLookedAt, and SignInError where our own credential cannot be read."""
    proof = credentials(run.provider, run.read_metadata(), endpoint)
    return read_document(run.wire.post(endpoint, {**form, **proof.form}, proof.basic))


def _judge(run: Run, reply: Reply) -> Finding:
    if reply.is_trouble_there:
        return Finding(UNKNOWN, status_words(reply.status), advice.try_again(run))
    if reply.error == "invalid_grant":
        return Finding(OK, _("accepted: only the made-up code was refused (invalid_grant)"))
    if reply.error == "invalid_client" and "client_id" in reply.speaks_of:
        return Finding(FAILED, _("a client ID that is not known there (invalid_client)"), advice.client(run))
    if reply.error == "invalid_client":
        return Finding(FAILED, _("refused (invalid_client)"), advice.client(run))
    if reply.error == "unauthorized_client":
        return Finding(FAILED, _("not allowed the code flow (unauthorized_client)"), advice.grant(run))
    return Finding(UNKNOWN, reply.error_words or status_words(reply.status))
