"""What the answers told by the way: the time at the provider, and how quickly it answers."""

from typing import Final

from django.utils.translation import gettext as _

from accounts.live_check import advice
from accounts.live_check.findings import FAILED, OK, UNKNOWN, Finding, NotLookedAt
from accounts.live_check.state import Run

# As much as a token's times may be off (accounts.oidc.tokens).
LEEWAY: Final = 60.0
SLOW: Final = 3.0


def clock(run: Run) -> Finding:
    if not run.wire.seconds:
        raise NotLookedAt(_("there was no answer"))
    if not run.wire.differences:
        return Finding(UNKNOWN, _("the answers do not say when they were given"))
    # An answer out of a cache may bear an old date: the best one counts.
    difference = min(abs(seconds) for seconds in run.wire.differences)
    found = _("within 1 s") if difference < 2 else _("%(seconds)s s apart") % {"seconds": round(difference)}
    return Finding(OK, found) if difference <= LEEWAY else Finding(FAILED, found, advice.clock(run))


def speed(run: Run) -> Finding:
    taken = run.wire.seconds
    if not taken:
        raise NotLookedAt(_("there was no answer"))
    figures = {"count": len(taken), "slowest": f"{max(taken):.2f}", "total": f"{sum(taken):.2f}"}
    found = _("%(count)s answers, the slowest in %(slowest)s s, all in %(total)s s") % figures
    return Finding(OK, found) if max(taken) < SLOW else Finding(FAILED, found, advice.speed(run))
