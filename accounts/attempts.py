"""Attempts to sign in: begun, bound to a browser, come back once. No session exists before somebody is signed in."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.failing_settings import suspect
from accounts.models import Attempt, SignIn, User
from accounts.oidc.claims import Person, clean_text
from accounts.oidc.errors import SignInError, StrayAnswer
from accounts.oidc.requests import new_secret
from huume.client_address import client_address
from tenants.models import IdentityProvider, address_of
from tenants.schemas import current_schema

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
MOST_NEXT = 2000
TAKE = """
    DELETE FROM accounts_attempt a USING accounts_signin s
    WHERE s.id = a.sign_in_id AND a.state_digest = %s AND a.browser_digest = %s
      AND NOT EXISTS (SELECT FROM accounts_attempt spent WHERE spent.state_digest = %s)
    RETURNING a.*, s.reference
"""
FORGET_OLDEST = """
    DELETE FROM accounts_attempt WHERE state_digest IN (
        SELECT state_digest FROM accounts_attempt WHERE browser_digest = %s ORDER BY created_at DESC OFFSET %s
    )
"""
# A state ends so where the provider was asked to let the person choose: a second try with plain scopes asks so again.
OTHER_PERSON = "-login"
_BROWSER_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Begun:
    """What the browser takes along: state and nonce in the address, its own key in a cookie."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    browser_key: str


@dataclass(frozen=True)
class ForTest:
    """That an attempt is a test sign-in: of which setup session, and of which kept settings, if not the live ones."""

    session: UUID
    settings: UUID | None = None


def new_reference() -> str:
    """The tenant's name and 60 random bits, in groups that can be read out on the telephone."""
    digits = "".join(secrets.choice(ALPHABET) for _ in range(12))
    return f"{current_schema()}-{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def safe_next(path: str | None) -> str:
    """A path on this very host, or "/": an address elsewhere is never followed, however it is spelt."""
    if not path or len(path) > MOST_NEXT or not path.startswith("/") or not (path.isascii() and path.isprintable()):
        return "/"
    # One that goes on with a slash or backslash, encoded or not, is some browser's or proxy's other host.
    if path[1:2] in {"/", "\\"} or path[1:4].lower() in {"%2f", "%5c"} or "\\" in path:
        return "/"
    return path if url_has_allowed_host_and_scheme(path, allowed_hosts=None) else "/"


def begin(
    request: HttpRequest,
    provider: IdentityProvider,
    *,
    browser_key: str,
    next_path: str,
    other_person: bool = False,
    again: Attempt | None = None,
    test: ForTest | None = None,
) -> Begun:
    """Records an attempt. `again`: the attempt that is tried once more with plain scopes, under the same reference.

    `browser_key`: what the browser's cookie holds; a new one is made where that is not of our making.
    """
    begun = Begun(
        state=new_secret() + (OTHER_PERSON if other_person else ""),
        nonce=new_secret(),
        verifier=new_secret(),
        redirect_uri=address_of(request.tenant_host) + provider.redirect_path,  # type: ignore[attr-defined]
        browser_key=browser_key if _BROWSER_KEY.fullmatch(browser_key) else new_secret(),
    )
    with transaction.atomic():
        sign_in = again.sign_in if again else _record(request, provider, is_test=test is not None)
        _forget_oldest(digest(begun.browser_key))
        Attempt.objects.create(
            state_digest=digest(begun.state),
            browser_digest=digest(begun.browser_key),
            provider=provider.pk,
            issuer=provider.issuer,
            client_id=provider.client_id,
            nonce=begun.nonce,
            verifier=begun.verifier,
            redirect_uri=begun.redirect_uri,
            next_path=next_path,
            plain_scopes=again is not None,
            setup_session=test.session if test else None,
            settings=test.settings if test else None,
            sign_in=sign_in,
        )
    return begun


def record_refused_start(
    request: HttpRequest,
    provider: IdentityProvider,
    error: SignInError,
    again: Attempt | None,
    test: ForTest | None = None,
) -> SignIn:
    """A sign-in that ended before the browser was sent to the provider, for the first time or again."""
    if again:
        return record_refusal(again, error)
    if test is None:
        suspect(provider.pk, error)
    return _record(request, provider, is_test=test is not None, **_refusal(error))


def _record(request: HttpRequest, provider: IdentityProvider, **outcome: Any) -> SignIn:
    return SignIn.objects.create(
        reference=new_reference(),
        provider=provider.pk,
        provider_label=str(provider.button_label),
        ip_address=client_address(request) or None,
        user_agent=clean_text(request.headers.get("User-Agent", ""), 300),
        **outcome,
    )


def _forget_oldest(browser_digest: str) -> None:
    """A browser's tabs may be under way at once, but not without end."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_OLDEST, [browser_digest, Attempt.MOST_AT_ONCE - 1])


def take(state: str, browser_key: str, code: str = "") -> Attempt:
    """The attempt of this state and this browser, which is gone from then on, whatever comes of it.

    One statement, so that the same answer twice finds it once; it brings the reference along. Raises StrayAnswer,
    also where a test has brought this code back already (`spend`).
    """
    taken = list(Attempt.objects.raw(TAKE, [digest(state), digest(browser_key), _code_digest(code)]))
    if not taken:
        raise StrayAnswer("answer_no_attempt" if browser_key else "answer_other_browser")
    return taken[0]


def _code_digest(code: str) -> str:
    """Never a state's: none has a colon."""
    return digest(f"code:{code}")


def spend(attempt: Attempt, code: str) -> None:
    """No other attempt comes back with this code, which a test is about to redeem where the tried settings say.

    These share the redirect URI of the live ones, so a directory on trial could have the live one's code delivered to
    itself, and come back with it (the mix-up attack, RFC 9700 section 4.4). Kept as an attempt that no browser has.
    """
    if code:
        spent = Attempt(state_digest=_code_digest(code), provider=attempt.provider, sign_in_id=attempt.sign_in_id)
        Attempt.objects.bulk_create([spent], ignore_conflicts=True)


def check(attempt: Attempt, provider: IdentityProvider) -> None:
    if attempt.provider != provider.pk:
        raise StrayAnswer("answer_other_provider")
    if timezone.now() - attempt.created_at > Attempt.LIFETIME:
        raise StrayAnswer("answer_expired")
    # Its code is another client's now. (A test of kept settings began as those: accounts.rehearse finds them again.
    # An attempt without an issuer was begun by the version before, ten minutes ago at most.)
    begun_as = (attempt.issuer, attempt.client_id) if attempt.settings is None and attempt.issuer else None
    if begun_as and begun_as != (provider.issuer, provider.client_id):
        raise StrayAnswer("answer_settings_changed")


def record_success(attempt: Attempt, user: User, person: Person) -> None:
    SignIn.objects.filter(pk=attempt.sign_in_id).update(
        outcome=SignIn.Outcome.SUCCEEDED,
        finished_at=timezone.now(),
        subject=person.subject,
        email=person.email,
        user=user,
    )


def record_test(attempt: Attempt, person: Person) -> None:
    """Nobody is signed in by it."""
    SignIn.objects.filter(pk=attempt.sign_in_id).update(
        outcome=SignIn.Outcome.TESTED, finished_at=timezone.now(), subject=person.subject, email=person.email
    )


def record_refusal(attempt: Attempt, error: SignInError) -> SignIn:
    sign_in, outcome = attempt.sign_in, _refusal(error)
    for name, value in outcome.items():
        setattr(sign_in, name, value)
    sign_in.save(update_fields=[*outcome, "subject", "email", "user"])
    if attempt.setup_session is None:
        suspect(attempt.provider, error)
    return sign_in


def _refusal(error: SignInError) -> dict[str, Any]:
    """The columns of a SignIn that say so."""
    return {
        "outcome": SignIn.Outcome.REFUSED,
        "finished_at": timezone.now(),
        "reason": error.code,
        "detail": clean_text(error.detail, 300),
    }
