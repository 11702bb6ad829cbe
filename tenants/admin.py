"""Customers and their providers, as account managers see them on the staff host (huume.admin)."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import DELETION, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django_tenants.utils import schema_context

from huume.staff import confirmation
from huume.staff.actor import staff_actor
from tenants.forms import DeleteTenantForm, HostForm, HostFormSet, NewTenantForm, TenantForm
from tenants.models import Domain, IdentityProvider, Tenant
from tenants.progress import MILESTONES, progress_of


def provider_page(provider: IdentityProvider) -> str:
    return reverse("admin:tenants_identityprovider_change", args=[provider.pk])


def comes_next(provider: IdentityProvider) -> str:
    """What the provider is on its way to, in the middle of a sentence."""
    stage = progress_of(provider).stage
    if stage == "done":
        return _("in use")
    return _("next: %(milestone)s") % {"milestone": MILESTONES[stage][1]}


class ProviderFilter(admin.ChoicesFieldListFilter):
    """A filter of tenants by what their providers are, titled so."""

    def __init__(self, field: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, *args, **kwargs)
        self.title = _("provider %(field)s") % {"field": field.verbose_name}


class SuspendedFilter(admin.SimpleListFilter):
    title = gettext_lazy("suspended")
    parameter_name = "suspended"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if self.value() in {"yes", "no"}:
            return queryset.filter(suspended_at__isnull=self.value() == "no")
        return queryset


class ManagerFilter(admin.SimpleListFilter):
    """Only addresses that some tenant has; those of nobody under a name of their own."""

    title = gettext_lazy("account manager")
    parameter_name = "manager"
    NOBODY = "nobody"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        named = Tenant.objects.customers().order_by("account_manager").values_list("account_manager", flat=True)
        return [(each, each) if each else (self.NOBODY, _("Nobody")) for each in named.distinct()]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        value = self.value()
        return queryset.filter(account_manager="" if value == self.NOBODY else value) if value else queryset


class RegisterAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """What both share: no bulk actions, and buttons that are a POST of their own, each in the log."""

    actions = None
    list_per_page = 50
    buttons: tuple[str, ...] = ()

    def get_urls(self) -> list[Any]:
        routes = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(require_POST(getattr(self, name))),
                name=f"tenants_{self.opts.model_name}_{name}",
            )
            for name in self.buttons
        ]
        return [*routes, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    def press(self, request: HttpRequest, object_id: str, act: Any, words: str, *, grave: bool = False) -> HttpResponse:
        """Does `act` to the row and logs it as `words`, both or neither; `grave` wants a confirmation first."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_change_permission(request, row):
            raise PermissionDenied
        page = reverse(f"admin:tenants_{self.opts.model_name}_change", args=[row.pk])
        redirect = confirmation.first(request, page) if grave else None
        if redirect:
            return redirect
        try:
            with transaction.atomic():
                act(row)
                self.log_change(request, row, words)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
        else:
            self.message_user(request, f"{row}: {words}", messages.SUCCESS)
        return HttpResponseRedirect(page)


class HostInline(admin.StackedInline):  # type: ignore[type-arg]  # not generic at run time
    model = Domain
    form = HostForm
    formset = HostFormSet
    extra = 0
    fields = [("domain", "is_primary")]
    verbose_name_plural = gettext_lazy("hosts")


class TenantAdmin(RegisterAdmin):
    list_display = [
        "name",
        "schema_name",
        "hosts",
        "providers_with_status",
        "is_suspended",
        "missing",
        "account_manager",
    ]
    list_filter = [
        SuspendedFilter,
        ManagerFilter,
        ("providers__status", ProviderFilter),
        ("providers__kind", ProviderFilter),
    ]
    search_fields = ["name", "schema_name", "domains__domain"]
    readonly_fields = ["schema_name", "is_suspended", "created_at", "own_providers", "missing"]
    buttons = ("suspend", "resume")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return Tenant.objects.customers().prefetch_related("domains", "providers")

    @admin.display(description=gettext_lazy("hosts"))
    def hosts(self, tenant: Tenant) -> str:
        return format_html_join("", "<div>{}</div>", ((domain.domain,) for domain in tenant.domains.all()))

    @admin.display(description=gettext_lazy("providers"))
    def providers_with_status(self, tenant: Tenant) -> str:
        said = ((provider.button_label, provider.get_status_display()) for provider in tenant.providers.all())
        return format_html_join("", "<div>{}: {}</div>", said)

    @admin.display(description=gettext_lazy("suspended"), ordering="suspended_at")
    def is_suspended(self, tenant: Tenant) -> str:
        return _("since %(day)s") % {"day": f"{tenant.suspended_at:%d %b %Y}"} if tenant.is_suspended else _("no")

    @admin.display(description=gettext_lazy("missing"))
    def missing(self, tenant: Tenant) -> str:
        providers = list(tenant.providers.all())
        if not providers:
            return _("a provider")
        lacks = [f"{each.button_label}: {', '.join(each.missing())}" for each in providers if each.missing()]
        if not any(provider.is_live for provider in providers):
            lacks.append(_("no provider is live"))
        return "; ".join(lacks) or _("nothing")

    @admin.display(description=gettext_lazy("providers"))
    def own_providers(self, tenant: Tenant) -> str:
        links = format_html_join(
            "",
            '<div><a href="{}">{}</a>: {}, {}</div>',
            (
                (provider_page(provider), provider.button_label, provider.get_status_display(), comes_next(provider))
                for provider in tenant.providers.all()
            ),
        )
        add = f"{reverse('admin:tenants_identityprovider_add')}?tenant={tenant.pk}"
        return format_html('{}<div><a href="{}">{}</a></div>', links, add, _("Add a provider"))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{**kwargs, "form": TenantForm if change else NewTenantForm})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["name", "schema_name", "contact", "account_manager", "hosts"]})]
        limits = _("Sessions last 12 hours and end after 1 hour of idleness. Here they can be made shorter.")
        return [
            (None, {"fields": ["name", "schema_name", "contact", "account_manager", "is_suspended", "created_at"]}),
            (_("Single sign-on"), {"fields": ["own_providers", "missing"]}),
            (_("Sessions"), {"fields": ["session_minutes", "idle_minutes"], "description": limits}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.readonly_fields if obj else []

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [HostInline] if obj else []

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return super().save_form(request, form, change) if change else form.provision()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            with schema_context("public"):
                obj.save()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if change:
            super().save_related(request, form, formsets, change)

    def suspend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        by, words = staff_actor(request), _("Suspended. Nobody signs in, and open sessions are gone.")
        return self.press(request, object_id, lambda tenant: tenant.suspend(by), words)

    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        by, words = staff_actor(request), _("Resumed. People can sign in again.")
        return self.press(request, object_id, lambda tenant: tenant.resume(by), words)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Only with the tenant's name typed in."""
        tenant = self.get_object(request, object_id)
        if tenant is None or not self.has_delete_permission(request, tenant):
            raise PermissionDenied
        form = DeleteTenantForm(tenant, request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._delete(request, tenant)
        context = {**self.admin_site.each_context(request), "title": _("Delete a tenant"), "opts": self.opts}
        context |= {"tenant_to_delete": tenant, "form": form}
        return TemplateResponse(request, "admin/tenants/tenant/delete.html", context)

    def _delete(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        # The log keeps its subdomain and hosts as text: there is nothing left to look them up in.
        hosts = ", ".join(domain.domain for domain in tenant.domains.all())
        kept = _("Deleted with its schema %(schema)s, and %(hosts)s") % {"schema": tenant.schema_name, "hosts": hosts}
        with transaction.atomic():
            LogEntry.objects.log_actions(cast(int, request.user.pk), [tenant], DELETION, kept, single_object=True)
            tenant.delete()
        self.message_user(
            request, _("%(tenant)s is gone, with everything in it.") % {"tenant": tenant}, messages.SUCCESS
        )
        return HttpResponseRedirect(reverse("admin:tenants_tenant_changelist"))
