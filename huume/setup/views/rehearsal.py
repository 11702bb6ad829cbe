"""The test sign-in: by the IT contact, for real, before anyone else can."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import rehearse
from accounts.attempts import ForTest
from accounts.reasons import explain
from accounts.views.sign_in import begin_test
from huume import refusals
from huume.content_policy import allow_form_action
from huume.setup.access import SetupRequest, with_setup_session
from huume.setup.frame import frame, in_hand, is_checked
from huume.setup.rehearsal_words import arrival_in_words, to_do, words_of
from tenants.models import IdentityProvider, ProviderSettings, TrialSignIn
from tenants.origins import origin


@with_setup_session
@require_http_methods(["GET", "HEAD", "POST"])
def rehearsal(request: SetupRequest) -> HttpResponse:
    """What came of this session's last test; POST goes to the provider."""
    settings = in_hand(request.provider)
    if request.method == "POST" and not settings.missing():
        kept = settings if isinstance(settings, ProviderSettings) else None
        if "sign-out" in request.POST:
            return _sign_out(request, kept)
        if rehearse.is_used_up(request.provider):
            return _too_many(request)
        test = ForTest(request.setup_session.pk, kept.pk if kept else None)
        return begin_test(request, _as_tried(request, kept), test)
    if "signed-out" in request.GET:
        rehearse.came_back(request.setup_session)
    answer = render(request, "setup/test.html", {**frame(request, "test"), **_context(request)})
    if not settings.missing():
        # The form's answer leads the browser to the provider, which Chromium holds against form-action.
        metadata = settings.metadata
        there = {origin(metadata.authorization_endpoint), origin(metadata.end_session_endpoint)}
        allow_form_action(answer, " ".join(sorted(there - {""})))
    return answer


def _too_many(request: SetupRequest) -> HttpResponse:
    text = _("There were %(most)d test sign-ins within the last hour, which is all that is allowed. Try again later.")
    answer = refusals.refuse(
        request,
        429,
        title=_("One moment, please"),
        text=text % {"most": rehearse.MOST_AN_HOUR},
        code="too_many_tests",
        action=rehearse.BACK_TO,
        action_label=_("Back to the test sign-in"),
    )
    answer.headers["Retry-After"] = "3600"
    return answer


def _sign_out(request: SetupRequest, kept: ProviderSettings | None) -> HttpResponse:
    """At the provider, as everybody will: whoever comes back has shown that the sign-out redirect URI is right."""
    address = rehearse.end_session_address(_as_tried(request, kept), request.setup_session)
    return HttpResponseRedirect(address or rehearse.BACK_TO)


def _as_tried(request: SetupRequest, kept: ProviderSettings | None) -> IdentityProvider:
    if kept is None:
        return request.provider
    kept.provider = request.provider
    return kept.as_provider()


def _context(request: SetupRequest) -> dict[str, Any]:
    settings = in_hand(request.provider)
    kept = settings.pk if isinstance(settings, ProviderSettings) else None
    # What a provider says of a person is for that person: whoever else holds the link does not see it.
    trial = TrialSignIn.objects.filter(session=request.setup_session, settings=kept).first()
    return {
        "trial": trial,
        "missing": settings.missing(),
        "may_sign_out": bool(request.setup_session.id_token and settings.metadata_document)
        and bool(settings.metadata.end_session_endpoint),
        "sign_out_uri": request.provider.tenant.address,
        "not_checked": not is_checked(settings),
        "refusal": explain(trial.reason, request.provider) if trial and trial.reason else None,
        "to_do": to_do(trial.reason, request.provider) if trial else "",
        "warnings": words_of(trial.warnings, request.provider) if trial else [],
        "arrives_as": arrival_in_words(trial, request.provider) if trial else "",
        "tested_by_another": trial is None and settings.tested_at is not None,
    }
