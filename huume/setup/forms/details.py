"""The hand-over form: what is pasted into it is understood where it can be, and explained where not."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huume.setup import pasted
from tenants import handover
from tenants.configure import Found
from tenants.discovery import DiscoveryError
from tenants.models import AuthMethod, ClientSettings, IdentityProvider

TYPED = {"spellcheck": "false", "autocapitalize": "none", "autocomplete": "off"}
MOST_SECRET, MOST_CLIENT_ID, MOST_DOMAIN = 4_096, 255, 500
# How many times an hour one setup may have a domain looked up.
NOT_SECRET = ("domain", "client_id", "first_administrator", "secret_expires_on", "accepted_issuer", "auth_method")


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


class AcceptedIssuers(forms.MultipleChoiceField):
    """Ticked issuers. The choice is what discovery finds, so the form compares them itself."""

    def validate(self, value: Any) -> None:
        """Nothing: see DetailsForm._require_acceptance."""


class DetailsForm(forms.Form):
    """`settings`: what has been handed over so far, the provider's own or a live one's candidate."""

    domain = PastedField(widget=forms.TextInput(attrs={**TYPED, "inputmode": "url"}))
    accepted_issuer = AcceptedIssuers(
        label=gettext_lazy("Another issuer"), required=False, widget=forms.MultipleHiddenInput
    )
    client_id = PastedField(label=gettext_lazy("Client ID"), widget=forms.TextInput(attrs=TYPED))
    auth_method = forms.ChoiceField(
        label=gettext_lazy("How we prove who we are"),
        choices=[
            (AuthMethod.SECRET.value, gettext_lazy("Client secret")),
            (AuthMethod.PRIVATE_KEY.value, gettext_lazy("No secret at all: public key / private key")),
        ],
        widget=forms.RadioSelect,
    )
    client_secret = PastedField(
        label=gettext_lazy("Client secret"),
        required=False,
        widget=forms.PasswordInput(attrs={**TYPED, "autocomplete": "new-password"}),
    )
    secret_expires_on = forms.DateField(
        label=gettext_lazy("The secret runs out on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    first_administrator = forms.EmailField(
        label=gettext_lazy("First user administrator"),
        required=False,
        max_length=254,
        help_text=gettext_lazy(
            "The email address of a colleague who will give your people access in the portal. They get a welcome mail"
            " once sign-in is live; until then it gives them nothing."
        ),
    )

    def __init__(self, provider: IdentityProvider, settings: ClientSettings, *args: Any, **kwargs: Any) -> None:
        self.provider, self.settings = provider, settings
        super().__init__(*args, initial=self._stored(), **kwargs)
        self.found: Found | None = None
        self._name_fields()
        self._hide_pasted_secrets()

    def _stored(self) -> dict[str, Any]:
        names = ("client_id", "auth_method", "secret_expires_on")
        stored = {name: getattr(self.settings, name) for name in names}
        domain = self.settings.issuer
        if self.provider.kind == IdentityProvider.Kind.OKTA:
            domain = domain.removeprefix("https://")
        return stored | {"domain": domain, "first_administrator": self.provider.first_administrator}

    def _name_fields(self) -> None:
        """In the provider's own words."""
        domain, expires, secret = (self.fields[name] for name in ("domain", "secret_expires_on", "client_secret"))
        okta, entra = IdentityProvider.Kind.OKTA, IdentityProvider.Kind.ENTRA
        domain.label = _("Okta domain") if self.provider.kind == okta else _("Issuer")
        domain.help_text = (
            _("In Okta’s menu under your name, such as acme.okta.com. Not the host with -admin.")
            if self.provider.kind == okta
            else _("The address at which your provider’s /.well-known/openid-configuration is found.")
        )
        if self.provider.kind == IdentityProvider.Kind.GOOGLE:
            del self.fields["domain"], self.fields["accepted_issuer"]
        if self.settings.client_secret:
            secret.help_text = _("One is stored. Leave empty to keep it.")
        else:
            secret.help_text = _("It is stored encrypted and never shown again.")
        expires.help_text = (
            _("Entra shows it beside the secret. We write to you 30, 7 and 1 days before.")
            if self.provider.kind == entra
            else _("Only if your provider shows such a date. We write to you 30, 7 and 1 days before.")
        )
        if self.provider.is_live:
            del self.fields["first_administrator"]

    def _hide_pasted_secrets(self) -> None:
        """A secret in the wrong field is not shown there again; what the fields are cleaned from stays as it was sent."""
        sent = self.data.get("client_secret", "") if self.is_bound else ""
        self.not_shown_again = {
            name
            for name in NOT_SECRET
            if self.is_bound and any(self._is_secret(text, sent) for text in self._sent(name))
        }

    def _sent(self, name: str) -> list[str]:
        return list(self.data.getlist(name)) if hasattr(self.data, "getlist") else [str(self.data.get(name, ""))]
