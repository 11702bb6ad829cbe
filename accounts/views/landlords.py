"""The landlords of a tenant, and the teams that belong to them."""

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.forms.teams import LandlordForm
from accounts.gate import requires
from accounts.models import Landlord
from accounts.permissions import Permission
from accounts.views.portal import (
    Question,
    also_requires,
    ask,
    posting_requires,
    reads_and_posts,
    signed_in,
    some_of,
)

AREA = "landlords"


@requires(Permission.SEE_GROUPS)
@require_safe
def landlords(request: HttpRequest) -> HttpResponse:
    found = Landlord.objects.order_by(Lower("name")).prefetch_related("teams")
    may_manage = signed_in(request).may(Permission.MANAGE_TEAMS)
    return render(request, "accounts/landlords.html", {"area": AREA, "landlords": found, "may_manage": may_manage})


@requires(Permission.MANAGE_TEAMS)
@also_requires(Permission.SEE_GROUPS)
@reads_and_posts
def add(request: HttpRequest) -> HttpResponse:
    return _edit(request, Landlord(), _("New landlord"))


@requires(Permission.SEE_GROUPS)
@posting_requires(Permission.MANAGE_TEAMS)
@reads_and_posts
def landlord(request: HttpRequest, pk: int) -> HttpResponse:
    """The form for whoever may change it; for others what it is."""
    found = get_object_or_404(Landlord, pk=pk)
    if signed_in(request).may(Permission.MANAGE_TEAMS):
        return _edit(request, found, found.name)
    return render(request, "accounts/landlord.html", {"area": AREA, "landlord": found, "title": found.name})


def _edit(request: HttpRequest, found: Landlord, title: str) -> HttpResponse:
    is_new = found.pk is None
    form = LandlordForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid() and form.save_whole():
        messages.success(request, _("The landlord %(name)s is saved.") % {"name": found.name})
        return redirect("landlords")
    context = {"area": AREA, "landlord": found, "form": form, "title": title, "is_new": is_new}
    return render(request, "accounts/landlord.html", context)


@requires(Permission.MANAGE_TEAMS)
@also_requires(Permission.SEE_GROUPS)
@reads_and_posts
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Landlord, pk=pk)
    if request.method != "POST":
        return ask(request, _question(found))
    try:
        with transaction.atomic():
            found.delete()
    except (ProtectedError, IntegrityError):
        refusal = _("%(name)s is not deleted: teams belong to it. Give them another landlord, or none, first.")
        return ask(request, _question(found), refusal=refusal % {"name": found.name})
    messages.success(request, _("The landlord %(name)s is deleted.") % {"name": found.name})
    return redirect("landlords")


def _question(found: Landlord) -> Question:
    teams = list(found.teams.values_list("name", flat=True))
    return Question(
        area=AREA,
        title=_("Delete the landlord %(name)s?") % {"name": found.name},
        text=_("It cannot be deleted while teams belong to it. Give them another landlord, or none, first.")
        if teams
        else _("No team belongs to it. It cannot be brought back."),
        heading=_("Its teams:") if teams else "",
        lines=some_of(teams),
        button=_("Delete the landlord"),
        back=reverse("landlord", args=[found.pk]),
        is_possible=not teams,
    )
