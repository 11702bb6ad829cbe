"""The people of a tenant: who waits, who may what, and one of them at a time."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.access import AccessRefused, keeping_an_administrator
from accounts.forms.access import AccessForm
from accounts.forms.filters import PeopleFilter
from accounts.gate import requires
from accounts.models import Identity, Role, Team, User
from accounts.permissions import Permission
from accounts.views.moments import waiting_for, when
from accounts.views.portal import page_of, posting_requires, reads_and_posts, signed_in
from tenants.models import IdentityProvider

AREA = "people"
WAITING = Q(is_active=True, has_role=False)


@dataclass(frozen=True)
class Chip:
    kind: str
    text: str


def chips_of(person: User) -> list[Chip]:
    """How somebody stands, in words: nothing for whoever is simply in."""
    advance = [Chip("", _("Added in advance"))] if person.added_in_advance else []
    if not person.is_active:
        return [Chip("bad", _("Suspended")), *advance]
    if person.is_waiting:
        return [Chip("wait", waiting_for(person.created_at)), *advance]
    return advance


@dataclass(frozen=True)
class Row:
    person: User
    roles: list[Role]
    teams: list[Team]
    chips: list[Chip]
    last_sign_in: str


@requires(Permission.SEE_PEOPLE)
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Who waits comes first, then everybody by name. The same number of statements however many there are."""
    roles, teams = {role.pk: role for role in Role.objects.all()}, {team.pk: team for team in Team.objects.all()}
    narrowed = PeopleFilter(request.GET, roles.values(), teams.values())
    everybody: QuerySet[User] = User.objects.annotate(
        has_role=Exists(Role.objects.filter(is_active=True, user=OuterRef("pk")))
    )
    counts = everybody.aggregate(
        total=Count("pk"), waiting=Count("pk", filter=WAITING), found=Count("pk", filter=narrowed.condition())
    )
    page = page_of(request, _in_order(everybody.filter(narrowed.condition())), counts["found"])
    context = {
        "area": AREA,
        "filter": narrowed,
        "waiting_count": counts["waiting"],
        "summary": summary(counts["total"], counts["waiting"]),
        "found": counts["found"],
        "page": page,
        "rows": [_row(person, roles, teams) for person in page],
    }
    return render(request, "accounts/people.html", context)


def _in_order(found: QuerySet[User]) -> QuerySet[User]:
    return found.annotate(
        role_ids=ArraySubquery(Group.objects.filter(user=OuterRef("pk")).order_by("name").values("pk")),
        team_ids=ArraySubquery(Team.objects.filter(members=OuterRef("pk")).order_by("name").values("pk")),
    ).order_by(Case(When(WAITING, then=Value(0)), default=Value(1)), Lower("name"), "email", "pk")


def _row(person: Any, roles: dict[int, Role], teams: dict[int, Team]) -> Row:
    """What was made between two statements is left out."""
    return Row(
        person,
        [roles[pk] for pk in person.role_ids if pk in roles],
        [teams[pk] for pk in person.team_ids if pk in teams],
        chips_of(person),
        when(person.last_login) if person.last_login else _("Never"),
    )


def summary(total: int, waiting: int) -> str:
    people = ngettext("%(count)d person", "%(count)d people", total) % {"count": total}
    return _("%(people)s, %(waiting)d waiting for access.") % {"people": people, "waiting": waiting}


@requires(Permission.SEE_PEOPLE)
@posting_requires(Permission.GIVE_ACCESS)
@reads_and_posts
def person(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(User, pk=pk)
    if request.method == "POST":
        return _save(request, found)
    form = AccessForm(found, signed_in(request)) if signed_in(request).may(Permission.GIVE_ACCESS) else None
    return show(request, found, form)


def _save(request: HttpRequest, found: User) -> HttpResponse:
    """Saves only what still holds: nobody overwrites in silence what another administrator has just saved."""
    by = signed_in(request)
    form = AccessForm(found, by, request.POST)
    try:
        with keeping_an_administrator():
            form = AccessForm(get_object_or_404(User, pk=found.pk), by, request.POST)
            if not form.is_valid():
                return show(request, form.person, form)
            if form.is_stale:
                return show(request, form.person, AccessForm(form.person, by), overtaken=what_they_have(form))
            form.save()
    except AccessRefused as error:
        form.add_error(None, str(error))
        return show(request, form.person, form)
    said = _("%(name)s now has %(access)s.") % {"name": form.person.display_name, "access": what_they_have(form)}
    messages.success(request, said)
    return redirect("person", pk=form.person.pk)


def what_they_have(form: AccessForm) -> str:
    """The roles and teams that were chosen, as part of a sentence."""
    roles, teams = [role.name for role in form.chosen_roles], [team.name for team in form.chosen_teams]
    role_words = ngettext("the role %(names)s", "the roles %(names)s", len(roles)) % {"names": ", ".join(roles)}
    team_words = ngettext("the team %(names)s", "the teams %(names)s", len(teams)) % {"names": ", ".join(teams)}
    words = {"roles": role_words if roles else _("no role"), "teams": team_words if teams else _("no team")}
    return _("%(roles)s and %(teams)s") % words


def show(request: HttpRequest, found: User, form: AccessForm | None, overtaken: str = "") -> HttpResponse:
    """`overtaken`: what was chosen on a page that no longer held."""
    context = {
        "area": AREA,
        "person": found,
        "form": form,
        "overtaken": overtaken,
        "waiting_count": User.objects.waiting().count(),
        "may_suspend": signed_in(request).may(Permission.SUSPEND_PEOPLE),
        "chips": chips_of(found),
        "is_self": found.pk == signed_in(request).pk,
        "roles": found.roles.all(),
        "teams": found.teams.select_related("landlord"),
        "identities": _identities(request, found),
        "arrived": when(found.created_at),
        "last_sign_in": when(found.last_login) if found.last_login else _("Never"),
    }
    return render(request, "accounts/person.html", context)


def _identities(request: HttpRequest, found: User) -> list[tuple[str, Identity]]:
    """Each with its provider's name; where the provider is gone, the issuer has to do."""
    providers = IdentityProvider.objects.filter(tenant=request.tenant)  # type: ignore[attr-defined]
    labels: dict[UUID, str] = {provider.pk: str(provider.button_label) for provider in providers}
    identities = found.identities.order_by("created_at", "pk")
    return [(labels.get(identity.provider, identity.issuer), identity) for identity in identities]
