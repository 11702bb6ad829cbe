from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.setup_codes import MOST_TYPED

ATTRIBUTES = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "autofocus": True}


class CodeInput(forms.TextInput):
    def format_value(self, value: Any) -> None:
        """A code that was wrong is not put back into the page."""


class CodeForm(forms.Form):
    """The code as it was typed; tenants.setup_codes says whether it is good."""

    code = forms.CharField(
        label=_("Code"),
        max_length=MOST_TYPED,
        help_text=_("Six digits. Spaces do not matter."),
        error_messages={"required": _("Type the six digits from the mail.")},
        widget=CodeInput(attrs=ATTRIBUTES),
    )
