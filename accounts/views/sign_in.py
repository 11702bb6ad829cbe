"""Begin, finish and end a session by the tenant's own provider."""

import logging
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts import attempts, milestones, rehearse, sign_in
from accounts.arrive import id_token_binding
from accounts.attempts import ForTest
from accounts.gate import open_to_anybody, open_to_signed_in
from accounts.models import Attempt, SignIn
from accounts.oidc.errors import SignInError, StrayAnswer
from accounts.oidc.logout import end_session_url
from accounts.oidc.requests import Answer, read_answer
from accounts.provider_calls import ProviderCalls, release_connection
from accounts.provider_places import place_at
from accounts.reasons import explain
from accounts.sessions import END_SESSION_ORIGIN
from huume import refusals
from huume.cache import count
from huume.client_address import client_address
from huume.crypto import DecryptionError
from tenants.fields import Sealed
from tenants.models import IdentityProvider, address_of
from tenants.origins import origin

SIGNED_OUT = "signed-out"
# Where the provider sends the browser after a sign-out: the sign-out redirect URI with our state.
BACK_FROM_SIGN_OUT = f"/?state={SIGNED_OUT}"
MOST_HINT = 254
# Longer ones are refused by many servers, with a page that nobody understands.
MOST_ADDRESS = 8000
logger = logging.getLogger("huume.sign_in")


@open_to_anybody
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """A button for each live provider."""
    next_path = attempts.safe_next(request.GET.get("next"))
    if next_path == f"/?state={rehearse.SIGN_OUT_STATE}":
        return HttpResponseRedirect(f"{rehearse.BACK_TO}?signed-out")
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_path)
    providers = list(IdentityProvider.objects.live().filter(tenant=request.tenant))  # type: ignore[attr-defined]
    signed_out = SIGNED_OUT in request.GET or next_path == BACK_FROM_SIGN_OUT
    next_path = "/" if signed_out else next_path
    query = urlencode({"next": next_path})
    context = {"providers": providers, "query": query, "signed_out": signed_out, "next_path": next_path}
    return render(request, "accounts/sign_in.html", context)


@open_to_anybody
@require_GET
def start(request: HttpRequest, slug: str) -> HttpResponse:
    prompt = "login" if request.GET.get("prompt") == "login" else ""
    next_path = attempts.safe_next(request.GET.get("next"))
    return _begin(request, _provider(request, slug), next_path=next_path, prompt=prompt)


@open_to_anybody
@csrf_exempt
@require_http_methods(["GET", "POST"])
def initiate(request: HttpRequest, slug: str) -> HttpResponse:
    """Third-party initiated login (OpenID Connect Core 4), as by Okta's tile: always a fresh attempt."""
    provider = _provider(request, slug)
    sent = request.GET if request.method == "GET" else request.POST
    if sent.get("iss", "").rstrip("/") != provider.issuer.rstrip("/"):
        logger.warning("initiated by another issuer", extra={"provider": slug})
        return refused(request, StrayAnswer("initiate_other_issuer"), provider)
    next_path = _own_path(request, sent.get("target_link_uri", ""))
    return _begin(request, provider, next_path=next_path, login_hint=sent.get("login_hint", "")[:MOST_HINT])


@open_to_anybody
@require_GET
def finish(request: HttpRequest, slug: str) -> HttpResponse:
    """The redirect URI. A forged or stray answer ends here, and never ends a session that is there."""
    provider = _provider(request, slug)
    try:
        answer = read_answer(dict(request.GET.lists()))
        browser_key = request.COOKIES.get(settings.ATTEMPT_COOKIE_NAME, "")
        attempt = attempts.take(answer.state, browser_key, answer.code)
    except StrayAnswer as error:
        count_stray(request, error)
        return refused(request, error, provider)
    return (_finish_test if attempt.setup_session else _finish)(request, provider, attempt, answer)


def _finish(request: HttpRequest, provider: IdentityProvider, attempt: Attempt, answer: Answer) -> HttpResponse:
    try:
        user = sign_in.finish(request, provider, attempt, answer)
    except SignInError as error:
        if sign_in.may_try_plain_scopes(provider, attempt, error):
            prompt = "login" if answer.state.endswith(attempts.OTHER_PERSON) else ""
            return _begin(request, provider, next_path=attempt.next_path, prompt=prompt, again=attempt)
        record = attempts.record_refusal(attempt, error)
        milestones.note_refusal(provider, error.code)
        _log(record.reference, provider, error.code)
        return refused(request, error, provider, record, next_path=attempt.next_path)
    _log(attempt.reference, provider, "")
    request.user = user
    return HttpResponseRedirect(attempt.next_path)


def begin_test(request: HttpRequest, provider: IdentityProvider, test: ForTest) -> HttpResponse:
    """A test sign-in, for a view that knows the setup session (huume.setup). `provider`: as it would be."""
    return _begin(request, provider, next_path=rehearse.BACK_TO, prompt="login", test=test)


def _finish_test(request: HttpRequest, provider: IdentityProvider, attempt: Attempt, answer: Answer) -> HttpResponse:
    """Only in the browser that the test was begun in; what came of it is shown among the setup pages."""
    attempts.spend(attempt, answer.code)
    try:
        session = rehearse.session_of(request, attempt)
        tried = rehearse.provider_of(attempt, provider)
        rehearse.finish(request, tried, attempt, answer, session)
    except SignInError as error:
        if sign_in.may_try_plain_scopes(provider, attempt, error):
            test = ForTest(session.pk, attempt.settings)
            return _begin(request, tried, next_path=rehearse.BACK_TO, prompt="login", again=attempt, test=test)
        record = attempts.record_refusal(attempt, error)
        _log(record.reference, provider, error.code)
        if isinstance(error, StrayAnswer):
            return refused(request, error, provider, record)
        if attempt.settings is None:
            milestones.note_refusal(provider, error.code)
        rehearse.record_refusal(tried, attempt, session, error)
    return HttpResponseRedirect(rehearse.BACK_TO)


@open_to_signed_in
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session here and, by way of the browser, at the provider (RP-Initiated Logout 1.0)."""
    home = address_of(request.tenant_host)  # type: ignore[attr-defined]
    there = _end_session_address(request, home)
    logout(request)
    return HttpResponseRedirect(there or f"{settings.LOGIN_URL}?{SIGNED_OUT}")


def _end_session_address(request: HttpRequest, home: str) -> str:
    """Empty where the provider has none, or where the browser would not get there."""
    session = request.session
    tenant = request.tenant  # type: ignore[attr-defined]  # set by TenantMiddleware
    provider_id = session.get("provider")
    provider = IdentityProvider.objects.filter(pk=provider_id, tenant=tenant).first() if provider_id else None
    endpoint = provider.metadata.end_session_endpoint if provider and provider.metadata_document else ""
    # The page that the form was on allows the origin of its time alone (accounts.middleware).
    if not (provider and endpoint and origin(endpoint) == session.get(END_SESSION_ORIGIN)):
        return ""
    try:
        id_token = Sealed(session.get("id_token", "")).open(bound_to=id_token_binding(request.user))  # type: ignore[arg-type]
    except DecryptionError:
        logger.error("ID token of a session cannot be decrypted: check ENCRYPTION_KEYS")
        return ""
    address = end_session_url(
        endpoint, id_token=id_token, client_id=provider.client_id, post_logout_redirect_uri=home, state=SIGNED_OUT
    )
    return address if len(address) <= MOST_ADDRESS else ""


def _provider(request: HttpRequest, slug: str) -> IdentityProvider:
    """Read fresh, tenant included: what an account manager or a command has just changed holds."""
    provider = IdentityProvider.objects.fresh(request.tenant, slug)  # type: ignore[attr-defined]
    if provider is None:
        raise Http404
    return provider


def _begin(
    request: HttpRequest,
    provider: IdentityProvider,
    *,
    next_path: str,
    prompt: str = "",
    login_hint: str = "",
    again: Attempt | None = None,
    test: ForTest | None = None,
) -> HttpResponse:
    address = client_address(request)
    rate = settings.SIGN_IN_RATE
    if rate and not again and SignIn.objects.from_address_since(address or None, 60) >= rate:
        return _too_many(request)
    try:
        (rehearse.require_testable if test else sign_in.require_usable)(provider)
        release_connection()
        with place_at(provider.pk):
            calls = ProviderCalls(provider)
    except SignInError as error:
        record = attempts.record_refused_start(request, provider, error, again, test)
        if test is None or test.settings is None:
            milestones.note_refusal(provider, error.code)
        _log(record.reference, provider, error.code)
        return refused(request, error, provider, record, next_path=next_path)
    begun = attempts.begin(
        request,
        provider,
        browser_key=request.COOKIES.get(settings.ATTEMPT_COOKIE_NAME, ""),
        next_path=next_path,
        other_person=bool(prompt),
        again=again,
        test=test,
    )
    answer = HttpResponseRedirect(
        sign_in.address_to_go_to(calls, begun, plain=again is not None, prompt=prompt, login_hint=login_hint)
    )
    _bind_browser(answer, begun.browser_key)
    return answer


def _bind_browser(answer: HttpResponse, browser_key: str) -> None:
    answer.set_cookie(
        settings.ATTEMPT_COOKIE_NAME,
        browser_key,
        max_age=int(Attempt.LIFETIME.total_seconds()),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _own_path(request: HttpRequest, target: str) -> str:
    """The path of a target_link_uri on this very host; "/" for any other."""
    home = address_of(request.tenant_host)  # type: ignore[attr-defined]
    return attempts.safe_next(target.removeprefix(home) if target.startswith(home + "/") else target)


def refused(
    request: HttpRequest,
    error: SignInError,
    provider: IdentityProvider,
    record: SignIn | None = None,
    *,
    next_path: str = "/",
) -> HttpResponse:
    """What happened, who can mend it and how, what to do now, and a reference for support."""
    words = explain(error.code, provider)
    query = QueryDict(mutable=True)
    query["next"] = next_path
    if words.offer_other_person:
        query["prompt"] = "login"
    context: dict[str, Any] = {
        "code": error.code,
        "record": record,
        "action": f"/oidc/{provider.slug}/start/?{query.urlencode()}" if provider.is_live and words.offer_retry else "",
        "action_label": _("Sign in as someone else") if words.offer_other_person else _("Try again"),
    }
    answer = refusals.refuse(request, error.status, title=words.title, text=words.text, **context)
    # Django would log a 502 once more, as an error of ours, when the request's tenant and id are gone from the line.
    answer._has_been_logged = True  # type: ignore[attr-defined]  # of django.utils.log.log_response
    return answer


def _too_many(request: HttpRequest) -> HttpResponse:
    logger.warning("too many sign-ins", extra={"address": client_address(request)})
    text = _("So many people of your network sign in at once that we have to pause. Try again in a minute.")
    answer = refusals.refuse(request, 429, title=_("One moment, please"), text=text, code="too_many_sign_ins")
    answer["Retry-After"] = "60"
    return answer


def count_stray(request: HttpRequest, error: StrayAnswer) -> None:
    """Answers that match no attempt are counted, not stored: anybody can send them."""
    logger.warning("stray answer", extra={"code": error.code, "count": count("stray-answers", None)})


def _log(reference: str, provider: IdentityProvider, code: str) -> None:
    extra = {"provider": provider.slug, "reference": reference, "code": code or "signed_in"}
    logger.log(logging.WARNING if code else logging.INFO, "sign-in refused" if code else "signed in", extra=extra)
