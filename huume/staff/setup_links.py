"""A tenant's setup links: to whom they went and how far that is, and sending a new one, or showing it once."""

from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huume.staff import confirmation
from huume.staff.actor import staff_actor
from tenants import setup_links
from tenants.models import IdentityProvider, SetupLink, Tenant

SEES, CHANGES = "tenants.view_tenant", "tenants.change_identityprovider"
NEW, SHOW = "new", "show"
WIDE = {"class": "vTextField", "spellcheck": "false", "autocomplete": "off"}


class SetupLinkForm(forms.Form):
    """Which provider, who gets the link, for how long. `prepare` makes a new provider where one is wanted."""

    provider = forms.ChoiceField(label=gettext_lazy("Provider"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of the new provider"), choices=IdentityProvider.Kind.choices, required=False
    )
    slug = forms.CharField(
        label=gettext_lazy("Slug of the new provider"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Part of its redirect URI, such as okta. Empty: its kind."),
        widget=forms.TextInput(attrs=WIDE),
    )
    email = forms.EmailField(
        label=gettext_lazy("IT contact"),
        max_length=254,
        help_text=gettext_lazy("Gets the link, and a code each time it is opened."),
        widget=forms.EmailInput(attrs=WIDE),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Good for, days"), min_value=1, max_value=setup_links.MOST_DAYS, initial=setup_links.DAYS
    )
    contact_may_activate = forms.BooleanField(
        label=gettext_lazy("The IT contact may switch it live"),
        required=False,
        help_text=gettext_lazy("Once check and test sign-in are good. Else an account manager does."),
    )

    def __init__(self, tenant: Tenant, *args: Any, **kwargs: Any) -> None:
        self.tenant, self.providers = tenant, {str(each.pk): each for each in tenant.providers.all()}
        kwargs["initial"] = self._proposed() | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        there = [(key, f"{each.button_label} ({each.slug})") for key, each in self.providers.items()]
        field = cast(forms.ChoiceField, self.fields["provider"])
        field.choices = [*there, (NEW, _("A new one"))]

    def _proposed(self) -> dict[str, Any]:
        """Of the provider that is not live yet, if there is one."""
        waiting = sorted(self.providers.values(), key=lambda each: each.is_live)
        first = waiting[0] if waiting else None
        return {
            "provider": str(first.pk) if first else NEW,
            "email": self.tenant.contact,
            "contact_may_activate": bool(first and first.contact_may_activate),
        }

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("provider") == NEW:
            given["kind"] = given.get("kind") or str(IdentityProvider.Kind.OKTA)
            given["slug"] = given.get("slug") or given["kind"]
            try:
                IdentityProvider(tenant=self.tenant, slug=given["slug"], kind=given["kind"]).full_clean()
            except ValidationError as error:
                self.add_error("slug", ValidationError(error.messages))
        return given

    def prepare(self) -> IdentityProvider:
        given = self.cleaned_data
        provider = self.providers.get(given["provider"])
        provider = provider or setup_links.draft(self.tenant, given["slug"], given["kind"])
        provider.contact_may_activate = given["contact_may_activate"]
        provider.save(update_fields=["contact_may_activate"])
        return provider


@dataclass(frozen=True)
class Row:
    """A provider and the link that was made for it last."""

    provider: IdentityProvider
    link: SetupLink | None

    @property
    def state(self) -> str:
        if self.link is None:
            return _("no link yet")
        end = setup_links.end_of(self.link)
        if end == setup_links.RUN_OUT:
            return _("has run out")
        return str(self.link.get_end_display()) if end else _("open")

    @property
    def may_be_revoked(self) -> bool:
        """One that was guessed at too: who was in by it still is."""
        return self.link is not None and (self.link.ended_at is None or self.link.end == SetupLink.End.GUESSED)


def rows_of(tenant: Tenant) -> list[Row]:
    providers = tenant.providers.prefetch_related("setup_links")
    return [Row(provider, next(iter(provider.setup_links.all()), None)) for provider in providers]


def setup_link(request: HttpRequest, context: dict[str, Any], tenant: int) -> HttpResponse:
    if not request.user.has_perm(SEES):
        raise PermissionDenied
    found = get_object_or_404(Tenant.objects.customers(), pk=tenant)
    if request.method != "POST":
        return page(request, context, found, SetupLinkForm(found))
    if not request.user.has_perm(CHANGES):
        raise PermissionDenied
    redirect = confirmation.first(request, request.path)
    if redirect:
        return redirect
    return revoke(request, found) if "revoke" in request.POST else make(request, context, found)


def page(
    request: HttpRequest, context: dict[str, Any], tenant: Tenant, form: SetupLinkForm, **more: Any
) -> HttpResponse:
    whole = {
        **context,
        "title": _("Setup link"),
        "subtitle": tenant.name,
        "linked_tenant": tenant,
        "rows": rows_of(tenant),
        "form": form,
        "may_change": request.user.has_perm(CHANGES),
        **more,
    }
    return TemplateResponse(request, "admin/staff/setup_link.html", whole)


def make(request: HttpRequest, context: dict[str, Any], tenant: Tenant) -> HttpResponse:
    form = SetupLinkForm(tenant, request.POST)
    if not form.is_valid():
        return page(request, context, tenant, form)
    try:
        return _make(request, context, tenant, form)
    except ValidationError as error:
        form.add_error(None, error)
        return page(request, context, tenant, form)


def _make(request: HttpRequest, context: dict[str, Any], tenant: Tenant, form: SetupLinkForm) -> HttpResponse:
    email, days, by = form.cleaned_data["email"], form.cleaned_data["days"], staff_actor(request)
    show = request.POST.get("act") == SHOW
    with transaction.atomic():
        provider = form.prepare()
        if show:
            link, token = setup_links.make(provider, email, by=by, days=days)
            log(request, tenant, _("Setup link for %(slug)s shown to copy") % {"slug": provider.slug})
        else:
            link = setup_links.send(provider, email, by=by, days=days)
            log(request, tenant, _("Setup link for %(slug)s sent") % {"slug": provider.slug})
    if show:
        shown = setup_links.address(link, token)
        return page(request, context, tenant, SetupLinkForm(tenant), link=link, address=shown)
    words = _("On its way to %(email)s. Only this newest link opens; one that was sent before is dead.")
    messages.success(request, words % {"email": link.email})
    return HttpResponseRedirect(request.path)


def revoke(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    try:
        link = SetupLink.objects.select_related("provider__tenant").get(
            pk=request.POST["revoke"], provider__tenant=tenant
        )
    except (SetupLink.DoesNotExist, ValidationError):
        messages.error(request, _("There is no such link."))
        return HttpResponseRedirect(request.path)
    with transaction.atomic():
        revoked = setup_links.revoke(link, staff_actor(request))
        if revoked:
            log(request, tenant, _("Setup link for %(slug)s revoked") % {"slug": link.provider.slug})
    words = (
        _("Revoked. It opens nothing any more, and who was in by it is out.") if revoked else _("It had ended already.")
    )
    messages.success(request, words)
    return HttpResponseRedirect(request.path)


def log(request: HttpRequest, tenant: Tenant, words: str) -> None:
    LogEntry.objects.log_actions(cast(int, request.user.pk), [tenant], CHANGE, words, single_object=True)
