"""The account managers' form of an identity provider: onto it, or beside the settings of one that is live."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huume.staff.confirmation import FIELDS, ConfirmationFields
from tenants import candidates
from tenants.actor import Actor
from tenants.configure import Found, clean_email_domains, configure, explain_remarks, is_issuer, look_up
from tenants.discovery import DiscoveryError
from tenants.models import IdentityProvider, ProviderSettings, Tenant
from tenants.record import configured, record_configured

WIDE = {"class": "vTextField", "spellcheck": "false", "autocomplete": "off"}


class AcceptedIssuers(forms.MultipleChoiceField):
    """Ticked issuers. The choice is what discovery finds, so the form compares them itself."""

    def validate(self, value: Any) -> None:
        """Nothing: see IdentityProviderForm._require_acceptance."""


class IdentityProviderForm(ConfirmationFields, forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A provider as it was handed over. The client secret goes in and never comes out.

    `request` and `asks_confirmation` are set on the class that is made for one request. `found` is what discovery
    said, None where nothing that it depends on was changed. Other credentials of a provider that is live are kept
    beside it, as `candidate` (tenants.candidates): people go on signing in with those that it has.
    """

    asks_confirmation = True
    CREDENTIALS = frozenset({"kind", "domain", "client_id", "auth_method", "secret"})
    # What is stored as it was typed, whatever else is.
    PLAIN = ("label", "email_domains", "first_administrator", "contact_may_activate")

    domain = forms.CharField(
        label=gettext_lazy("Okta domain or issuer"),
        required=False,
        max_length=500,
        help_text=gettext_lazy(
            "As the IT administrator sent it, such as acme.okta.com. For others than Okta, the issuer’s address."
        ),
        widget=forms.TextInput(attrs=WIDE),
    )
    accepted_issuer = AcceptedIssuers(
        label=gettext_lazy("Another issuer"), required=False, widget=forms.MultipleHiddenInput
    )
    secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        required=False,
        max_length=2000,
        widget=forms.PasswordInput(attrs={**WIDE, "autocomplete": "new-password"}),
    )
    email_domains = forms.CharField(
        label=gettext_lazy("Email domains"),
        required=False,
        help_text=gettext_lazy(
            "One a line. People added in advance are taken over only by a provider that is trusted for their domain."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField", "spellcheck": "false"}),
    )

    class Meta:
        model = IdentityProvider
        fields: ClassVar = [
            "tenant",
            "kind",
            "slug",
            "label",
            "client_id",
            "auth_method",
            "secret_expires_on",
            "first_administrator",
            "contact_may_activate",
        ]
        widgets: ClassVar = {"secret_expires_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        help_texts: ClassVar = {
            "secret_expires_on": gettext_lazy(
                "Where the provider has such a day. Reminders go out 30, 7 and 1 days before."
            ),
            "first_administrator": gettext_lazy(
                "Gets the role “User administrator” when the provider goes live, so that somebody can let people in."
            ),
        }
        error_messages: ClassVar = {
            NON_FIELD_ERRORS: {
                "unique_together": gettext_lazy(
                    "This tenant has a provider with that slug already: open that one instead."
                )
            }
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance
        # Kept, as validating sets what was typed on the instance.
        self.was_live = stored.is_live
        self.live_client = (stored.issuer, stored.client_id, str(stored.auth_method), stored.secret_expires_on)
        self.found: Found | None = None
        self.candidate: ProviderSettings | None = None
        self.initial.update(domain=stored.issuer, email_domains="\n".join(stored.email_domains))
        self.fields["client_id"].required = True
        words = _("One is stored. Leave empty to keep it.") if stored.client_secret else _("None is stored.")
        self.fields["secret"].widget.attrs["placeholder"] = words
        if "tenant" in self.fields:
            self._offer_customers()
        self.ask(asked=self.asks_confirmation)

    def _offer_customers(self) -> None:
        field: Any = self.fields["tenant"]
        field.queryset = Tenant.objects.customers()
        for what in ("add", "change", "view", "delete"):
            setattr(field.widget, f"can_{what}_related", False)

    @property
    def changed_data(self) -> list[str]:
        """What the admin's log names: not the way in which it was confirmed."""
        return [name for name in super().changed_data if name not in {*FIELDS, "accepted_issuer"}]

    def clean_email_domains(self) -> list[str]:
        return clean_email_domains(str(self.cleaned_data["email_domains"]).splitlines())

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.check_confirmation()
        wanted = self.CREDENTIALS | {"secret_expires_on"} if self.was_live else self.CREDENTIALS
        if not self.errors and (wanted.intersection(self.changed_data) or not self.instance.metadata_document):
            self._discover()
        if not self.errors and (found := self._proposed()):
            self._require_secret(found)
        return self.cleaned_data

    def _proposed(self) -> Found | None:
        """What was found, where what was typed is anything else than what is live."""
        if not (self.was_live and self.found):
            return None
        given = self.cleaned_data
        typed = (self.found.metadata.issuer, given["client_id"], given["auth_method"], given["secret_expires_on"])
        return self.found if given["secret"].strip() or typed != self.live_client else None

    def _require_secret(self, found: Found) -> None:
        given, live = self.cleaned_data, self.instance
        wanted = ProviderSettings(provider=live, client_id=given["client_id"], auth_method=given["auth_method"])
        wanted.issuer = found.metadata.issuer
        try:
            candidates.give_secret(wanted, given["secret"].strip(), [candidates.kept(live, candidates.CANDIDATE), live])
        except ValidationError as error:
            self.add_error("secret", error)

    def _discover(self) -> None:
        typed = self.cleaned_data["domain"].strip()
        kind, client_id = self._kind(), self.cleaned_data["client_id"]
        if not typed and kind != IdentityProvider.Kind.GOOGLE:
            self.add_error("domain", _("Type the domain or the issuer."))
            return
        named = "issuer" if typed == self.instance.issuer or is_issuer(kind, typed) else "domain"
        try:
            self.found = look_up(kind, client_id=client_id, **{named: typed})
        except DiscoveryError as error:
            self.add_error("domain", error.detail or str(error))
            return
        self._require_only_provider(self.found.metadata.issuer)
        if self.found.differs:
            self._require_acceptance(self.found.metadata.issuer)

    def _kind(self) -> str:
        """That of a live provider is read-only."""
        return str(self.cleaned_data.get("kind") or self.instance.kind)

    def _require_only_provider(self, issuer: str) -> None:
        tenant = self.cleaned_data.get("tenant") or self.instance.tenant
        if tenant.providers.filter(issuer=issuer).exclude(pk=self.instance.pk).exists():
            self.add_error("domain", _("This tenant has a provider for %(issuer)s already.") % {"issuer": issuer})

    def _require_acceptance(self, issuer: str) -> None:
        if issuer == self.instance.issuer or issuer in self.cleaned_data["accepted_issuer"]:
            return
        field = self.fields["accepted_issuer"]
        field.widget = forms.CheckboxSelectMultiple()
        field.choices = [(issuer, _("Yes, %(issuer)s is this customer’s") % {"issuer": issuer})]  # type: ignore[attr-defined]
        self.add_error(
            "accepted_issuer",
            _(
                "What was typed names another issuer: %(issuer)s. People would sign in there. Tick the box if that"
                " is right."
            )
            % {"issuer": issuer},
        )

    def remarks(self) -> list[str]:
        """For after saving: what was made of what was typed."""
        words = explain_remarks(self.found) if self.found else []
        moved = self.found and self.initial["domain"] and self.initial["domain"] != self.found.metadata.issuer
        if moved and not self.was_live and not self.cleaned_data["secret"]:
            words.append(_("The stored client secret was deleted: it belonged to the former issuer. Type the new one."))
        return words

    def store(self, by: Actor) -> IdentityProvider:
        """All of it or nothing. Raises ValidationError, too where the provider went live or off it meanwhile."""
        with transaction.atomic():
            self._require_same_status()
            if found := self._proposed():
                self.candidate = self._propose(found, by)
            return self._store(by)

    def _require_same_status(self) -> None:
        known = IdentityProvider.objects.filter(pk=self.instance.pk).exists()
        if known and candidates.held(self.instance).is_live != self.was_live:
            words = _("Nothing was saved: the provider was switched live or off meanwhile. Look again.")
            raise ValidationError(words, code="switched_meanwhile")

    def _propose(self, found: Found, by: Actor) -> ProviderSettings:
        given = self.cleaned_data
        return candidates.propose(
            self.instance,
            found=found,
            client_id=given["client_id"],
            auth_method=given["auth_method"],
            client_secret=given["secret"],
            secret_expires_on=given["secret_expires_on"],
            by=by,
        )

    def _store(self, by: Actor) -> IdentityProvider:
        """On the provider's row, where what went through tenants.configure is put on record with the rest."""
        given = self.cleaned_data
        before = configured(self._stored())
        provider = self._configure(self.found) if self.found and not self.was_live else self._stored()
        plain = self.PLAIN if self.was_live else (*self.PLAIN, "secret_expires_on")
        for name in plain:
            setattr(provider, name, given[name])
        provider.save(update_fields=plain)
        secret_given = bool(given["secret"].strip()) and not self.was_live
        record_configured(provider, before, by=by, secret_given=secret_given)
        return provider

    def _stored(self) -> IdentityProvider:
        """As it is, without what was typed."""
        stored = IdentityProvider.objects.select_related("tenant").filter(pk=self.instance.pk).first()
        return stored or IdentityProvider(tenant=self.cleaned_data["tenant"])

    def _configure(self, found: Found) -> IdentityProvider:
        given, stored = self.cleaned_data, self.instance
        return configure(
            given.get("tenant") or stored.tenant,
            given.get("slug") or stored.slug,
            kind=self._kind(),
            found=found,
            client_id=given["client_id"],
            client_secret=given["secret"],
            auth_method=given["auth_method"],
        )
