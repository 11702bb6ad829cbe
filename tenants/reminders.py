"""Before a client secret runs out: a mail 30, 7 and 1 days ahead, to the IT contact and the account manager."""

from datetime import date
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from tenants import emails
from tenants.candidates import held
from tenants.models import AuthMethod, IdentityProvider, Tenant

DAYS = (30, 7, 1)
REMINDED = (IdentityProvider.Status.LIVE, IdentityProvider.Status.SUBMITTED)
# A date without an hour is meant as whoever is reminded reads it.
ZONE = ZoneInfo("Europe/London")


def remind(tenant: Tenant) -> int:
    """Queues the reminders of this tenant that are due, and says how many. Safe to run twice, and two at once."""
    expiring = IdentityProvider.objects.filter(tenant=tenant, status__in=REMINDED, auth_method=AuthMethod.SECRET)
    latest = timezone.localdate(timezone=ZONE)
    return sum(_remind_of(provider, latest) for provider in expiring.exclude(secret_expires_on=None))


def _remind_of(provider: IdentityProvider, today: date) -> bool:
    with transaction.atomic():
        row = held(provider)
        expires = row.secret_expires_on
        if expires is None or row.status not in REMINDED:
            return False
        days = (expires - today).days
        due = nearest_due(days)
        if due is None or _mark(expires, due) in row.reminded:
            return False
        if not emails.secret_runs_out(row, days):
            return False
        # Of earlier ones that were missed, none is sent any more. Another date begins anew.
        row.reminded = [_mark(expires, each) for each in DAYS if each >= due]
        row.save(update_fields=["reminded"])
    return True


def nearest_due(days: int) -> int | None:
    """Of DAYS, the last one that has been reached with so many days left (0 and less: it has run out)."""
    return min((each for each in DAYS if days <= each), default=None)


def _mark(expires: date, days: int) -> str:
    return f"{expires.isoformat()} {days}"
