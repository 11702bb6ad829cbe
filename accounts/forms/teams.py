from typing import Any

from django import forms
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms.fields import Line, LineField, SeveralField
from accounts.models import Landlord, Team


class NamedForm(forms.ModelForm):  # type: ignore[type-arg]  # of teams, and of landlords
    """A name that nobody else has, in whatever case."""

    taken = gettext_lazy("This name is taken already.")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = self._meta.model._default_manager.exclude(pk=self.instance.pk)
        if others.filter(name__iexact=name).exists():
            raise forms.ValidationError(self.taken, code="taken")
        return name

    def save_whole(self) -> bool:
        """All of it or nothing; nothing where somebody else has changed at the same moment what this stands on."""
        try:
            with transaction.atomic():
                self.save()
        except IntegrityError:
            self.add_error(None, _("Somebody else saved something at the same moment. Look through it and save again."))
            return False
        return True


class LandlordForm(NamedForm):
    taken = gettext_lazy("There is a landlord of this name already.")

    class Meta:
        model = Landlord
        fields = ["name", "description"]
        field_classes = {"name": LineField, "description": LineField}


class TeamForm(NamedForm):
    taken = gettext_lazy("There is a team of this name already.")
    additional_data_access = SeveralField(
        Team.objects.none(),
        required=False,
        label=gettext_lazy("Additional data access"),
        help_text=gettext_lazy("Members see these teams’ data too: just these, one step deep."),
    )

    class Meta:
        model = Team
        fields = ["name", "description", "landlord", "additional_data_access"]
        field_classes = {"name": LineField, "description": LineField}
        error_messages = {
            "landlord": {"invalid_choice": gettext_lazy("That landlord is not there any more. Choose another.")}
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = Team.objects.exclude(pk=self.instance.pk).select_related("landlord")
        self.fields["additional_data_access"].queryset = self.others  # type: ignore[attr-defined]
        self.fields["landlord"].empty_label = _("No landlord")  # type: ignore[attr-defined]

    def team_lines(self) -> list[Line]:
        ticked = {str(getattr(value, "pk", value)) for value in self["additional_data_access"].value() or ()}
        return [
            Line(str(team.pk), team.name, team.landlord.name if team.landlord else "", str(team.pk) in ticked)
            for team in self.others
        ]
