"""The codes that a setup link sends to its contact, and the session that a right one starts.

Tries and mails are counted on the link's row, each by one UPDATE that also asks whether there is any left: guesses
in parallel wait for each other there, and all of them are counted.
"""

import logging
import re
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenants import emails
from tenants.emails import CODE_LIFETIME
from tenants.models import SetupLink, SetupSession
from tenants.models.setup import SetupLinkQuerySet
from tenants.setup_links import SetupRefused, close_guessed, contact, digest, new_secret, on_record

PAUSE = timedelta(minutes=1)
# What people and their mail programs put between digits; \s has the no-break spaces too.
BETWEEN = re.compile(r"[\s\u00ad\u200b-\u2015\u2060\ufeff-]")
CODE = re.compile(r"[0-9]{6}")
MOST_TYPED = 100
logger = logging.getLogger("huume.setup")


def code_digest(link: SetupLink, code: str) -> str:
    """Six digits alone would be read from any digest that has no key."""
    return salted_hmac("huume.setup-code", f"{link.pk}:{code}", algorithm="sha256").hexdigest()


def send_code(link: SetupLink, ip_address: str = "") -> bool:
    """A code on its way to the contact; the former one is dead. False where one went out less than a minute ago.

    Raises SetupRefused where the link has ended, or has sent all that it may.
    """
    code, now = f"{secrets.randbelow(1_000_000):06d}", timezone.now()
    paused = Q(code_sent_at=None) | Q(code_sent_at__lte=now - PAUSE)
    with transaction.atomic():
        sent = (
            _open(link)
            .filter(paused, mails__lt=SetupLink.MOST_MAILS)
            .update(mails=F("mails") + 1, code_digest=code_digest(link, code), code_sent_at=now)
        )
        link.refresh_from_db(fields=["mails", "tries", "code_digest", "code_sent_at", "ended_at", "end", "expires_at"])
        if sent:
            on_record(link, "setup_link.code_sent", contact(link, ip_address), mails=link.mails)
            emails.setup_code(link, code)
    if not sent:
        _require_standing(link)
        _require_mails_left(link)
    return bool(sent)


def _open(link: SetupLink) -> SetupLinkQuerySet:
    standing = SetupLink.objects.standing().filter(pk=link.pk, expires_at__gt=timezone.now())
    return standing.filter(tries__lt=SetupLink.MOST_TRIES)


def _require_standing(link: SetupLink) -> None:
    if not link.is_active:
        raise SetupRefused("setup_link_ended", _("This link has ended meanwhile. Load the page again to see why."))


def _require_mails_left(link: SetupLink) -> None:
    recent = link.code_sent_at is not None and link.code_sent_at > timezone.now() - PAUSE
    if link.mails >= SetupLink.MOST_MAILS and not recent:
        words = _("This link has sent %(most)d codes, and sends no more. The newest may still be good.")
        raise SetupRefused("setup_codes_used_up", words % {"most": SetupLink.MOST_MAILS})


def is_code_waiting(link: SetupLink) -> bool:
    """Whether a code is out that is neither used nor too old."""
    sent = link.code_sent_at
    return bool(link.code_digest and sent and sent > timezone.now() - CODE_LIFETIME)


def clean_code(typed: str) -> str:
    """Six digits. Raises SetupRefused for what cannot be a code; that is no try."""
    code = BETWEEN.sub("", typed[:MOST_TYPED])
    if not CODE.fullmatch(code):
        raise SetupRefused("setup_code_malformed", _("The code is six digits, such as 123 456."))
    return code


def enter(link: SetupLink, typed: str, ip_address: str = "", user_agent: str = "") -> tuple[SetupSession, str]:
    """A setup session and the key for its cookie. The code is used up.

    Raises SetupRefused: malformed and used or late codes are not counted, wrong ones are, and the last one closes the
    link.
    """
    code = clean_code(typed)
    with transaction.atomic():
        entered = _try(link, code, ip_address, user_agent)
    if entered is None:
        raise _refusal(link)
    return entered


def _try(link: SetupLink, code: str, ip_address: str, user_agent: str) -> tuple[SetupSession, str] | None:
    """Counted first, which locks the row: whoever guesses at the same time waits until this try is through."""
    in_time = Q(code_sent_at__gt=timezone.now() - CODE_LIFETIME) & ~Q(code_digest="")
    counted = _open(link).filter(in_time).update(tries=F("tries") + 1)
    link.refresh_from_db(fields=["tries", "code_digest", "code_sent_at", "ended_at", "end", "expires_at", "entered_at"])
    if not counted:
        return None
    if constant_time_compare(link.code_digest, code_digest(link, code)):
        return _begin(link, ip_address, user_agent)
    on_record(link, "setup_link.wrong_code", contact(link, ip_address), tries=link.tries)
    logger.warning("wrong setup code", extra={"link": str(link.pk), "tries": link.tries})
    if link.tries >= SetupLink.MOST_TRIES:
        close_guessed(link, ip_address)
    return None


def _begin(link: SetupLink, ip_address: str, user_agent: str) -> tuple[SetupSession, str]:
    now, key = timezone.now(), new_secret()
    used = {"tries": F("tries") - 1, "code_digest": "", "entered_at": Coalesce("entered_at", now)}
    SetupLink.objects.filter(pk=link.pk).update(**used)
    link.refresh_from_db(fields=["tries", "code_digest", "entered_at"])
    session = SetupSession.objects.create(
        link=link,
        key_digest=digest(key),
        created_at=now,
        expires_at=now + SetupSession.LIFETIME,
        ip_address=ip_address or None,
        user_agent=user_agent[:300],
    )
    on_record(link, "setup_link.entered", contact(link, ip_address))
    return session, key


def _refusal(link: SetupLink) -> SetupRefused:
    if link.end == SetupLink.End.GUESSED:
        words = _("That was the last try: the link is closed, and a new one is needed.")
        return SetupRefused("setup_link_guessed", words)
    if not link.is_active:
        return SetupRefused("setup_link_ended", _("This link has ended meanwhile. Load the page again to see why."))
    if not is_code_waiting(link):
        words = _("The code was used already, or is older than 15 minutes. Have a new one sent.")
        return SetupRefused("setup_code_late", words)
    left = SetupLink.MOST_TRIES - link.tries
    words = ngettext(
        "That is not the code. Look for the newest mail. One try is left.",
        "That is not the code. Look for the newest mail. %(left)d tries are left.",
        left,
    )
    return SetupRefused("setup_code_wrong", words % {"left": left})
