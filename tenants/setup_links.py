"""Setup links: made, opened, ended; and the sessions that their codes start (tenants.setup_codes)."""

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import timedelta

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import emails
from tenants.actor import Actor
from tenants.models import IdentityProvider, SetupLink, SetupSession, Tenant
from tenants.models.setup import SetupLinkQuerySet
from tenants.record import record

DAYS, MOST_DAYS = 7, 30
RUN_OUT = "run_out"
SESSIONS_KEPT = timedelta(days=1)
SAME_OPENING_SECONDS = 60
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


class SetupRefused(Exception):
    """A code that is not sent or not taken. str() is a sentence for the IT contact."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def new_secret() -> str:
    """256 random bits as 43 URL-safe characters: a link's token, a session's key."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def contact(link: SetupLink, ip_address: str = "") -> Actor:
    """Whoever has the link, as the history names them."""
    return Actor("contact", key=str(link.pk), name=link.email, ip_address=ip_address)


def address(link: SetupLink, token: str) -> str:
    return f"{link.provider.tenant.address}/setup/{token}/"


def masked(email: str) -> str:
    """What whoever found a link may see of the address that its codes go to."""
    name, _at, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"


def draft(tenant: Tenant, slug: str, kind: str) -> IdentityProvider:
    """A new provider, for a link to set it up. Raises ValidationError."""
    provider = IdentityProvider(tenant=tenant, slug=slug, kind=kind)
    provider.full_clean()
    provider.save()
    return provider


def make(provider: IdentityProvider, email: str, *, by: Actor, days: int = DAYS) -> tuple[SetupLink, str]:
    """A new link and its token, which is nowhere else, in place of the one that stood. Raises ValidationError.

    For showing it once; `send` mails it.
    """
    return _make(provider, email, by, days, "setup_link.shown")


def send(provider: IdentityProvider, email: str, *, by: Actor, days: int = DAYS) -> SetupLink:
    """A new link on its way to the contact. Raises ValidationError."""
    with transaction.atomic():
        link, token = _make(provider, email, by, days, "setup_link.sent")
        emails.setup_link(link, token)
    return link


def _make(provider: IdentityProvider, email: str, by: Actor, days: int, kind: str) -> tuple[SetupLink, str]:
    email, token, now = _clean(email, days), new_secret(), timezone.now()
    with transaction.atomic():
        # Whoever else makes one for this provider waits here.
        locked = IdentityProvider.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=provider.pk)
        if locked.tenant.is_suspended:
            words = _("%(tenant)s is suspended, so nobody could open the link. Resume it first.")
            raise ValidationError(words, code="tenant_suspended", params={"tenant": locked.tenant})
        replaced = _end(SetupLink.objects.filter(provider=locked), SetupLink.End.REPLACED)
        link = SetupLink.objects.create(
            provider=locked,
            email=email,
            token_digest=digest(token),
            created_at=now,
            created_by=by.name,
            expires_at=now + timedelta(days=days),
        )
        _name_account_manager(locked.tenant, by)
        on_record(link, kind, by, expires_at=link.expires_at.isoformat(), replaced=bool(replaced))
    return link, token


def _clean(email: str, days: int) -> str:
    email = email.strip()
    validate_email(email)
    if not 1 <= days <= MOST_DAYS:
        raise ValidationError(_("A link is good for 1 to %(most)d days.") % {"most": MOST_DAYS}, code="days")
    return email


def _name_account_manager(tenant: Tenant, by: Actor) -> None:
    if by.kind == "staff" and "@" in by.name and not tenant.account_manager:
        Tenant.objects.filter(pk=tenant.pk, account_manager="").update(account_manager=by.name)
        tenant.account_manager = by.name


def on_record(link: SetupLink, kind: str, by: Actor, **more: str | int | bool) -> None:
    after = {"provider": link.provider.slug, "email": link.email, **more}
    record(link.provider.tenant, kind, by=by, about=str(link.pk), after=after)


def _end(links: SetupLinkQuerySet, end: SetupLink.End) -> int:
    """Those that were guessed at too: sessions that they had started go on until then."""
    ending = links.filter(Q(ended_at=None) | Q(end=SetupLink.End.GUESSED)).exclude(end=end)
    return ending.update(ended_at=timezone.now(), end=end, code_digest="")


def revoke(link: SetupLink, by: Actor) -> bool:
    """Its sessions end with it. False where it had ended already."""
    return _close(link, SetupLink.End.REVOKED, lambda: on_record(link, "setup_link.revoked", by))


def close_guessed(link: SetupLink, ip_address: str) -> bool:
    """After too many wrong codes. A session that a right one had started goes on."""

    def tell() -> None:
        on_record(link, "setup_link.closed", contact(link, ip_address), tries=SetupLink.MOST_TRIES)
        emails.setup_link_closed(link)

    return _close(link, SetupLink.End.GUESSED, tell)


def _close(link: SetupLink, end: SetupLink.End, tell: Callable[[], None]) -> bool:
    with transaction.atomic():
        ended = bool(_end(SetupLink.objects.filter(pk=link.pk), end))
        if ended:
            tell()
    link.refresh_from_db(fields=["ended_at", "end", "code_digest"])
    return ended


def finish(provider: IdentityProvider) -> None:
    """To be called in the transaction in which the provider goes live: its link and the link's sessions are done."""
    _end(SetupLink.objects.filter(provider=provider), SetupLink.End.DONE)


def find(token: str, tenant: Tenant) -> SetupLink | None:
    """The link of this token, dead or alive, if it is of that very tenant."""
    if not _SECRET.fullmatch(token):
        return None
    links = SetupLink.objects.select_related("provider__tenant").filter(provider__tenant__pk=tenant.pk)
    return links.filter(token_digest=digest(token)).first()


def end_of(link: SetupLink) -> str:
    """Why it opens nothing any more: a value of SetupLink.End or RUN_OUT; "" while it does."""
    return link.end or (RUN_OUT if link.has_run_out else "")


def whom_to_ask(link: SetupLink) -> str:
    """The address of the account manager who made it; else the tenant's; "" where neither is known."""
    return link.created_by if "@" in link.created_by else link.provider.tenant.account_manager


def open_link(link: SetupLink, ip_address: str = "") -> bool:
    """Puts an opening on record, be it a mail scanner's; it spends nothing. False for one that is on record already.

    What one address opens again within a minute (a HEAD and then a GET, a page loaded anew) is the same opening.
    """
    if not cache.add(f"setup-link-opened:{link.pk}:{ip_address}", True, SAME_OPENING_SECONDS):
        return False
    with transaction.atomic():
        SetupLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=timezone.now())
        on_record(link, "setup_link.opened", contact(link, ip_address))
    return True


def session_by_key(key: str, tenant: Tenant) -> SetupSession | None:
    """Dead ones too, for as long as they are kept: so that the page can say what ended it."""
    if not _SECRET.fullmatch(key):
        return None
    sessions = SetupSession.objects.select_related("link__provider__tenant")
    return sessions.filter(key_digest=digest(key), link__provider__tenant__pk=tenant.pk).first()


def session_of(key: str, tenant: Tenant) -> SetupSession | None:
    """The session of a cookie, while it and its link hold. Its link may have run out, or been guessed at, meanwhile."""
    session = session_by_key(key, tenant)
    if session is None or session.expires_at <= timezone.now():
        return None
    link = session.link
    holds = link.ended_at is None or link.end == SetupLink.End.GUESSED
    return session if holds and not link.provider.tenant.is_suspended else None


def leave(session: SetupSession) -> None:
    SetupSession.objects.filter(pk=session.pk).delete()


def purge_sessions(tenant: Tenant) -> int:
    """Those that ran out over a day ago. Links stay: they say how the tenant came in."""
    old = Q(link__provider__tenant__pk=tenant.pk, expires_at__lt=timezone.now() - SESSIONS_KEPT)
    return SetupSession.objects.filter(old).delete()[0]
