"""“Confirm that it is you”: password and second factor once more, before it changes who gets in at a customer's.

A sign-in counts as a confirmation for as long as any other does.
"""

import time
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huume.staff import second_factor

CONFIRMED_AT = "confirmed_at"
FRESH_SECONDS = 300
FIELDS = ("your_password", "your_code")


def mark(request: HttpRequest) -> None:
    request.session[CONFIRMED_AT] = int(time.time())


def is_fresh(request: HttpRequest) -> bool:
    return bool(time.time() - request.session.get(CONFIRMED_AT, 0) < FRESH_SECONDS)


def confirm(request: HttpRequest, password: str, code: str) -> dict[str, str]:
    """What is wrong, by field; nothing where it is the person who signed in, and then the session says so.

    The password is tried as at sign-in, so that django-axes counts its failures too.
    """
    username = cast(Any, request.user).get_username()
    person = authenticate(request, username=username, password=password)
    if person is None or person.pk != request.user.pk:
        return {"your_password": _("That is not your password.")}
    if settings.STAFF_SECOND_FACTOR:
        try:
            second_factor.check(person, code)
        except second_factor.CodeRefused as refusal:
            return {"your_code": str(refusal)}
    request.session.cycle_key()
    mark(request)
    return {}


class ConfirmationFields(forms.Form):
    """Fields for a form that changes something grave; `request` is set on the class that is made for one request."""

    request: HttpRequest

    your_password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    your_code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy("Six digits from your authenticator app, or a recovery code."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )

    def ask(self, *, asked: bool) -> None:
        """Called at the end of __init__: drops what is not asked for."""
        if not asked:
            del self.fields["your_password"]
        if not asked or not settings.STAFF_SECOND_FACTOR:
            del self.fields["your_code"]

    def check_confirmation(self) -> None:
        """Called in clean(): nothing is tried until both are there."""
        if "your_password" not in self.fields or any(name in self.errors for name in FIELDS):
            return
        given = self.cleaned_data
        for field, words in confirm(self.request, given["your_password"], given.get("your_code", "")).items():
            self.add_error(field, words)


class ConfirmationForm(ConfirmationFields):
    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.ask(asked=True)

    def clean(self) -> dict[str, Any]:
        self.check_confirmation()
        return self.cleaned_data


def first(request: HttpRequest, back_to: str) -> HttpResponseRedirect | None:
    """To the confirmation and then to `back_to`; None where it is fresh."""
    if is_fresh(request):
        return None
    messages.info(request, _("Nothing has changed yet. Confirm that it is you, then do it once more."))
    return HttpResponseRedirect(f"{reverse('admin:confirm')}?{urlencode({'next': back_to})}")
