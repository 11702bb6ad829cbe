from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.gate import open_to_signed_in
from accounts.models import User


@open_to_signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Home, or "waiting for access" for whoever has no role that is switched on."""
    if request.user.is_waiting:  # type: ignore[union-attr]  # the gate lets only users through
        administrators = User.objects.administrators().people()
        return render(request, "accounts/waiting.html", {"administrators": administrators})
    return render(request, "accounts/home.html")


@open_to_signed_in
@require_GET
def profile(request: HttpRequest) -> HttpResponse:
    user = User.objects.prefetch_related("teams__landlord").get(pk=request.user.pk)
    context = {"person": user, "roles": user.roles.filter(is_active=True), "teams": user.teams.all()}
    return render(request, "accounts/profile.html", context)
