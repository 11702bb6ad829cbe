"""Moments as people say them, in the portal's time zone."""

from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _


def when(moment: datetime) -> str:
    """ "Today 09:12", "Yesterday 17:40", "3 March 2026, 08:05"."""
    local = timezone.localtime(moment)
    time = {"time": local.strftime("%H:%M")}
    days = (timezone.localdate() - local.date()) / timedelta(days=1)
    if days == 0:
        return _("Today %(time)s") % time
    if days == 1:
        return _("Yesterday %(time)s") % time
    return f"{formats.date_format(local, 'j F Y')}, {local:%H:%M}"


def waiting_for(since: datetime) -> str:
    """ "Waiting 2 days": in the largest unit alone."""
    if timezone.now() - since < timedelta(minutes=1):
        return _("Waiting since just now")
    return _("Waiting %(time)s") % {"time": timesince(since, depth=1)}
