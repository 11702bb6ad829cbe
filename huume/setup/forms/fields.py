"""Fields of the hand-over form."""

from typing import Any

from django import forms

from huume.setup import pasted


class PastedField(forms.CharField):
    """A value that may come with space, quotes, a label or invisible marks around it; `taken_off` says with which."""

    taken_off: tuple[str, ...] = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)
        # Each would refuse in its own words, before ours.
        self.validators = []

    def to_python(self, value: Any) -> str:
        tidied = pasted.tidy(str(value or ""))
        self.taken_off = tidied.taken_off
        return tidied.value


class SecretField(PastedField):
    """Marked as required where none is stored; whether it is depends on the form's other fields."""

    def validate(self, value: Any) -> None:
        """Nothing: see DetailsForm.clean."""


class AcceptedIssuers(forms.MultipleChoiceField):
    """Ticked issuers. The choice is what discovery finds, so the form compares them itself."""

    def validate(self, value: Any) -> None:
        """Nothing: see DetailsForm._require_acceptance."""
