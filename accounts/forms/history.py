from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms.filters import EVERYONE, ListFilter
from accounts.history_words import SENTENCES


class HistoryFilter(ListFilter):
    kind = forms.ChoiceField(required=False, label=_("What"), choices=[("", _("Anything")), *SENTENCES.items()])
    day = forms.DateField(
        required=False, label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.full_clean()

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        # No moment of the calendar's first and last years is safe to convert between time zones.
        if day and not 2000 <= day.year < 3000:
            raise forms.ValidationError(_("There is no history of that year."), code="no_such_day")
        return day

    def condition(self) -> Q:
        condition = EVERYONE
        if kind := self.chosen("kind"):
            condition &= Q(kind=kind)
        if day := self.chosen("day"):
            condition &= Q(at__gte=_midnight(day), at__lt=_midnight(day + timedelta(days=1)))
        return condition


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))
