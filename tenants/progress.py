"""How far a tenant's provider is on its way from a link to a user administrator who has signed in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import IdentityProvider, SetupLink, Tenant

# Of each milestone: the heading of a narrow column, and its whole name.
MILESTONES: dict[str, tuple[Any, Any]] = {
    "sent": (_("Sent"), _("Setup link sent")),
    "opened": (_("Opened"), _("Setup link opened")),
    "steps": (_("Steps"), _("Steps followed")),
    "submitted": (_("Given"), _("Credentials handed over")),
    "checked": (_("Check"), _("Live check")),
    "tested": (_("Test"), _("Test sign-in")),
    "live": (_("Live"), _("Switched live")),
    "signed_in": (_("Used"), _("First sign-in")),
    "administrator": (_("Admin"), _("First user administrator has signed in")),
}
RUNS_OUT_SOON = timedelta(days=30)


class State(StrEnum):
    DONE = "done"
    FAILED = "failed"
    NEXT = "next"
    SKIPPED = "skipped"
    OPEN = "open"


@dataclass(frozen=True)
class Milestone:
    name: str
    state: State
    at: datetime | None = None

    @property
    def heading(self) -> Any:
        return MILESTONES[self.name][0]

    @property
    def title(self) -> Any:
        return MILESTONES[self.name][1]


class Progress:
    """Of one provider, or of a tenant that has none. `link`: the setup link that was made last, ended or not."""

    def __init__(self, tenant: Tenant, provider: IdentityProvider | None, link: SetupLink | None) -> None:
        self.tenant, self.provider, self.link = tenant, provider, link
        self.times = _times(tenant, provider, link)
        self.milestones = list(self._milestones())

    def has(self, name: str) -> bool:
        return self.times.get(name) is not None

    @property
    def check_failed(self) -> bool:
        return self.provider is not None and self.has("checked") and bool(self.provider.check_failed)

    @property
    def is_live(self) -> bool:
        return self.provider is not None and self.provider.is_live

    @property
    def secret_runs_out(self) -> bool:
        day = self.provider.secret_expires_on if self.provider else None
        return day is not None and day - timezone.localdate() <= RUNS_OUT_SOON

    @property
    def is_in_trouble(self) -> bool:
        """People who signed in yesterday may not get in today, or not much longer."""
        return self.is_live and bool(self.check_failed or self.last_error or self.secret_runs_out)

    @property
    def last_error(self) -> str:
        """The code of what went wrong last and has not gone well since."""
        if self.provider is None or not self.provider.last_error:
            return ""
        well_since = max(filter(None, [self._well_checked_at, self.times["tested"]]), default=None)
        failed_at = self.provider.last_error_at
        return "" if well_since and failed_at and well_since > failed_at else self.provider.last_error

    @property
    def _well_checked_at(self) -> datetime | None:
        return None if self.check_failed else self.times["checked"]

    @property
    def last_moved_at(self) -> datetime:
        """When something last happened. The daily check of a live provider is nothing that happens."""
        times = {**self.times, "checked": None} if self.is_live else self.times
        entered = self.link.entered_at if self.link else None
        created = self.provider.created_at if self.provider else None
        return max(filter(None, [self.tenant.created_at, created, entered, *times.values()]))

    @property
    def stage(self) -> str:
        """The milestone that is to be reached next; "done" where none is left."""
        waiting = (one.name for one in self.milestones if one.state in (State.NEXT, State.FAILED))
        return next(waiting, "done")

    @property
    def distance(self) -> int:
        """How many milestones are behind it."""
        names = list(MILESTONES)
        return len(names) if self.stage == "done" else names.index(self.stage)

    def _milestones(self) -> Iterator[Milestone]:
        names = list(MILESTONES)
        last = max((number for number, name in enumerate(names) if self.has(name)), default=-1)
        for number, name in enumerate(names):
            yield Milestone(name, self._state(name, number, last), self.times[name])

    def _state(self, name: str, number: int, last: int) -> State:
        if name == "checked" and self.check_failed:
            return State.FAILED
        if self.has(name):
            return State.DONE
        if number < last:
            return State.SKIPPED
        # A check that failed is what comes next, whatever was reached besides.
        return State.NEXT if number == last + 1 and not (self.check_failed and not self.is_live) else State.OPEN


def _times(tenant: Tenant, provider: IdentityProvider | None, link: SetupLink | None) -> dict[str, datetime | None]:
    """When each milestone was reached; None for those that were not."""
    times: dict[str, datetime | None] = dict.fromkeys(MILESTONES)
    if link:
        times |= {"sent": link.created_at, "opened": link.entered_at or link.opened_at}
    if provider is None:
        return times
    handed_over = provider.submitted_at or (None if provider.status == "draft" else provider.created_at)
    times |= {"steps": handed_over, "submitted": handed_over}
    times |= {"checked": _since(provider.checked_at, handed_over), "tested": _since(provider.tested_at, handed_over)}
    if provider.is_live:
        times["live"] = provider.live_at or provider.created_at
        times["signed_in"] = provider.first_sign_in_at
        # It is the tenant's: a second provider does not need one of its own.
        times["administrator"] = tenant.first_administrator_at
    return times


def _since(moment: datetime | None, handed_over: datetime | None) -> datetime | None:
    """What was checked or tested before the settings were handed over anew says nothing of them."""
    return moment if moment and (handed_over is None or moment >= handed_over) else None


def latest_links() -> dict[Any, SetupLink]:
    """Of every provider that has one, the setup link that was made last, by its provider."""
    latest = SetupLink.objects.order_by("provider_id", "-created_at").distinct("provider_id")
    return {link.provider_id: link for link in latest}


def progress_of(provider: IdentityProvider) -> Progress:
    return Progress(provider.tenant, provider, provider.setup_links.first())
