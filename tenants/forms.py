"""Forms of the account managers' admin: tenants and their hosts."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tenants.utils import schema_exists

from tenants.models import Domain, Tenant
from tenants.naming import normalise_host, validate_host, validate_subdomain
from tenants.provision import provision


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

    name = forms.CharField(
        label=gettext_lazy("The tenant’s name"),
        max_length=100,
        widget=forms.TextInput(attrs={"class": "vTextField", "spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, tenant: Tenant, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tenant = tenant

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self.tenant.name:
            raise ValidationError(_("That is not its name, so nothing was deleted."), code="other_name")
        return self.tenant.name
