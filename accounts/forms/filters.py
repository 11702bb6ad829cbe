"""What lists can be narrowed to. A value that cannot be is left out, never an error of the page."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms.fields import LineField
from accounts.models import Attempt, Role, SignIn, Team, User

MOST_SEARCHED = 200
# Every row: for a filter that is not used.
EVERYONE = Q(pk__isnull=False)


def search_field(placeholder: Any) -> LineField:
    widget = forms.TextInput(attrs={"type": "search", "placeholder": placeholder, "autocomplete": "off"})
    return LineField(required=False, label=_("Search"), widget=widget)


class ListFilter(forms.Form):
    def chosen(self, name: str) -> Any:
        """ "" too for what was sent and cannot be."""
        return self.cleaned_data.get(name) or ""

    @property
    def searched(self) -> str:
        return str(self.chosen("q"))[:MOST_SEARCHED]

    @property
    def is_used(self) -> bool:
        return any(self.cleaned_data.values())

    @property
    def query(self) -> str:
        """What narrows the list, for the addresses of its pages."""
        return urlencode({name: value for name, value in self.cleaned_data.items() if value})


class PeopleFilter(ListFilter):
    STATES = (
        ("", _("All")),
        ("waiting", _("Waiting for access")),
        ("suspended", _("Suspended")),
        ("advance", _("Added in advance")),
    )
    q = search_field(_("Name, email, role or team"))
    show = forms.ChoiceField(required=False, label=_("Show"), choices=STATES)
    role = forms.ChoiceField(required=False, label=_("Role"))
    team = forms.ChoiceField(required=False, label=_("Team"))

    def __init__(self, data: Any, roles: Iterable[Role], teams: Iterable[Team]) -> None:
        super().__init__(data)
        self.fields["role"].choices = [("", _("Any")), *((role.pk, role.name) for role in roles)]  # type: ignore[attr-defined]
        self.fields["team"].choices = [("", _("Any")), *((team.pk, team.name) for team in teams)]  # type: ignore[attr-defined]
        self.full_clean()

    def condition(self) -> Q:
        """Of users that are annotated with has_role."""
        condition = EVERYONE
        if self.searched:
            condition &= people_found(self.searched)
        if role := self.chosen("role"):
            condition &= Q(pk__in=User.objects.filter(groups=role).values("pk"))
        if team := self.chosen("team"):
            condition &= Q(pk__in=User.objects.filter(teams=team).values("pk"))
        return condition & self._state()

    def _state(self) -> Q:
        states = {
            "waiting": Q(is_active=True, has_role=False),
            "suspended": Q(is_active=False),
            "advance": Q(added_in_advance=True),
        }
        return states.get(self.chosen("show"), EVERYONE)


def people_found(text: str) -> Q:
    """By name, email, or the name of a role or a team of theirs."""
    return (
        Q(name__icontains=text)
        | Q(email__icontains=text)
        | Q(pk__in=User.objects.filter(groups__name__icontains=text).values("pk"))
        | Q(pk__in=User.objects.filter(teams__name__icontains=text).values("pk"))
    )


class SignInFilter(ListFilter):
    q = search_field(_("Reference or email"))
    outcome = forms.ChoiceField(required=False, label=_("Outcome"), choices=[("", _("Any")), *SignIn.Outcome.choices])
    day = forms.DateField(
        required=False, label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        # No moment of the calendar's first and last years is safe to convert between time zones.
        if day and not 2000 <= day.year < 3000:
            raise forms.ValidationError(_("There are no sign-ins of that year."), code="no_such_day")
        return day

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.full_clean()

    def condition(self) -> Q:
        condition = EVERYONE
        if self.searched:
            condition &= Q(reference__iexact=self.searched) | Q(email__icontains=self.searched)
        if outcome := self.chosen("outcome"):
            condition &= with_outcome(outcome)
        if day := self.chosen("day"):
            begin = timezone.make_aware(datetime.combine(day, datetime.min.time()))
            end = timezone.make_aware(datetime.combine(day + timedelta(days=1), datetime.min.time()))
            condition &= Q(at__gte=begin, at__lt=end)
        return condition


def with_outcome(outcome: str) -> Q:
    """As SignIn.current_outcome says it: one that has not come back in time never will."""
    overdue = Q(outcome=SignIn.Outcome.STARTED, at__lt=timezone.now() - Attempt.LIFETIME)
    if outcome == SignIn.Outcome.ABANDONED:
        return overdue | Q(outcome=outcome)
    return Q(outcome=outcome) & ~overdue
