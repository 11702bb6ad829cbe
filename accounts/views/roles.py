"""The roles of a tenant: what they give, and to how many."""

from django.contrib import messages
from django.db.models import Count
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import AccessRefused, delete_role
from accounts.forms.roles import RoleForm
from accounts.gate import requires
from accounts.models import Role, User
from accounts.permissions import Permission
from accounts.views.portal import (
    Question,
    also_requires,
    ask,
    count_of_people,
    posting_requires,
    reads_and_posts,
    signed_in,
    some_of,
)

AREA = "roles"


@requires(Permission.SEE_GROUPS)
@require_safe
def roles(request: HttpRequest) -> HttpResponse:
    found = Role.objects.annotate(people=Count("user")).order_by(Lower("name")).prefetch_related("permissions")
    return render(
        request,
        "accounts/roles.html",
        {"area": AREA, "roles": found, "may_manage": signed_in(request).may(Permission.MANAGE_ROLES)},
    )


@requires(Permission.MANAGE_ROLES)
@also_requires(Permission.SEE_GROUPS)
@reads_and_posts
def add(request: HttpRequest) -> HttpResponse:
    return _edit(request, Role(), _("New role"))


@requires(Permission.SEE_GROUPS)
@posting_requires(Permission.MANAGE_ROLES)
@reads_and_posts
def role(request: HttpRequest, pk: int) -> HttpResponse:
    """The form for whoever may change it; for others what it gives."""
    found = get_object_or_404(Role, pk=pk)
    if signed_in(request).may(Permission.MANAGE_ROLES):
        return _edit(request, found, found.name)
    return render(request, "accounts/role.html", {"area": AREA, "role": found, "title": found.name})


def _edit(request: HttpRequest, found: Role, title: str) -> HttpResponse:
    is_new = found.pk is None
    form = RoleForm(found, signed_in(request), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            saved = form.save()
        except AccessRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The role %(name)s is saved.") % {"name": saved.name})
            return redirect("roles")
    context = {"area": AREA, "role": found, "form": form, "title": title, "is_new": is_new}
    return render(request, "accounts/role.html", context)


@requires(Permission.MANAGE_ROLES)
@also_requires(Permission.SEE_GROUPS)
@reads_and_posts
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Role, pk=pk)
    name = {"name": found.name}
    question = _question(found)
    if request.method != "POST":
        return ask(request, question)
    try:
        delete_role(found, by=signed_in(request))
    except AccessRefused as error:
        return ask(request, question, refusal=str(error))
    messages.success(request, _("The role %(name)s is deleted.") % name)
    return redirect("roles")


def _question(found: Role) -> Question:
    holders = [person.display_name for person in User.objects.filter(groups=found).people()]
    count = {"people": count_of_people(len(holders))}
    return Question(
        area=AREA,
        title=_("Delete the role %(name)s?") % {"name": found.name},
        text=_("It cannot be brought back. Whoever has no other role waits for access again.")
        if holders
        else _("Nobody has it. It cannot be brought back."),
        heading=_("Who loses it: %(people)s") % count if holders else "",
        lines=some_of(holders),
        button=_("Delete the role"),
        back=reverse("role", args=[found.pk]),
    )
