"""A person whom a provider vouches for arrives: found by identity, else taken over from in advance, else made anew."""

from django.contrib.auth import login
from django.db import connection, transaction
from django.http import HttpRequest

from accounts import milestones
from accounts.attempts import record_success
from accounts.models import Attempt, Identity, User
from accounts.oidc.claims import Person
from accounts.oidc.errors import StrayAnswer, Suspended
from accounts.sessions import END_SESSION_ORIGIN
from tenants.fields import Sealed
from tenants.models import IdentityProvider
from tenants.origins import origin
from tenants.schemas import current_schema

BACKEND = "accounts.backends.TenantOIDCBackend"
BY_IDENTITY = """
    SELECT u.* FROM accounts_user u JOIN accounts_identity i ON i.user_id = u.id
    WHERE i.issuer = %s AND i.subject = %s FOR NO KEY UPDATE OF u
"""
REFRESHED = ("email", "name", "given_name", "family_name", "phone")


def arrive(
    request: HttpRequest,
    attempt: Attempt,
    provider: IdentityProvider,
    person: Person,
    *,
    id_token: str,
    provider_session: str,
) -> User:
    """Signs the person in: user, sign-in record and session in one transaction. Raises Suspended."""
    try:
        with transaction.atomic():
            require_open(provider)
            user = find_user(provider, person)
            require_active(user, attempt)
            is_first = user.last_login is None
            refresh(user, person)
            start_session(request, user, provider, person, id_token, provider_session)
            record_success(attempt, user, person)
    except Suspended:
        attempt.sign_in.subject, attempt.sign_in.email = person.subject, person.email
        raise
    milestones.note_sign_in(provider, is_first=is_first)
    return user


def require_active(user: User, attempt: Attempt) -> None:
    if not user.is_active:
        attempt.sign_in.user = user
        raise Suspended("user_suspended")


def require_open(provider: IdentityProvider) -> None:
    """Holds tenant and provider until the transaction ends: neither is closed or swapped while a session is made.

    Raises Suspended, or StrayAnswer where the issuer is another one by now: its people are known by that one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.suspended_at IS NULL, p.status, p.issuer FROM public.tenants_identityprovider p"
            " JOIN public.tenants_tenant t ON t.id = p.tenant_id"
            " WHERE p.id = %s AND t.schema_name = %s FOR SHARE OF p, t",
            [provider.pk, current_schema()],
        )
        row = cursor.fetchone()
    if row and not row[0]:
        raise Suspended("tenant_suspended")
    if not row or row[1] != IdentityProvider.Status.LIVE:
        raise Suspended("provider_not_live")
    if row[2] != provider.issuer:
        raise StrayAnswer("answer_settings_changed")


def find_user(provider: IdentityProvider, person: Person) -> User:
    """The user of this identity, whose row is held; made where there is none, once even if two arrive at once."""
    known = _by_identity(provider.issuer, person.subject)
    if known is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_lock_name(provider, person)])
        known = _by_identity(provider.issuer, person.subject) or _first_arrival(provider, person)
    return known


def _lock_name(provider: IdentityProvider, person: Person) -> str:
    return f"{current_schema()} {provider.issuer} {person.subject}"


def _by_identity(issuer: str, subject: str) -> User | None:
    users: list[User] = list(User.objects.raw(BY_IDENTITY, [issuer, subject]))
    return users[0] if users else None


def _first_arrival(provider: IdentityProvider, person: Person) -> User:
    user = _added_in_advance(provider, person) or User.objects.create(email=person.email)
    Identity.objects.create(user=user, issuer=provider.issuer, subject=person.subject, provider=provider.pk)
    return user


def _added_in_advance(provider: IdentityProvider, person: Person) -> User | None:
    """Email links nothing but this: a record without identity, an address verified by a provider trusted for it."""
    if not (person.email and person.email_verified and provider.trusts_domain_of(person.email)):
        return None
    waiting = User.objects.select_for_update().filter(added_in_advance=True, email__iexact=person.email)
    user: User | None = waiting.first()
    if user:
        user.added_in_advance = False
        user.save(update_fields=["added_in_advance"])
    return user


def refresh(user: User, person: Person) -> None:
    """What the directory manages follows the directory; what it does not say stays as it was."""
    changed = [name for name in REFRESHED if getattr(person, name) and getattr(user, name) != getattr(person, name)]
    if person.email and user.email_verified != person.email_verified:
        changed.append("email_verified")
    for name in changed:
        setattr(user, name, getattr(person, name))
    if changed:
        user.save(update_fields=changed)


def start_session(
    request: HttpRequest, user: User, provider: IdentityProvider, person: Person, id_token: str, provider_session: str
) -> None:
    """A new session under a new key; what was in an earlier one is gone. Written here, not after the answer is made."""
    session = request.session
    session.flush()
    login(request, user, backend=BACKEND)
    session.stamp()  # type: ignore[attr-defined]  # accounts.sessions
    session["provider"], session["subject"] = str(provider.pk), person.subject
    session["provider_session"] = provider_session
    session["id_token"] = Sealed.seal(id_token, bound_to=id_token_binding(user)).ciphertext
    session[END_SESSION_ORIGIN] = origin(provider.metadata.end_session_endpoint)
    session.save()
    session.modified, session.is_just_begun = False, True  # type: ignore[attr-defined]  # accounts.middleware


def id_token_binding(user: User) -> str:
    return f"session:{current_schema()}:{user.pk}:id-token"
