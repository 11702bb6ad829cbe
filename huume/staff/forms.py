from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from huume.staff import second_factor

CODE_ATTRIBUTES = {"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}


class SignInForm(AdminAuthenticationForm):
    """Password first. The address is lower-cased before anybody counts failures by it."""

    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": _("That email address and password do not go together. Mind capital letters in the password."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Email")
        # Django sets the limit on the field too late for it to be validated.
        self.fields["username"].validators.append(MaxLengthValidator(254))
        self.fields["username"].widget.attrs |= {"autocomplete": "username", "inputmode": "email"}

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).strip().lower()


class CodeForm(forms.Form):
    """The second factor: a code of the app, or a recovery code. `device` is the one that accepted it."""

    code = forms.CharField(label=_("Code"), max_length=40, widget=forms.TextInput(attrs=CODE_ATTRIBUTES))

    def __init__(self, user: AbstractBaseUser, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.device: Any = None

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        try:
            self.accept(code)
        except second_factor.CodeRefused as refusal:
            raise ValidationError(str(refusal), code="code_refused") from None
        return code

    def accept(self, code: str) -> None:
        self.device = second_factor.check(self.user, code)


class EnrolForm(CodeForm):
    """The first code of a new authenticator; `recovery_codes` come with it."""

    recovery_codes: list[str]

    def __init__(self, user: AbstractBaseUser, pending: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.pending = pending

    def accept(self, code: str) -> None:
        self.device, self.recovery_codes = second_factor.enrol(self.user, self.pending, code)
