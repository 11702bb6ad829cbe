"""Forms of the account managers' admin."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tenants.utils import schema_exists

from huume.staff.confirmation import FIELDS, ConfirmationFields
from tenants.configure import Found, clean_email_domains, configure, explain_remarks, is_issuer, look_up
from tenants.discovery import DiscoveryError
from tenants.models import Domain, IdentityProvider, Tenant
from tenants.naming import normalise_host, validate_host, validate_subdomain
from tenants.provision import provision

WIDE = {"class": "vTextField", "spellcheck": "false", "autocomplete": "off"}


def clean_host(host: str, *, tenant: Tenant | None = None) -> str:
    """A typed host as it is stored. Raises ValidationError for a bad one, a name of ours, or another tenant's."""
    host = normalise_host(host)
    validate_host(host)
    if host.endswith(f".{settings.BASE_HOST}"):
        validate_subdomain(host.removesuffix(f".{settings.BASE_HOST}"))
    if Domain.objects.filter(domain=host).exclude(tenant=tenant).exists():
        raise ValidationError(
            _("The host %(host)s belongs to another tenant."), code="host_taken", params={"host": host}
        )
    return host


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = Tenant
        fields: ClassVar = ["name", "contact", "account_manager", "session_minutes", "idle_minutes"]


class NewTenantForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A tenant by provisioning: row, schema, hosts and standard roles together."""

    hosts = forms.CharField(
        label=gettext_lazy("More hosts"),
        required=False,
        help_text=gettext_lazy("The customer’s own, one a line. The subdomain’s host comes by itself."),
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField", "spellcheck": "false"}),
    )

    class Meta:
        model = Tenant
        fields: ClassVar = ["name", "schema_name", "contact", "account_manager"]
        help_texts: ClassVar = {
            "schema_name": gettext_lazy("Small letters, digits and single hyphens. It stays for good.")
        }

    def clean_schema_name(self) -> str:
        subdomain = str(self.cleaned_data["schema_name"]).strip()
        validate_subdomain(subdomain)
        if schema_exists(subdomain):
            raise ValidationError(_("There is a tenant “%(name)s” already."), code="taken", params={"name": subdomain})
        clean_host(f"{subdomain}.{settings.BASE_HOST}")
        return subdomain

    def clean_hosts(self) -> list[str]:
        return [clean_host(line) for line in str(self.cleaned_data["hosts"]).splitlines() if line.strip()]

    def provision(self) -> Tenant:
        given = self.cleaned_data
        tenant, _made = provision(given["schema_name"], given["name"], contact=given["contact"], hosts=given["hosts"])
        Tenant.objects.filter(pk=tenant.pk).update(account_manager=given["account_manager"])
        return tenant


class HostForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = Domain
        fields: ClassVar = ["domain", "is_primary"]
        labels: ClassVar = {"domain": gettext_lazy("Host"), "is_primary": gettext_lazy("Primary")}
        error_messages: ClassVar = {"domain": {"unique": gettext_lazy("This host is a tenant’s already.")}}

    def clean_domain(self) -> str:
        return clean_host(self.cleaned_data["domain"], tenant=self.instance.tenant)


class HostFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]  # not generic at run time
    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        given = [form.cleaned_data for form in self.forms if form.cleaned_data.get("domain")]
        primary = [data["is_primary"] for data in given if not data.get("DELETE")]
        if not primary:
            raise ValidationError(_("A tenant needs a host, or nobody finds it."), code="no_host")
        if primary.count(True) != 1:
            raise ValidationError(
                _("Choose one primary host: sign-out addresses and mails name it."), code="one_primary"
            )


class DeleteTenantForm(forms.Form):
    """Deletes nothing by itself: it says whether the name that was typed is the tenant's."""

    name = forms.CharField(label=gettext_lazy("The tenant’s name"), max_length=100, widget=forms.TextInput(attrs=WIDE))

    def __init__(self, tenant: Tenant, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tenant = tenant

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self.tenant.name:
            raise ValidationError(_("That is not its name, so nothing was deleted."), code="other_name")
        return self.tenant.name


class AcceptedIssuers(forms.MultipleChoiceField):
    """Ticked issuers. The choice is what discovery finds, so the form compares them itself."""

    def validate(self, value: Any) -> None:
        """Nothing: see IdentityProviderForm._require_acceptance."""


class IdentityProviderForm(ConfirmationFields, forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A provider as it was handed over. The client secret goes in and never comes out.

    `request` and `asks_confirmation` are set on the class that is made for one request. `found` is what discovery
    said, None where nothing that it depends on was changed.
    """

    asks_confirmation = True
    CREDENTIALS = frozenset({"kind", "domain", "client_id", "auth_method", "secret"})
    # What is stored as it was typed, whatever else is.
    PLAIN = ("label", "email_domains", "secret_expires_on", "first_administrator", "contact_may_activate")

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
        self.found: Found | None = None
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
        if not self.errors and (
            self.CREDENTIALS.intersection(self.changed_data) or not self.instance.metadata_document
        ):
            self._discover()
        return self.cleaned_data

    def _discover(self) -> None:
        typed = self.cleaned_data["domain"].strip()
        kind, client_id = self.cleaned_data["kind"], self.cleaned_data["client_id"]
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
        if moved and not self.cleaned_data["secret"]:
            words.append(_("The stored client secret was deleted: it belonged to the former issuer. Type the new one."))
        return words

    def store(self) -> IdentityProvider:
        """Through tenants.configure where anything of the credentials changed. Raises ValidationError."""
        given = self.cleaned_data
        provider: IdentityProvider = self.instance
        if self.found:
            provider = configure(
                given.get("tenant") or provider.tenant,
                given.get("slug") or provider.slug,
                kind=given["kind"],
                found=self.found,
                client_id=given["client_id"],
                client_secret=given["secret"],
                auth_method=given["auth_method"],
            )
        for name in self.PLAIN:
            setattr(provider, name, given[name])
        provider.save(update_fields=self.PLAIN)
        return provider
