"""The teams of a tenant. Who is in them is changed on the people's pages."""

from django.contrib import messages
from django.db.models import Count
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.forms.teams import TeamForm
from accounts.gate import requires
from accounts.models import Team, User
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

AREA = "teams"


@requires(Permission.SEE_GROUPS)
@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    found = Team.objects.select_related("landlord").annotate(people=Count("members")).order_by(Lower("name"))
    context = {
        "area": AREA,
        "teams": found.prefetch_related("additional_data_access"),
        "may_manage": signed_in(request).may(Permission.MANAGE_TEAMS),
    }
    return render(request, "accounts/teams.html", context)


@requires(Permission.MANAGE_TEAMS)
@also_requires(Permission.SEE_GROUPS)
@reads_and_posts
def add(request: HttpRequest) -> HttpResponse:
    return _edit(request, Team(), _("New team"))


@requires(Permission.SEE_GROUPS)
@posting_requires(Permission.MANAGE_TEAMS)
@reads_and_posts
def team(request: HttpRequest, pk: int) -> HttpResponse:
    """The form for whoever may change it; for others what it is."""
    found = get_object_or_404(Team.objects.select_related("landlord"), pk=pk)
    if signed_in(request).may(Permission.MANAGE_TEAMS):
        return _edit(request, found, found.name)
    return render(request, "accounts/team.html", {"area": AREA, "team": found, "title": found.name})


def _edit(request: HttpRequest, found: Team, title: str) -> HttpResponse:
    is_new = found.pk is None
    form = TeamForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid() and form.save_whole():
        messages.success(request, _("The team %(name)s is saved.") % {"name": found.name})
        return redirect("teams")
    context = {"area": AREA, "team": found, "form": form, "title": title, "is_new": is_new}
    return render(request, "accounts/team.html", context)


@requires(Permission.MANAGE_TEAMS)
@also_requires(Permission.SEE_GROUPS)
@reads_and_posts
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Team, pk=pk)
    if request.method != "POST":
        return ask(request, _question(found))
    found.delete()
    messages.success(request, _("The team %(name)s is deleted.") % {"name": found.name})
    return redirect("teams")


def _question(found: Team) -> Question:
    members = [person.display_name for person in User.objects.filter(teams=found).people()]
    lost = ", ".join([found.name, *found.additional_data_access.values_list("name", flat=True)])
    heading = _("Its members no longer see the data of %(teams)s, unless another team of theirs does:") % {
        "teams": lost
    }
    return Question(
        area=AREA,
        title=_("Delete the team %(name)s?") % {"name": found.name},
        text=_("It cannot be brought back.") if members else _("Nobody is in it. It cannot be brought back."),
        heading=heading if members else "",
        lines=some_of(members),
        button=_("Delete the team"),
        back=reverse("team", args=[found.pk]),
    )
