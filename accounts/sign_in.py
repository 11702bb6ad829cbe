"""A sign-in from the provider's answer to an open session, by the rules of OpenID Connect Core 3.1.2 and RFC 9700."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import attempts
from accounts.arrive import arrive
from accounts.backends import Exchange, TenantOIDCBackend
from accounts.models import Attempt, SignIn, User
from accounts.oidc.claims import Person, session_id
from accounts.oidc.errors import ProviderRefused, Suspended
from accounts.oidc.requests import Answer, authorization_url, check_response_issuer, scopes_for
from accounts.provider_calls import ProviderCalls, release_connection
from accounts.provider_places import place_at
from tenants.models import IdentityProvider

logger = logging.getLogger(__name__)


def require_usable(provider: IdentityProvider) -> None:
    """Of rows just read, never of cached ones."""
    if provider.tenant.is_suspended:
        raise Suspended("tenant_suspended")
    if not provider.is_live:
        raise Suspended("provider_not_live")


def address_to_go_to(
    calls: ProviderCalls, begun: attempts.Begun, *, plain: bool = False, prompt: str = "", login_hint: str = ""
) -> str:
    """Where the browser goes to be signed in at the provider."""
    return authorization_url(
        calls.metadata.authorization_endpoint,
        client_id=calls.provider.client_id,
        redirect_uri=begun.redirect_uri,
        scope=scopes_for(calls.provider.kind, plain=plain),
        state=begun.state,
        nonce=begun.nonce,
        verifier=begun.verifier,
        prompt=prompt,
        login_hint=login_hint,
    )


@dataclass(frozen=True)
class Proven:
    """Whom the provider vouches for, with what a session keeps of its answer."""

    person: Person
    id_token: str = field(repr=False)
    provider_session: str


def finish(request: HttpRequest, provider: IdentityProvider, attempt: Attempt, answer: Answer) -> User:
    """Raises SignInError; ProviderRefused with `is_about_scopes` where plain scopes may help."""
    attempts.check(attempt, provider)
    require_usable(provider)
    proven = prove(request, provider, attempt, answer)
    user = arrive(
        request,
        attempt,
        provider,
        proven.person,
        id_token=proven.id_token,
        provider_session=proven.provider_session,
    )
    _remember_scopes(provider, refused=attempt.plain_scopes)
    return user


def prove(request: HttpRequest, provider: IdentityProvider, attempt: Attempt, answer: Answer) -> Proven:
    """Who the provider says this is. Nothing is stored; no connection is held while it is asked. Raises SignInError."""
    promised = provider.metadata.response_iss
    check_response_issuer(answer.issuer, issuer=provider.issuer, promised=promised)
    exchange = Exchange(answer.require_code(), attempt.verifier, attempt.nonce, attempt.redirect_uri)
    release_connection()
    backend = TenantOIDCBackend()
    with place_at(provider.pk):
        calls = ProviderCalls(provider, with_kept=attempt.setup_session is None)
        person = backend.authenticate(request, calls=calls, exchange=exchange)
    release_connection()
    return Proven(person, backend.id_token, session_id(backend.claims))


def may_try_plain_scopes(provider: IdentityProvider, attempt: Attempt, error: Exception) -> bool:
    """Okta refuses all scopes where one is not granted; people get in with the plain ones, once."""
    okta = provider.kind == IdentityProvider.Kind.OKTA
    return okta and not attempt.plain_scopes and isinstance(error, ProviderRefused) and error.is_about_scopes


def _remember_scopes(provider: IdentityProvider, *, refused: bool) -> None:
    """For the provider's page in the admin, which then says what to grant where."""
    if refused != bool(provider.scopes_refused_at):
        moment = timezone.now() if refused else None
        IdentityProvider.objects.filter(pk=provider.pk).update(scopes_refused_at=moment)


def purge(older_than_days: int) -> tuple[int, int]:
    """Removes dead attempts and old sign-ins; says how many of each. Attempts that never came back are marked so."""
    now = timezone.now()
    dead, oldest = now - Attempt.LIFETIME, now - timedelta(days=older_than_days)
    with transaction.atomic():
        overdue = SignIn.objects.filter(outcome=SignIn.Outcome.STARTED, at__lt=dead)
        overdue.update(outcome=SignIn.Outcome.ABANDONED, reason="never_came_back")
        attempts_gone = Attempt.objects.filter(created_at__lt=dead).delete()[0]
        return attempts_gone, SignIn.objects.filter(at__lt=oldest).delete()[0]
