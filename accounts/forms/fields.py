"""What the portal's forms are made of."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.oidc.claims import clean_text

# Enough for a text that is too long to be still too long, and to be refused as that, once it is cleaned.
MOST = 20_000


class LineField(forms.CharField):
    """One line of visible characters: what cannot be seen (control and bidirectional marks) is left out."""

    def to_python(self, value: Any) -> Any:
        return clean_text(super().to_python(value), MOST)


class SeveralField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # of whatever the queryset has
    """Several rows, by checkboxes. One that is not there is spoken of without repeating what was sent."""

    default_error_messages = {
        "invalid_choice": _("One of those chosen is not there any more. Look through the list and save again."),
        "invalid_pk_value": _("One of those chosen is not there any more. Look through the list and save again."),
    }


@dataclass(frozen=True)
class Line:
    """A checkbox with its words. One that is disabled says why."""

    value: str
    label: str
    hint: str = ""
    is_checked: bool = False
    disabled_because: str = ""
