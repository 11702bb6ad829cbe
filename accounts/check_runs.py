"""Runs of the live check: asked for within limits, carried out once, kept line by line."""

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tenants.utils import tenant_context

from accounts import live_check
from accounts.live_check import CHECKS, Line
from accounts.provider_calls import release_connection
from tenants.actor import Actor
from tenants.models import IdentityProvider, ProviderCheck, ProviderSettings
from tenants.record import record

# A run takes 20 seconds at most: one that began earlier than this has died with its process.
DEAD_AFTER = timedelta(seconds=30)
# A browser that has asked for a run goes on to its page at once; one that does not holds nobody else up.
BEGUN_WITHIN = timedelta(seconds=5)
# After this nobody is waiting any more for what was asked for.
GOOD_FOR = timedelta(minutes=10)
WINDOW = timedelta(hours=1)
MOST = 20
MOST_FOR_OPERATORS = 60
logger = logging.getLogger(__name__)


class CheckRefused(Exception):
    """No run now; the text is a sentence for people. `code` is under_way or too_many."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def ask(
    provider: IdentityProvider, *, settings: ProviderSettings | None = None, by: Actor, most: int = MOST
) -> ProviderCheck:
    """A run that waits to be carried out, for ten minutes. `settings`: those kept beside the provider's own.

    Raises CheckRefused where one is under way, or where there were `most` within the hour.
    """
    now = timezone.now()
    with transaction.atomic():
        # Whoever else asks for this provider waits here, and then counts this run too.
        locked = IdentityProvider.objects.select_for_update().get(pk=provider.pk)
        _refuse_too_many(locked, now, most)
        return ProviderCheck.objects.create(
            provider=locked, settings=settings.pk if settings else None, asked_by=str(by)[:254], asked_at=now
        )


def carry_out(check: ProviderCheck, *, by: Actor | None = None) -> Iterator[Line]:
    """The lines, each as soon as it is known and kept, in `check` too. Nothing comes where it cannot begin (`_claim`).

    `by`: who is on record as having checked; whoever asked, by name alone, where it is left out. What is kept is in the
    public schema, so the caller's schema does not matter. A run that is left half way keeps the lines that it has.
    """
    if not _claim(check):
        return
    kept = _kept_settings(check)
    try:
        if check.settings is None or kept is not None:
            yield from _lines(check, kept.as_provider() if kept else check.provider)
    finally:
        _finish(check, kept or check.provider, by or Actor("check", name=check.asked_by))


def run_now(
    provider: IdentityProvider,
    settings: ProviderSettings | None = None,
    *,
    by: Actor,
    most: int = MOST_FOR_OPERATORS,
) -> ProviderCheck:
    """A whole run, with its lines. Raises CheckRefused."""
    check = ask(provider, settings=settings, by=by, most=most)
    for _line in carry_out(check, by=by):
        pass
    return check


def last_check(provider: IdentityProvider, settings: ProviderSettings | None = None) -> ProviderCheck | None:
    """The run that was begun last, whether or not it came to its end (`is_whole`)."""
    begun = ProviderCheck.objects.filter(provider=provider.pk, settings=settings.pk if settings else None)
    return begun.exclude(started_at=None).order_by("-started_at").first()


def is_whole(check: ProviderCheck) -> bool:
    return len(check.lines) == len(CHECKS)


def is_under_way(check: ProviderCheck) -> bool:
    begun: datetime = check.started_at or check.asked_at
    return check.finished_at is None and begun > timezone.now() - DEAD_AFTER


def failed_ids(check: ProviderCheck) -> list[str]:
    return [line["check"] for line in check.with_outcome("failed")]


def _refuse_too_many(provider: IdentityProvider, now: datetime, most: int) -> None:
    checks = ProviderCheck.objects.filter(provider=provider)
    begun = Q(started_at__gt=now - DEAD_AFTER) | Q(started_at=None, asked_at__gt=now - BEGUN_WITHIN)
    if checks.filter(begun, finished_at=None).exists():
        raise CheckRefused("under_way", _("A check is under way already. It takes 20 seconds at most."))
    if checks.filter(asked_at__gt=now - WINDOW).count() >= most:
        sentence = ngettext(
            "There was %(most)s check within the last hour, which is all that is allowed. Try again later.",
            "There were %(most)s checks within the last hour, which is all that is allowed. Try again later.",
            most,
        )
        raise CheckRefused("too_many", sentence % {"most": most})


def _claim(check: ProviderCheck) -> bool:
    """Whether the run is begun by this call: not before, not too long after it was asked for, no other under way."""
    now = timezone.now()
    with transaction.atomic():
        provider = IdentityProvider.objects.select_for_update(of=("self",)).select_related("tenant")
        check.provider = provider.get(pk=check.provider_id)
        if ProviderCheck.objects.filter(provider=check.provider_id, **_begun_since(now)).exists():
            return False
        waiting = ProviderCheck.objects.filter(pk=check.pk, started_at=None, asked_at__gt=now - GOOD_FOR)
        check.started_at, check.lines = now, []
        return bool(waiting.update(started_at=now))


def _begun_since(now: datetime) -> dict[str, Any]:
    return {"finished_at": None, "started_at__gt": now - DEAD_AFTER}


def _kept_settings(check: ProviderCheck) -> ProviderSettings | None:
    if check.settings is None:
        return None
    return ProviderSettings.objects.select_related("provider__tenant").filter(pk=check.settings).first()


def _lines(check: ProviderCheck, checked: IdentityProvider) -> Iterator[Line]:
    with closing(live_check.run(checked)) as lines:
        for line in lines:
            check.lines.append(asdict(line))
            ProviderCheck.objects.filter(pk=check.pk).update(lines=check.lines)
            release_connection()
            yield line


def _finish(check: ProviderCheck, checked: IdentityProvider | ProviderSettings, by: Actor) -> None:
    """What the run found goes to what was checked, unless that has changed meanwhile."""
    now, failed, provider = timezone.now(), failed_ids(check), check.provider
    outcomes = {outcome: [line["check"] for line in check.with_outcome(outcome)] for outcome in ("failed", "unknown")}
    check.finished_at = now
    with transaction.atomic():
        ProviderCheck.objects.filter(pk=check.pk).update(finished_at=now)
        if is_whole(check):
            same = type(checked)._default_manager.filter(
                pk=checked.pk,
                issuer=checked.issuer,
                client_id=checked.client_id,
                auth_method=checked.auth_method,
                client_secret=checked.client_secret,
            )
            same.update(checked_at=now, check_failed=failed)
        if failed and check.settings is None:
            IdentityProvider.objects.filter(pk=provider.pk).update(last_error=f"check_{failed[0]}", last_error_at=now)
        kept = checked.state if isinstance(checked, ProviderSettings) else ""
        of = {"settings": kept, "asked_by": check.asked_by, "lines": len(check.lines)}
        with tenant_context(provider.tenant):
            record(provider.tenant, "provider.checked", by=by, about=str(provider.pk), after={**of, **outcomes})
