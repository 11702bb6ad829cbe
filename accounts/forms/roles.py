from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import save_role
from accounts.forms.fields import Line, LineField
from accounts.models import Role, User
from accounts.permissions import Permission


class RoleForm(forms.Form):
    """A role, new or not. Permissions that the administrator does not hold are disabled, and stay as they are."""

    name = LineField(max_length=100, label=gettext_lazy("Name"))
    description = LineField(
        max_length=250,
        required=False,
        label=gettext_lazy("Description"),
        help_text=gettext_lazy("What somebody with this role does, in a sentence."),
    )
    is_active = forms.BooleanField(
        required=False,
        label=gettext_lazy("Switched on"),
        help_text=gettext_lazy("A role that is switched off gives nothing, and keeps its people."),
    )
    permissions = forms.MultipleChoiceField(
        required=False,
        choices=Permission.choices,
        label=gettext_lazy("What it gives"),
        error_messages={"invalid_choice": gettext_lazy("One of those chosen is nothing that a role can give.")},
    )

    def __init__(self, role: Role, by: User, data: Mapping[str, Any] | None = None) -> None:
        self.role, self.by = role, by
        self.held = role.codenames() if role.pk else frozenset()
        super().__init__(data, initial=self._as_it_is())

    def _as_it_is(self) -> dict[str, Any]:
        role = self.role
        return {
            "name": role.name,
            "description": role.description,
            "is_active": role.is_active,
            "permissions": self.held,
        }

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if Role.objects.filter(name__iexact=name).exclude(pk=self.role.pk).exists():
            raise forms.ValidationError(_("There is a role of this name already."), code="taken")
        return name

    def permission_lines(self) -> list[Line]:
        ticked = set(self["permissions"].value() or ())
        return [self._line(permission, ticked) for permission in Permission]

    def _line(self, permission: Permission, ticked: set[str]) -> Line:
        giveable = self.by.may(permission)
        reason = "" if giveable else _("You cannot change this: you do not hold it yourself.")
        checked = permission.value in (ticked if giveable else self.held)
        return Line(permission.value, str(permission.label), "", checked, reason)

    def save(self) -> Role:
        """Raises AccessRefused."""
        sent = self.cleaned_data
        kept = self.held - self.by.permissions
        return save_role(
            self.role,
            name=sent["name"],
            description=sent["description"],
            is_active=sent["is_active"],
            codenames=kept | set(sent["permissions"]),
            by=self.by,
        )
