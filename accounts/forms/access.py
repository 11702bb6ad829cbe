import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.access import may_give, set_access
from accounts.forms.fields import Line, SeveralField
from accounts.models import Role, Team, User

Ids = frozenset[int]


def access_of(person: User) -> tuple[Ids, Ids]:
    """The ids of the roles and of the teams that the person has now."""
    roles = person.groups.values_list("pk", flat=True)
    return frozenset(roles), frozenset(person.teams.values_list("pk", flat=True))


def version_of(is_active: bool, roles: Iterable[int], teams: Iterable[int]) -> str:
    """Changes when somebody's access does: by it a page knows whether what it shows still holds."""
    state = f"{is_active} {sorted(roles)} {sorted(teams)}"
    return hashlib.sha256(state.encode()).hexdigest()[:32]


class AccessForm(forms.Form):
    """The roles and teams of one person.

    A role that the administrator may not give is a disabled checkbox, which browsers do not send: it stays as it is.
    One that is sent all the same is passed on, for the access rules to refuse.
    """

    roles = SeveralField(Role.objects.none(), required=False, label=_("Roles"))
    teams = SeveralField(Team.objects.none(), required=False, label=_("Teams"))
    version = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, person: User, by: User, data: Mapping[str, Any] | None = None) -> None:
        self.person, self.by = person, by
        self.held_roles, self.held_teams = access_of(person)
        self.current_version = version_of(person.is_active, self.held_roles, self.held_teams)
        initial = {"roles": self.held_roles, "teams": self.held_teams, "version": self.current_version}
        super().__init__(data, initial=initial)
        self.fields["roles"].queryset = Role.objects.all()  # type: ignore[attr-defined]
        self.fields["teams"].queryset = Team.objects.all()  # type: ignore[attr-defined]

    @cached_property
    def offered(self) -> list[tuple[Role, bool]]:
        """Every role, with whether the administrator may give it."""
        return [(role, may_give(self.by, role)) for role in Role.objects.prefetch_related("permissions")]

    @property
    def chosen_roles(self) -> list[Role]:
        """Those ticked, and those held that the administrator can neither give nor take."""
        ticked = {role.pk for role in self.cleaned_data["roles"]}
        kept = {role.pk for role, giveable in self.offered if not giveable} & self.held_roles
        return [role for role, _giveable in self.offered if role.pk in ticked | kept]

    @property
    def chosen_teams(self) -> list[Team]:
        return list(self.cleaned_data["teams"])

    @property
    def is_stale(self) -> bool:
        return bool(self.cleaned_data["version"] != self.current_version)

    def save(self) -> None:
        """Raises AccessRefused."""
        set_access(self.person, roles=self.chosen_roles, teams=self.chosen_teams, by=self.by)

    def role_lines(self) -> list[Line]:
        ticked = _as_text(self["roles"].value())
        return [self._role_line(role, giveable, ticked) for role, giveable in self.offered]

    def _role_line(self, role: Role, giveable: bool, ticked: set[str]) -> Line:
        reason = "" if giveable else _("You cannot change this: it gives more than you hold yourself.")
        checked = str(role.pk) in ticked if giveable else role.pk in self.held_roles
        return Line(str(role.pk), _label(role), _what_it_gives(role), checked, reason)

    def team_lines(self) -> list[Line]:
        ticked = _as_text(self["teams"].value())
        teams = Team.objects.select_related("landlord")
        return [
            Line(str(team.pk), team.name, team.landlord.name if team.landlord else "", str(team.pk) in ticked)
            for team in teams
        ]


def _as_text(values: Any) -> set[str]:
    return {str(value) for value in values or ()}


def _label(role: Role) -> str:
    return role.name if role.is_active else _("%(role)s (switched off)") % {"role": role.name}


def _what_it_gives(role: Role) -> str:
    given = "; ".join(role.permissions_in_words)
    return " ".join(part for part in (role.description, _("Gives: %s.") % given if given else "") if part)
