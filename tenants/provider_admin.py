"""Identity providers in the account managers' admin. The client secret goes in and never comes out."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters

from huume.staff import confirmation
from huume.staff.actor import staff_actor
from tenants.admin import RegisterAdmin
from tenants.candidates import CANDIDATE, kept
from tenants.models import IdentityProvider
from tenants.progress import State, progress_of
from tenants.provider_forms import IdentityProviderForm
from tenants.record import configured, record

SHOWN = ["status", "how_far", "check_result", "missing", "redirect_uri", "sign_out_uri"]
# In words for a reader who cannot see the list's signs.
STATES = {
    State.DONE: gettext_lazy("done"),
    State.FAILED: gettext_lazy("failed"),
    State.NEXT: gettext_lazy("comes next"),
    State.SKIPPED: gettext_lazy("left out"),
    State.OPEN: gettext_lazy("not yet"),
}


class IdentityProviderAdmin(RegisterAdmin):
    form = IdentityProviderForm
    list_display = ["button_label", "tenant", "kind", "status", "issuer", "missing"]
    list_filter = ["status", "kind"]
    list_select_related = ["tenant"]
    search_fields = ["label", "slug", "issuer", "tenant__name", "tenant__schema_name"]
    buttons = ("disable",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).select_related("tenant").prefetch_related("tenant__domains")

    @admin.display(description=gettext_lazy("provider"), ordering="label")
    def button_label(self, provider: IdentityProvider) -> str:
        return provider.button_label

    @admin.display(description=gettext_lazy("missing"))
    def missing(self, provider: IdentityProvider) -> str:
        return ", ".join(provider.missing()) or _("nothing")

    @admin.display(description=gettext_lazy("how far it is"))
    def how_far(self, provider: IdentityProvider) -> str:
        reached = (
            (one.state, one.title, when(one.at) if one.at else STATES[one.state])
            for one in progress_of(provider).milestones
        )
        return format_html(
            '<ol class="way">{}</ol>',
            format_html_join("", '<li class="{}"><span>{}</span> <span class="quiet">{}</span></li>', reached),
        )

    @admin.display(description=gettext_lazy("live check"))
    def check_result(self, provider: IdentityProvider) -> str:
        if not provider.checked_at:
            said = _("Not made yet.")
        elif provider.check_failed:
            number = len(provider.check_failed)
            said = ngettext("%(number)d line failed, %(day)s.", "%(number)d lines failed, %(day)s.", number)
            said = said % {"number": number, "day": when(provider.checked_at)}
        else:
            said = _("Good, %(day)s.") % {"day": when(provider.checked_at)}
        page = reverse("admin:check", args=[provider.pk])
        return format_html('{} <a href="{}">{}</a>', said, page, _("Look at the check"))

    @admin.display(description=gettext_lazy("address of our public keys"))
    def key_address(self, provider: IdentityProvider) -> str:
        return exact(f"{provider.tenant.address}/oidc/{provider.slug}/jwks.json")

    @admin.display(description=gettext_lazy("redirect URI"))
    def redirect_uri(self, provider: IdentityProvider) -> str:
        return exact(provider.tenant.address + provider.redirect_path)

    @admin.display(description=gettext_lazy("sign-out redirect URI"))
    def sign_out_uri(self, provider: IdentityProvider) -> str:
        return exact(provider.tenant.address)

    @admin.display(description=gettext_lazy("Okta API scopes"))
    def scopes_refused(self, provider: IdentityProvider) -> str:
        """What to open in Okta where the extra scopes were refused at somebody's sign-in."""
        scopes = [(f"okta.myAccount.{part}.read",) for part in ("email", "phone", "profile")]
        words = _(
            "Okta refused the extra scopes on %(day)s. People get in without them, but their phone number may be"
            " missing. In Okta’s admin console open Applications, the app, the tab “Okta API Scopes”, and grant these."
            " Only a Super Admin can."
        ) % {"day": f"{provider.scopes_refused_at:%d %B %Y}"}
        return format_html("<p>{}</p>{}", words, format_html_join("", "<div><code>{}</code></div>", scopes))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        # Everybody who signs in comes through the live settings: it is one kind or another for good.
        kind = ["kind"] if obj.is_live else []
        return ["tenant", "slug", *kind, *SHOWN, "key_address", "scopes_refused"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        credentials = ["domain", "accepted_issuer", "client_id", "auth_method", "secret", "secret_expires_on"]
        wanted: list[Any] = [
            (None, {"fields": ["tenant", "kind", "slug", "label"]}),
            (_("What the IT administrator sent"), {"fields": credentials, "description": beside(obj)}),
            (_("Trusted for"), {"fields": ["email_domains"]}),
            (_("Going live"), {"fields": ["first_administrator", "contact_may_activate"]}),
        ]
        if obj:
            help_text = _(
                "The addresses go into the customer’s directory exactly as they are, without a slash at the end."
            )
            wanted.insert(0, (_("Where it stands"), {"fields": shown_of(obj), "description": help_text}))
        return [*wanted, *self._confirmation(request, obj)]

    def _confirmation(self, request: HttpRequest, obj: Any) -> list[Any]:
        allowed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if not allowed or not asks(request):
            return []
        words = _(
            "Whoever changes a provider decides who gets in. It is more than five minutes since you showed who you are."
        )
        fields = [name for name in confirmation.FIELDS if name in confirmation.ConfirmationForm(request).fields]
        return [(_("Confirm that it is you"), {"fields": fields, "description": words, "classes": ["confirmation"]})]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"request": request, "asks_confirmation": asks(request)})

    @method_decorator(sensitive_post_parameters())
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ValidationError as refusal:
            # Somebody else changed the provider between this form's validation and its being stored.
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
            return HttpResponseRedirect(request.path)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        # Confirmed by this very request, and something else is wrong: nobody is asked twice.
        if confirmation.is_fresh(request):
            form = context["adminform"]
            form.fieldsets = [each for each in form.fieldsets if "confirmation" not in each[1].get("classes", ())]
        return super().render_change_form(request, context, *args, **kwargs)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        provider = form.store(staff_actor(request))
        for remark in form.remarks():
            self.message_user(request, remark, messages.WARNING)
        if form.candidate:
            words = _(
                "People go on signing in with the settings in use. The new ones are kept beside them: check and test"
                " them, then swap."
            )
            self.message_user(request, format_html("{} {}", words, link_to_change(provider)), messages.WARNING)
        return provider

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """What was typed for a live provider has not changed it: the log says where it went."""
        said: Any = super().construct_change_message(request, form, formsets, add)
        if form.candidate:
            said = [*said, {"added": {"name": _("candidate"), "object": str(form.candidate)}}]
        return said

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Stored already, by save_form."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """There are no inlines."""

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        back_to = reverse("admin:tenants_identityprovider_delete", args=[object_id])
        return confirmation.first(request, back_to) or super().delete_view(request, object_id, extra_context)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        # First disabled: that ends the sessions which began by it.
        before = {"slug": obj.slug, **configured(obj)}
        obj.disable()
        record(obj.tenant, "provider.deleted", by=staff_actor(request), about=str(obj.pk), before=before)
        obj.delete()

    def disable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        words = _("Disabled. Nobody signs in by it, and its sessions are gone.")
        by = staff_actor(request)
        return self.press(request, object_id, lambda provider: provider.disable(by), words, grave=True)


def asks(request: HttpRequest) -> bool:
    """Whether this request's form wants a confirmation: one answer for the whole request."""
    if not hasattr(request, "asks_confirmation"):
        request.asks_confirmation = not confirmation.is_fresh(request)  # type: ignore[attr-defined]
    return bool(request.asks_confirmation)  # type: ignore[attr-defined]


def beside(provider: IdentityProvider | None) -> str:
    """What is said over the credentials of a provider that is live: "" of any other."""
    if provider is None or not provider.is_live:
        return ""
    words = _("Below are the settings in use. What you change is kept beside them until it has been swapped in.")
    candidate = kept(provider, CANDIDATE)
    if candidate is None:
        return words
    waiting = _("New settings wait beside them since %(day)s; what you change here takes their place.")
    said = waiting % {"day": when(candidate.created_at)}
    return format_html("{} <strong>{}</strong> {}", words, said, link_to_change(provider))


def link_to_change(provider: IdentityProvider) -> str:
    return format_html('<a href="{}">{}</a>', reverse("admin:changing", args=[provider.pk]), _("Check, test, swap"))


def shown_of(provider: IdentityProvider) -> list[str]:
    keys = ["key_address"] if provider.uses_private_key else []
    return [*SHOWN, *keys, *(["scopes_refused"] if provider.scopes_refused_at else [])]


def when(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j M Y, H:i")


def exact(address: str) -> str:
    """An address to be copied whole: one click selects it."""
    return format_html('<code class="exact">{}</code>', address)
