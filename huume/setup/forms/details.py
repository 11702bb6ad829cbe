"""The hand-over form: what is pasted into it is understood where it can be, and explained where not."""

from copy import copy
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.oidc.errors import ProviderUnreachable
from accounts.provider_places import place_at
from huume.setup import pasted
from huume.setup.forms.fields import AcceptedIssuers, PastedField, SecretField
from huume.setup.pasted_words import problem_of_client_id, problem_of_secret
from tenants import handover
from tenants.configure import Found
from tenants.discovery import DiscoveryError
from tenants.models import AuthMethod, ClientSettings, IdentityProvider

TYPED = {"spellcheck": "false", "autocapitalize": "none", "autocomplete": "off"}
MOST_DOMAIN = 500
OKTA, ENTRA, GOOGLE = (IdentityProvider.Kind(kind) for kind in ("okta", "entra", "google"))
# Which field an error of handing over belongs to, by its code.
PLACES = {"secret_missing": "client_secret", "issuer_taken": "domain"}


class DetailsForm(forms.Form):
    """`settings`: what has been handed over so far, the provider's own or a live one's candidate.

    `found` is what discovery said of the domain that was typed. No secret that was typed is in the form's page again,
    whichever field it was typed into.
    """

    use_required_attribute = False

    domain = PastedField(widget=forms.TextInput(attrs={**TYPED, "inputmode": "url"}))
    accepted_issuer = AcceptedIssuers(
        label=gettext_lazy("Another issuer"), required=False, widget=forms.MultipleHiddenInput
    )
    client_id = PastedField(label=gettext_lazy("Client ID"), widget=forms.TextInput(attrs=TYPED))
    auth_method = forms.ChoiceField(
        label=gettext_lazy("How we prove who we are"),
        choices=[
            (AuthMethod.SECRET.value, gettext_lazy("With a client secret")),
            (AuthMethod.PRIVATE_KEY.value, gettext_lazy("With no secret at all: public key / private key")),
        ],
        error_messages={"invalid_choice": gettext_lazy("Choose one of the two.")},
        widget=forms.RadioSelect,
    )
    client_secret = SecretField(
        label=gettext_lazy("Client secret"),
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
            "The work email of a colleague who will give your people access in the portal. They get a welcome mail"
            " once sign-in is live; until then it gives them nothing."
        ),
    )

    def __init__(self, provider: IdentityProvider, settings: ClientSettings, data: Any = None) -> None:
        self.provider, self.settings = provider, settings
        super().__init__(data, initial=stored(provider, settings))
        self.found: Found | None = None
        self.is_swapped = self.is_bound and self._put_right()
        self._name_fields()
        self._leave_out()

    def _put_right(self) -> bool:
        """Client ID and secret in one another's place, where that is beyond doubt."""
        client_id, secret = (pasted.tidy(self.data.get(name, "")).value for name in ("client_id", "client_secret"))
        swapped = pasted.looks_like_secret(client_id) and pasted.looks_like_client_id(secret)
        if swapped:
            self._replace(client_id=secret, client_secret=client_id)
        return swapped

    def _replace(self, **texts: str) -> None:
        """In what was sent, which is the request's own and cannot be changed."""
        changed: Any = copy(self.data)
        for name, text in texts.items():
            changed[name] = text
        self.data = changed

    def _name_fields(self) -> None:
        """In the provider's own words."""
        kind = self.provider.kind
        domain, expires, secret = (self.fields[name] for name in ("domain", "secret_expires_on", "client_secret"))
        domain.label = _("Okta domain") if kind == OKTA else _("Issuer")
        domain.help_text = (
            _("In the menu under your name in Okta, such as acme.okta.com. Not the host with -admin.")
            if kind == OKTA
            else _("The address at which your provider’s /.well-known/openid-configuration is found.")
        )
        secret.required = not self.settings.client_secret
        secret.help_text = (
            _("One is stored. Leave empty to keep it.")
            if self.settings.client_secret
            else _("It is stored encrypted, and never shown again.")
        )
        expires.help_text = (
            _("Entra shows the date beside the secret. We write to you 30, 7 and 1 days before.")
            if kind == ENTRA
            else _("Only if your provider shows such a date. We write to you 30, 7 and 1 days before.")
        )

    def _leave_out(self) -> None:
        """Google has one issuer; a live provider's user administrators are named in the portal."""
        google = ("domain", "accepted_issuer") if self.provider.kind == GOOGLE else ()
        for name in (*google, *(["first_administrator"] if self.provider.is_live else [])):
            del self.fields[name]

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound:
            self._forget_secrets()

    def _forget_secrets(self) -> None:
        secret = pasted.tidy(self.data.get("client_secret", "")).value
        shown = {name: text for name, text in self.data.items() if name in self.fields and name != "client_secret"}
        self.forgotten = [name for name, text in shown.items() if self._holds(name, str(text), secret)]
        self._replace(**dict.fromkeys(self.forgotten, ""))

    def _holds(self, name: str, text: str, secret: str) -> bool:
        if len(secret) >= 8 and secret in text:
            return True
        # Some providers' client IDs are as long as others' secrets.
        return pasted.holds_secret(text) and (name != "client_id" or name in self.errors)

    def clean_domain(self) -> str:
        typed: str = self.cleaned_data["domain"]
        if len(typed) > MOST_DOMAIN:
            raise ValidationError(_("This is too long for a domain."), code="too_long")
        try:
            handover.read(self.provider, typed)
        except DiscoveryError as error:
            raise ValidationError(handover.explain(error, typed), code=error.reason) from None
        return typed

    def clean_client_id(self) -> str:
        client_id = pasted.without_breaks(self.cleaned_data["client_id"])
        problem = problem_of_client_id(client_id, self.provider)
        if problem:
            raise ValidationError(problem, code="client_id")
        return client_id

    def clean_client_secret(self) -> str:
        secret: str = self.cleaned_data["client_secret"]
        if not secret or self.cleaned_data.get("auth_method") == AuthMethod.PRIVATE_KEY:
            return ""
        problem = problem_of_secret(secret, self.provider, client_id=self.cleaned_data.get("client_id", ""))
        if problem:
            raise ValidationError(problem, code="client_secret")
        return secret

    def clean_secret_expires_on(self) -> Any:
        day = self.cleaned_data["secret_expires_on"]
        if day and day < timezone.localdate() and "secret_expires_on" in self.changed_data:
            raise ValidationError(_("That day has passed. Make a new secret, and type when it runs out."), code="past")
        return day

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        by_secret = given.get("auth_method") == AuthMethod.SECRET
        if by_secret and given.get("client_secret") == "" and not self.settings.client_secret:
            self.add_error("client_secret", ValidationError(_("Paste the client secret."), code="secret_missing"))
        if not {"domain", "client_id"} & set(self.errors):
            self._discover()
        return given

    def _discover(self) -> None:
        typed = self.cleaned_data.get("domain", "")
        try:
            with place_at(self.provider.pk):
                self.found = handover.find(self.provider, typed, self.cleaned_data["client_id"])
        except ProviderUnreachable:
            words = _("Too many requests for this provider are under way. Wait a few seconds, and send it once more.")
            self.add_error(None, ValidationError(words, code="busy"))
            return
        except DiscoveryError as error:
            place = "domain" if "domain" in self.fields else None
            self.add_error(place, ValidationError(handover.explain(error, typed), code=error.reason))
            return
        if self.found.differs:
            self._require_acceptance(self.found.metadata.issuer)

    def _require_acceptance(self, issuer: str) -> None:
        if issuer in (self.settings.issuer, *self.cleaned_data["accepted_issuer"]):
            return
        field = self.fields["accepted_issuer"]
        field.widget = forms.CheckboxSelectMultiple()
        field.choices = [(issuer, _("Yes, %(issuer)s is ours") % {"issuer": issuer})]  # type: ignore[attr-defined]
        words = _("What you typed names another address: %(issuer)s. Your people would sign in there. Tick it if so.")
        self.add_error("accepted_issuer", ValidationError(words, code="another_issuer", params={"issuer": issuer}))

    def handed_over(self) -> handover.HandedOver:
        """For a form that is valid."""
        given = self.cleaned_data
        assert self.found is not None  # what makes it valid
        return handover.HandedOver(
            found=self.found,
            client_id=given["client_id"],
            auth_method=given["auth_method"],
            client_secret=given["client_secret"],
            secret_expires_on=given["secret_expires_on"] if given["auth_method"] == AuthMethod.SECRET else None,
            first_administrator=given.get("first_administrator"),
        )

    def take_errors(self, error: ValidationError) -> None:
        """Those of handing over, each beside its field."""
        if hasattr(error, "error_dict"):
            by_field = {name if name in self.fields else None: errors for name, errors in error.error_dict.items()}
        else:
            by_field = {PLACES.get(each.code or ""): [each] for each in error.error_list}
        for name, errors in by_field.items():
            self.add_error(name if name in self.fields else None, errors)

    def noted(self) -> list[str]:
        """What was made of what was pasted: codes of huume.setup.pasted_words.NOTED."""
        tidied = [f"{name}.tidied" for name in ("domain", "client_id", "client_secret") if self._taken_off(name)]
        dropped = self.cleaned_data.get("auth_method") == AuthMethod.PRIVATE_KEY and self.data.get("client_secret")
        return [
            *(["swapped"] if self.is_swapped else []),
            *tidied,
            *(["secret.not_kept"] if dropped else []),
            *(self.found.remarks if self.found else ()),
        ]

    def _taken_off(self, name: str) -> bool:
        field = self.fields.get(name)
        return isinstance(field, PastedField) and bool(field.taken_off)


def stored(provider: IdentityProvider, settings: ClientSettings) -> dict[str, Any]:
    """What the form begins with. Never the secret."""
    names = ("client_id", "auth_method", "secret_expires_on")
    domain = settings.issuer.removeprefix("https://") if provider.kind == OKTA else settings.issuer
    return {
        **{name: getattr(settings, name) for name in names},
        "domain": domain,
        "first_administrator": provider.first_administrator,
    }
