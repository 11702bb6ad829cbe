"""Break-glass: an account manager asks for an emergency link for a user administrator, another one approves it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django_tenants.utils import tenant_context

from accounts import emergency
from accounts.emergency import LEAST_REASON, MOST_REASON, PERMISSION
from accounts.emergency_conditions import EmergencyRefused, can_be_decided, is_link_good, require_person
from accounts.models import User
from huume.staff import confirmation
from huume.staff.actor import staff_actor
from tenants.models import EmergencyAccess, Tenant

MOST_ROWS = 50
NAME = "admin:break-glass"


class TenantForm(forms.Form):
    tenant = forms.ModelChoiceField(
        label=gettext_lazy("Tenant"),
        queryset=Tenant.objects.none(),
        to_field_name="schema_name",
        empty_label=gettext_lazy("Choose a tenant"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tenant"].queryset = Tenant.objects.customers()  # type: ignore[attr-defined]  # of a ModelChoiceField


class AskForm(forms.Form):
    person = forms.ChoiceField(label=gettext_lazy("User administrator"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        min_length=LEAST_REASON,
        max_length=MOST_REASON,
        help_text=gettext_lazy(
            "Such as what the customer’s IT says, and the number of the ticket. The customer’s administrators read it."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
    )

    def __init__(self, people: list["Candidate"], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(each.user.pk, f"{each.user.display_name} ({each.user.email})") for each in people]
        self.fields["person"].choices = choices  # type: ignore[attr-defined]  # of a ChoiceField


@dataclass(frozen=True)
class Candidate:
    """A user administrator, and why no link can be made for them; "" where one can."""

    user: User
    obstacle: str


@dataclass(frozen=True)
class Row:
    emergency: EmergencyAccess
    state: str
    # What the live check said, in words.
    findings: list[str]
    may_approve: bool
    may_turn_down: bool


def break_glass(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The requests of late and a form for a new one, which needs a tenant first; POST asks."""
    _require_permission(request)
    chosen = TenantForm(request.GET or None)
    tenant = chosen.cleaned_data["tenant"] if chosen.is_valid() else None
    if tenant is None:
        return _page(request, context, chosen=chosen)
    redirect = confirmation.first(request, f"{reverse(NAME)}?{urlencode({'tenant': tenant.schema_name})}")
    return redirect or _for_tenant(request, context, chosen, tenant)


def _for_tenant(request: HttpRequest, context: dict[str, Any], chosen: TenantForm, tenant: Tenant) -> HttpResponse:
    people = candidates(tenant)
    form = AskForm([each for each in people if not each.obstacle], request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            emergency.ask(tenant, int(form.cleaned_data["person"]), form.cleaned_data["reason"], staff_actor(request))
        except EmergencyRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            words = _("Asked for. Another account manager must approve it within the hour; they have been mailed.")
            messages.success(request, words)
            return HttpResponseRedirect(reverse(NAME))
    return _page(request, context, chosen=chosen, form=form, people=people, chosen_tenant=tenant)


def candidates(tenant: Tenant) -> list[Candidate]:
    with tenant_context(tenant):
        administrators = list(User.objects.administrators().people()[:MOST_ROWS])
    return [Candidate(each, _obstacle(tenant, each)) for each in administrators]


def _obstacle(tenant: Tenant, person: User) -> str:
    try:
        require_person(tenant, person.pk)
    except EmergencyRefused as refusal:
        return str(refusal)
    return ""


@require_POST
def approve(request: HttpRequest, context: dict[str, Any], pk: UUID) -> HttpResponse:
    words = _("Approved. The link is on its way; it works for 15 minutes and once.")
    return _decide(request, pk, emergency.approve, words)


@require_POST
def turn_down(request: HttpRequest, context: dict[str, Any], pk: UUID) -> HttpResponse:
    return _decide(request, pk, emergency.turn_down, _("Turned down. No link has been made."))


def _decide(request: HttpRequest, pk: UUID, decide: Callable[..., Any], words: str) -> HttpResponse:
    _require_permission(request)
    found = get_object_or_404(EmergencyAccess.objects.select_related("tenant"), pk=pk)
    redirect = confirmation.first(request, reverse(NAME))
    if redirect:
        return redirect
    try:
        decide(found, staff_actor(request))
        messages.success(request, words)
    except EmergencyRefused as refusal:
        messages.error(request, str(refusal))
    return HttpResponseRedirect(reverse(NAME))


def _require_permission(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied


def _page(request: HttpRequest, context: dict[str, Any], **more: Any) -> HttpResponse:
    own_key = str(request.user.pk)
    found = EmergencyAccess.objects.select_related("tenant")[:MOST_ROWS]
    whole = {
        **context,
        "title": _("Emergency access"),
        "rows": [_row(each, own_key) for each in found],
        **more,
    }
    return TemplateResponse(request, "admin/staff/break_glass.html", whole)


def _row(found: EmergencyAccess, own_key: str) -> Row:
    open_to_decision = can_be_decided(found)
    own = found.asked_by_key == own_key
    findings = [f"{each['provider']}: {'; '.join(each['said'])}" for each in found.findings]
    return Row(found, state(found), findings, open_to_decision and not own, open_to_decision)


def state(found: EmergencyAccess) -> str:
    if can_be_decided(found):
        words = _("Waits for another account manager until %(time)s")
        return words % {"time": _clock(found.asked_at + EmergencyAccess.DECISION_TIME)}
    if found.decided_at is None:
        return _("Nobody decided within the hour")
    if not found.approved:
        return _("Turned down by %(name)s") % {"name": found.decided_by}
    return _("Approved by %(name)s") % {"name": found.decided_by} + " · " + _use(found)


def _use(found: EmergencyAccess) -> str:
    if found.used_at:
        return _("used at %(time)s") % {"time": _clock(found.used_at)}
    words = _("the link works until %(time)s") if is_link_good(found) else _("the link ran out unused at %(time)s")
    return words % {"time": _clock(found.expires_at) if found.expires_at else ""}


def _clock(moment: Any) -> str:
    return timezone.localtime(moment).strftime("%H:%M")
