"""The pages between password and admin, and those of one's own second factor. `context` is the admin site's."""

from typing import Any, cast
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from huume.staff import confirmation, second_factor
from huume.staff.confirmation import ConfirmationForm
from huume.staff.forms import CodeForm, EnrolForm

Context = dict[str, Any]


def next_path(request: HttpRequest) -> str:
    """Where the person was going, on this very admin; else its index."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    index = reverse("admin:index")
    ours = wanted.startswith(index) and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if ours else index


def has_password_only(request: HttpRequest) -> bool:
    user = request.user
    known = user.is_authenticated and user.is_active and cast(Any, user).is_staff
    return bool(known and not second_factor.is_passed(request))


def to(name: str, request: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': next_path(request)})}")


def _person(request: HttpRequest) -> AbstractBaseUser:
    return cast(AbstractBaseUser, request.user)


def _page(request: HttpRequest, template: str, context: Context, **more: Any) -> HttpResponse:
    return TemplateResponse(request, f"admin/staff/{template}.html", {**context, "next": next_path(request), **more})


def second_step(request: HttpRequest, context: Context) -> HttpResponse:
    """The second factor, of somebody whose password was right."""
    if not has_password_only(request):
        return HttpResponseRedirect(next_path(request))
    if not second_factor.is_enrolled(_person(request)):
        return to("admin:enrol", request)
    form = CodeForm(_person(request), request.POST or None)
    if request.method == "POST" and form.is_valid():
        _let_in(request, form)
        return HttpResponseRedirect(next_path(request))
    return _page(request, "second_step", context, form=form, title=_("Second step"))


def _let_in(request: HttpRequest, form: CodeForm) -> None:
    second_factor.pass_with(request, form.device)
    confirmation.mark(request)
    left = second_factor.recovery_codes_left(_person(request))
    if left < 3:
        messages.warning(
            request, _("Recovery codes left: %(left)d. Make new ones under “Second factor”.") % {"left": left}
        )


def enrol(request: HttpRequest, context: Context) -> HttpResponse:
    """Sets an authenticator up: the first one after the password alone, another one only after a confirmation."""
    refusal = _not_yet(request)
    if refusal:
        return refusal
    person = _person(request)
    device = second_factor.pending_device(request)
    form = EnrolForm(person, device, request.POST or None)
    if request.method == "POST" and form.is_valid():
        second_factor.pass_with(request, form.device)
        confirmation.mark(request)
        return show_codes(request, context, form.recovery_codes)
    more = {"qr_code": second_factor.qr_code(device), "secret": second_factor.secret_text(device), "form": form}
    return _page(request, "enrol", context, title=_("Set up your second step"), **more)


def _not_yet(request: HttpRequest) -> HttpResponse | None:
    if not settings.STAFF_SECOND_FACTOR:
        return HttpResponseRedirect(next_path(request))
    if second_factor.is_passed(request):
        return confirmation.first(request, reverse("admin:enrol"))
    if not has_password_only(request):
        return to("admin:login", request)
    # Who has an authenticator shows a code of it: else a password alone could put another in its place.
    return to("admin:second-step", request) if second_factor.is_enrolled(_person(request)) else None


def show_codes(request: HttpRequest, context: Context, codes: list[str]) -> HttpResponse:
    """This once: they are in this answer and in no session."""
    text = _("Recovery codes for Huume, %(email)s. Each is good once.") % {"email": _person(request).get_username()}
    download = "data:text/plain;charset=utf-8," + quote("\n".join([text, "", *codes, ""]))
    return _page(request, "codes", context, codes=codes, download=download, title=_("Your recovery codes"))


def own_second_factor(request: HttpRequest, context: Context) -> HttpResponse:
    """How many recovery codes are left; POST makes new ones."""
    if not settings.STAFF_SECOND_FACTOR:
        return HttpResponseRedirect(reverse("admin:index"))
    if request.method != "POST":
        left = second_factor.recovery_codes_left(_person(request))
        return _page(request, "second_factor", context, left=left, title=_("Second factor"))
    redirect = confirmation.first(request, reverse("admin:second-factor"))
    return redirect or show_codes(request, context, second_factor.new_recovery_codes(_person(request)))


def confirm(request: HttpRequest, context: Context) -> HttpResponse:
    form = ConfirmationForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return HttpResponseRedirect(next_path(request))
    return _page(request, "confirm", context, form=form, title=_("Confirm that it is you"))
