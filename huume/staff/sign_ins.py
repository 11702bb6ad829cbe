"""“Why can't I sign in?”: the attempts of one tenant, by their reference, or by email address and day."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, Value
from django.db.models.functions import Replace
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tenants.utils import tenant_context

from accounts.models import SignIn
from accounts.reasons import advice, explain
from tenants.models import IdentityProvider, Tenant

PERMISSION = "tenants.view_tenant"
MOST_ROWS = 200
CODE_LENGTH = 12
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
# Crockford's base 32 has no such letters: who reads them out means the digits.
MISREAD = str.maketrans("ILO", "110")


@dataclass(frozen=True)
class Row:
    """One attempt, with what an account manager can say about it."""

    tenant: Tenant
    sign_in: SignIn
    outcome: str
    happened: str
    advice: str


def parse_reference(typed: str) -> tuple[str, str]:
    """The tenant's name without hyphens, and the code in its groups, however case, hyphens and spaces were typed.

    Raises ValidationError for what cannot be one.
    """
    letters = re.sub(r"[^A-Za-z0-9]", "", typed)
    name, code = letters[:-CODE_LENGTH].lower(), letters[-CODE_LENGTH:].upper().translate(MISREAD)
    if not name or "U" in code:
        raise ValidationError(
            _("That is no whole reference. One looks like acme-7F3K-2QMD-8XYZ: the tenant, then three groups of four."),
            code="bad_reference",
        )
    return name, f"{code[:4]}-{code[4:8]}-{code[8:]}"


class LookUpForm(forms.Form):
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        required=False,
        max_length=120,
        help_text=gettext_lazy(
            "From the page that the person saw, such as acme-7F3K-2QMD-8XYZ. Case, spaces and hyphens do not matter."
        ),
        widget=forms.TextInput(attrs={"class": "vTextField", "spellcheck": "false", "autocomplete": "off"}),
    )
    tenant = forms.ModelChoiceField(
        label=gettext_lazy("Tenant"),
        queryset=Tenant.objects.none(),
        to_field_name="schema_name",
        required=False,
        empty_label=gettext_lazy("Choose a tenant"),
    )
    email = forms.CharField(
        label=gettext_lazy("Email"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    day = forms.DateField(label=gettext_lazy("Day"), required=False, widget=DAY)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tenant"].queryset = Tenant.objects.customers()  # type: ignore[attr-defined]  # of a ModelChoiceField

    def clean_reference(self) -> tuple[str, str] | None:
        typed = str(self.cleaned_data["reference"])
        return parse_reference(typed) if typed else None

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if self.errors or given.get("reference"):
            return given
        if not given.get("tenant"):
            raise ValidationError(
                _("Type a reference, or choose a tenant with an email address, a day, or both."), code="nothing_asked"
            )
        if not given.get("email") and not given.get("day"):
            raise ValidationError(
                _("Type an email address, choose a day, or both: a tenant has very many sign-ins."), code="too_wide"
            )
        return given

    def rows(self) -> list[Row]:
        given = self.cleaned_data
        if given["reference"]:
            return by_reference(*given["reference"])
        return by_tenant(given["tenant"], given["email"].strip(), given["day"])


def by_reference(name: str, code: str) -> list[Row]:
    """Looks nowhere but in the tenant that the reference names."""
    named = Tenant.objects.customers().annotate(plain=Replace("schema_name", Value("-"), Value(""))).filter(plain=name)
    return [row for tenant in named for row in _rows(tenant, Q(reference=f"{tenant.schema_name}-{code}"))]


def by_tenant(tenant: Tenant, email: str, day: date | None) -> list[Row]:
    condition = Q(email__iexact=email) if email else Q()
    if day:
        start = timezone.make_aware(datetime.combine(day, time.min))
        condition &= Q(at__gte=start, at__lt=timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)))
    return _rows(tenant, condition)


def _rows(tenant: Tenant, condition: Q) -> list[Row]:
    with tenant_context(tenant):
        found = list(SignIn.objects.filter(condition)[: MOST_ROWS + 1])
    providers = {provider.pk: provider for provider in _providers(tenant, found)}
    return [_row(tenant, sign_in, providers.get(sign_in.provider)) for sign_in in found]


def _providers(tenant: Tenant, found: Iterable[SignIn]) -> Iterable[IdentityProvider]:
    wanted = {sign_in.provider for sign_in in found}
    return IdentityProvider.objects.select_related("tenant").filter(tenant=tenant, pk__in=wanted)


def _row(tenant: Tenant, sign_in: SignIn, provider: IdentityProvider | None) -> Row:
    outcome = sign_in.current_outcome
    code = "never_came_back" if outcome == SignIn.Outcome.ABANDONED else sign_in.reason
    said = advice(code) if code else ""
    happened = explain(code, provider).title if said and provider else ""
    return Row(tenant, sign_in, str(SignIn.Outcome(outcome).label), happened, said)


def look_up(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    form = LookUpForm(request.GET or None)
    rows = form.rows() if form.is_valid() else []
    more = {
        "form": form,
        "rows": rows[:MOST_ROWS],
        "cut_off": len(rows) > MOST_ROWS,
        "title": _("Why can’t I sign in?"),
    }
    return TemplateResponse(request, "admin/staff/sign_ins.html", {**context, **more})
