"""Whether people who sign out come back to us (OpenID Connect RP-Initiated Logout 1.0, 2 and 3)."""

from django.utils.translation import gettext as _

from accounts.live_check import advice
from accounts.live_check.findings import FAILED, OK, UNKNOWN, Finding, status_words, words_of
from accounts.live_check.replies import leads_to
from accounts.live_check.state import Run
from accounts.oidc.requests import with_query
from huume.outbound import Answer, OutboundError


def sign_out(run: Run) -> Finding:
    endpoint = run.read_metadata().end_session_endpoint
    if not endpoint:
        return Finding(UNKNOWN, _("no sign-out at the provider: people are signed out here alone"))
    if run.is_okta:
        return Finding(UNKNOWN, _("Okta tells this only at a real sign-out"), advice.at_sign_out(run))
    request = {"client_id": run.provider.client_id, "post_logout_redirect_uri": run.sign_out_uri}
    try:
        answer = run.wire.get(with_query(endpoint, request), accept="text/html", redirects="answer")
    except OutboundError as error:
        return Finding(UNKNOWN, words_of(error), advice.at_sign_out(run))
    return _judge(run, answer)


def _judge(run: Run, answer: Answer) -> Finding:
    if 400 <= answer.status < 500 and b"post_logout_redirect_uri" in answer.body:
        return Finding(FAILED, _("refused"), advice.sign_out(run))
    if leads_to(answer, run.sign_out_uri):
        return Finding(OK, _("it leads back here"))
    told = _("a page, which says nothing of it") if answer.status == 200 else status_words(answer.status)
    return Finding(UNKNOWN, told, advice.at_sign_out(run))
