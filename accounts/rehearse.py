"""A test sign-in: an IT contact signs in for real, and nothing comes of it but a report.

No user is made, no session of the portal starts, nothing is linked. It belongs to the setup session that began it, and
may use a provider that is not live, or settings kept beside the live ones.
"""

from dataclasses import asdict
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import attempts
from accounts.models import Attempt, Identity, SignIn, User
from accounts.oidc.claims import Person
from accounts.oidc.errors import SignInError, StrayAnswer, Suspended
from accounts.oidc.logout import end_session_url, issuer_of
from accounts.oidc.requests import Answer
from accounts.sign_in import prove
from accounts.swap import prove_rekey
from huume.client_address import client_address
from huume.crypto import DecryptionError
from tenants import setup_links
from tenants.actor import Actor
from tenants.models import IdentityProvider, ProviderSettings, SetupSession, TrialSignIn

BACK_TO = "/setup/test/"
MOST_AN_HOUR = 60
# What the provider brings back from a sign-out that a test began.
SIGN_OUT_STATE = "setup-test"
SHOWN = ("name", "given_name", "family_name", "email", "email_verified", "phone", "subject")


def require_testable(provider: IdentityProvider) -> None:
    """Of rows just read. A provider that was switched off stays off for tests too."""
    if provider.tenant.is_suspended:
        raise Suspended("tenant_suspended")
    if provider.status == IdentityProvider.Status.DISABLED or provider.missing():
        raise Suspended("provider_not_live")


def is_used_up(provider: IdentityProvider) -> bool:
    """Whether there were so many within the hour that a contact must wait.

    Whatever answer comes back, each is a client authentication at the directory that was typed, which may lock us out.
    """
    began = timezone.now() - timedelta(hours=1)
    tests = SignIn.objects.filter(provider=provider.pk, is_test=True, at__gt=began)
    return tests.count() >= MOST_AN_HOUR


def session_of(request: HttpRequest, attempt: Attempt) -> SetupSession:
    """The setup session that this browser is in, where it is the one that the test began in. Raises StrayAnswer."""
    tenant = request.tenant  # type: ignore[attr-defined]  # set by TenantMiddleware
    session = setup_links.session_of(request.COOKIES.get(settings.SETUP_COOKIE_NAME, ""), tenant)
    if session is None or session.pk != attempt.setup_session or session.link.provider_id != attempt.provider:
        raise StrayAnswer("answer_other_browser", "not the setup session that began the test")
    return session


def provider_of(attempt: Attempt, provider: IdentityProvider) -> IdentityProvider:
    """The provider as it was tried: with the kept settings, where the test is of those. Raises StrayAnswer."""
    attempts.check(attempt, provider)
    if attempt.settings is None:
        return provider
    kept = ProviderSettings.objects.filter(pk=attempt.settings, provider=provider.pk).first()
    if kept is None:
        raise StrayAnswer("answer_no_attempt", "the settings that were tried are gone")
    kept.provider = provider
    return kept.as_provider()


def finish(
    request: HttpRequest, provider: IdentityProvider, attempt: Attempt, answer: Answer, session: SetupSession
) -> TrialSignIn:
    """Raises SignInError as a sign-in does."""
    require_testable(provider)
    proven = prove(request, provider, attempt, answer)
    person = proven.person
    with transaction.atomic():
        session.keep_id_token(proven.id_token)
        attempts.record_test(attempt, person)
        _mark_tested(provider, attempt, person, setup_links.contact(session.link, client_address(request)))
        return _store(
            provider,
            attempt,
            session,
            claims={name: asdict(person)[name] for name in SHOWN} | {"arrives_as": arrives_as(provider, person)},
            warnings=warnings_of(provider, attempt, person),
        )


def record_refusal(provider: IdentityProvider, attempt: Attempt, session: SetupSession, error: SignInError) -> None:
    _store(provider, attempt, session, reason=error.code)


def _store(provider: IdentityProvider, attempt: Attempt, session: SetupSession, **found: object) -> TrialSignIn:
    return TrialSignIn.objects.create(
        provider_id=provider.pk,
        settings=attempt.settings,
        session=session,
        reference=attempt.sign_in.reference,
        **found,
    )


def _mark_tested(provider: IdentityProvider, attempt: Attempt, person: Person, by: Actor) -> None:
    now = timezone.now()
    if attempt.settings is None:
        # What was handed over while the provider was asked has not been tested.
        tried = {name: getattr(provider, name) for name in ("issuer", "client_id", "auth_method", "client_secret")}
        IdentityProvider.objects.filter(pk=provider.pk, **tried).update(tested_at=now)
        return
    ProviderSettings.objects.filter(pk=attempt.settings).update(tested_at=now)
    candidate = ProviderSettings.objects.select_related("provider__tenant").filter(pk=attempt.settings).first()
    # Somebody may have dropped it while the provider was asked.
    if candidate:
        prove_rekey(candidate, person.subject, by=by)


def end_session_address(provider: IdentityProvider, session: SetupSession) -> str:
    """Where the browser goes to end the test's session at the provider; empty where there is nothing to go with.

    Only the way back shows whether the sign-out redirect URI is registered: a provider tells it nobody else.
    """
    endpoint = provider.metadata.end_session_endpoint
    try:
        id_token = session.take_id_token()
    except DecryptionError:
        return ""
    # Verified when it came; another directory may have been handed over since.
    if not (endpoint and id_token) or issuer_of(id_token) != provider.issuer:
        return ""
    home = provider.tenant.address
    return end_session_url(
        endpoint,
        id_token=id_token,
        client_id=provider.client_id,
        post_logout_redirect_uri=home,
        state=SIGN_OUT_STATE,
    )


def came_back(session: SetupSession) -> None:
    """From the sign-out of this session's last test."""
    last = TrialSignIn.objects.filter(session=session, reason="").first()
    if last and last.signed_out_at is None:
        TrialSignIn.objects.filter(pk=last.pk).update(signed_out_at=timezone.now())


def warnings_of(provider: IdentityProvider, attempt: Attempt, person: Person) -> list[str]:
    """Codes of what would go wrong for people, worst first: huume.setup has the words."""
    outside = bool(person.email and provider.email_domains and not provider.trusts_domain_of(person.email))
    named = bool(person.given_name and person.family_name)
    found = {
        "no_email": not person.email,
        "email_outside_domains": outside,
        "email_not_verified": bool(person.email) and not person.email_verified,
        "thin_claims": not named,
        "no_phone": provider.kind == IdentityProvider.Kind.OKTA and not person.phone,
        "scopes_refused": attempt.plain_scopes,
    }
    return [code for code, is_so in found.items() if is_so]


def arrives_as(provider: IdentityProvider, person: Person) -> str:
    """What the portal would make of the person: "known", "in_advance" (a record that waits for them), or "new"."""
    if Identity.objects.filter(provider=provider.pk, subject=person.subject).exists():
        return "known"
    trusted = person.email and person.email_verified and provider.trusts_domain_of(person.email)
    if trusted and User.objects.filter(added_in_advance=True, email__iexact=person.email).exists():
        return "in_advance"
    return "new"
