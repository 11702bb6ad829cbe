"""The account managers' admin site, on the staff host only."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.emergency import PERMISSION
from huume.staff import confirmation, second_factor, sign_ins, views
from huume.staff.forms import SignInForm
from huume.staff.pages import PAGES, Page
from tenants.admin import TenantAdmin
from tenants.models import IdentityProvider, Tenant
from tenants.provider_admin import IdentityProviderAdmin
from tenants.schemas import current_schema

private = method_decorator([never_cache, sensitive_post_parameters()])


class StaffSite(AdminSite):
    """Open to active staff who have shown both factors. Only what is registered here by name is in it."""

    site_header = site_title = "Huume"
    index_title = gettext_lazy("Customers")
    site_url = None
    login_form = SignInForm

    def has_permission(self, request: HttpRequest) -> bool:
        ours = current_schema() == settings.STAFF_SCHEMA
        return ours and super().has_permission(request) and second_factor.is_passed(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "second_factor_on": settings.STAFF_SECOND_FACTOR}

    def get_urls(self) -> list[Any]:
        ours = [
            path("second-step/", self.second_step, name="second-step"),
            path("second-step/set-up/", self.enrol, name="enrol"),
            # Unlike Django's own, for those too who have shown their password only.
            path("logout/", self.logout, name="logout"),
            self._closed("second-factor/", self.own_second_factor, "second-factor"),
            self._closed("confirm/", self.confirm, "confirm"),
        ]
        return [*ours, *(self._page(*page) for page in PAGES), *super().get_urls()]

    def _page(self, route: str, view: Page, name: str) -> Any:
        """A page of ours (huume.staff.pages): its view gets the context that every page of the admin has."""

        def page(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            return view(request, self.each_context(request), **kwargs)

        return self._closed(route, page, name)

    def _closed(self, route: str, view: Any, name: str) -> Any:
        return path(route, self.admin_view(view), name=name)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        if not self.has_permission(request):
            return []
        apps = super().get_app_list(request, app_label)
        asked = app_label is None and request.user.has_perm(sign_ins.PERMISSION)
        if not asked:
            return apps
        return [board(), *apps, support(), *([break_glass()] if request.user.has_perm(PERMISSION) else [])]

    @private
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and views.has_password_only(request):
            return views.to("admin:second-step", request)
        return super().login(request, extra_context)

    @private
    def second_step(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return views.to("admin:login", request)
        return views.second_step(request, self.each_context(request))

    @private
    def enrol(self, request: HttpRequest) -> HttpResponse:
        return views.enrol(request, self.each_context(request))

    @private
    def own_second_factor(self, request: HttpRequest) -> HttpResponse:
        return views.own_second_factor(request, self.each_context(request))

    @private
    def confirm(self, request: HttpRequest) -> HttpResponse:
        return views.confirm(request, self.each_context(request))

    @private
    def password_change(  # type: ignore[override]  # a redirect too
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Only after a confirmation, which counts wrong passwords and asks for the second factor."""
        redirect = confirmation.first(request, reverse("admin:password_change"))
        return redirect or super().password_change(request, extra_context)


def board() -> dict[str, Any]:
    return _entry(_("Readiness"), "readiness", _("How far every customer is"), reverse("admin:readiness"))


def support() -> dict[str, Any]:
    return _entry(_("Support"), "support", _("Why can’t I sign in?"), reverse("admin:sign-ins"))


def break_glass() -> dict[str, Any]:
    return _entry(_("Emergency"), "emergency", _("Emergency access"), reverse("admin:break-glass"))


def _entry(heading: str, label: str, name: str, address: str) -> dict[str, Any]:
    """An entry for the index and the sidebar that stands for no model."""
    page = {"name": name, "object_name": label.capitalize(), "admin_url": address, "view_only": True}
    page |= {"perms": {"view": True}, "add_url": None}
    return {"name": heading, "app_label": label, "app_url": address, "has_module_perms": True, "models": [page]}


site = StaffSite(name="admin")
site.register(Tenant, TenantAdmin)
site.register(IdentityProvider, IdentityProviderAdmin)
