from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.gate import open_to_signed_in
from accounts.models import User
from accounts.permissions import Permission


@open_to_signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Home, or "waiting for access" for whoever has no role that is switched on."""
    if request.user.is_waiting:  # type: ignore[union-attr]  # the gate lets only users through
        return render(request, "accounts/waiting.html", who_lets_in())
    context = own_access(request.user)  # type: ignore[arg-type]  # as above
    if request.user.may(Permission.GIVE_ACCESS):  # type: ignore[union-attr]  # as above
        context["waiting_count"] = User.objects.waiting().count()
    return render(request, "accounts/home.html", context)


@open_to_signed_in
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    context = own_access(request.user)  # type: ignore[arg-type]  # the gate lets only users through
    context["roles"] = context["roles"].prefetch_related("permissions")
    return render(request, "accounts/profile.html", context | {"person": request.user, "area": "profile"})


def who_lets_in() -> dict[str, Any]:
    """Names alone: whoever waits is not to learn an address, so an administrator without a name stays unnamed."""
    names = list(User.objects.administrators().people().values_list("name", flat=True))
    return {"names": [name for name in names if name], "is_administered": bool(names)}


def own_access(user: User) -> dict[str, Any]:
    return {
        "roles": user.roles.filter(is_active=True),
        "teams": user.teams.select_related("landlord"),
        "may_give_access": user.may(Permission.GIVE_ACCESS),
    }
