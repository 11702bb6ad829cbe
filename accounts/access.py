"""Who may give which access to whom. The rule for every route: pages, commands, and what comes later.

Two things hold whatever the route. Nobody gives more than they hold, and changing what a role gives counts as giving
it. And no change leaves a tenant without a user administrator who can get in. `by` is who does it; None is an
operator, whom only the second binds. Every change of a tenant's access happens under one lock of that tenant, taken
before anything is read, so that of two changes at once the later one sees what the earlier one left.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_

from accounts import milestones
from accounts.models import Role, Session, Team, User
from accounts.permissions import GRANTABLE, Permission, in_words
from tenants.models import IdentityProvider
from tenants.schemas import current_schema

logger = logging.getLogger(__name__)

REFUSALS = {
    "no_permission": N_("You do not have the permission “%(permission)s”, which this needs."),
    "not_grantable": N_("“%(codename)s” is not a permission that a role can give."),
    "more_than_held": N_("You cannot give more than you hold yourself. You do not hold: %(missing)s."),
    "last_administrator": N_(
        "This would leave nobody who can sign in and give access. Make somebody else a user administrator first."
    ),
    "own_suspension": N_("You cannot suspend yourself. Ask another user administrator to do it."),
    "name_taken": N_("There is a role called “%(name)s” already. Choose another name."),
    "role_gone": N_("Somebody has deleted that role meanwhile. Look at the list again."),
    "team_gone": N_("Somebody has deleted that team meanwhile. Look at the list again."),
}
# What a User object remembers of its access once it has been asked.
REMEMBERED = ("permissions", "permissions_held", "is_waiting", "has_role")


class AccessRefused(Exception):
    """A change of access that does not happen. `code` is a key of REFUSALS; str() is a sentence for the person."""

    def __init__(self, code: str, **parameters: str) -> None:
        super().__init__(_(REFUSALS[code]) % parameters)
        self.code = code


@contextmanager
def keeping_an_administrator() -> Iterator[None]:
    """A transaction around a change of access that is undone where it would lock the tenant out.

    Where a user administrator who has signed in by a live provider is there before, one must be there afterwards;
    else, where any is there before (only added in advance), any must be there afterwards. May be nested. Raises
    AccessRefused("last_administrator"). Holds the tenant's lock until the outermost transaction ends, so what is read
    inside is what the change before it left (transactions are READ COMMITTED).
    """
    with transaction.atomic():
        _take_turn()
        before = _administrators()
        yield
        after = _administrators()
        if after < before:
            raise AccessRefused("last_administrator")
        if after == 2:
            milestones.note_administrator()


def set_access(person: User, *, roles: Iterable[Role], teams: Iterable[Team], by: User | None) -> None:
    """Gives the person just these roles and teams, and no others. Raises AccessRefused."""
    with _changing(by, Permission.GIVE_ACCESS) as held:
        wanted = _current_roles(roles)
        holds = set(person.roles.values_list("pk", flat=True))
        for role in wanted:
            if role.pk not in holds:
                _require_held(held, role.codenames())
        person.groups.set(wanted)
        person.teams.set(_current_teams(teams))
    _forget(person)


def suspend(person: User, *, by: User | None) -> None:
    """The person gets in no more, and is out at once. Raises AccessRefused."""
    with _changing(by, Permission.SUSPEND_PEOPLE):
        if by is not None and by.pk == person.pk:
            raise AccessRefused("own_suspension")
        # In this order: a sign-in that holds the row finishes first, and its session is then among those that go.
        User.objects.filter(pk=person.pk).update(is_active=False)
        Session.objects.filter(user=person).delete()
    person.is_active = False
    _forget(person)


def resume(person: User, *, by: User | None) -> None:
    """The person may sign in again, with the roles of before, which counts as giving them. Raises AccessRefused."""
    with _changing(by, Permission.SUSPEND_PEOPLE) as held:
        for role in person.roles:
            _require_held(held, role.codenames())
        User.objects.filter(pk=person.pk).update(is_active=True)
    person.is_active = True
    _forget(person)


def save_role(
    role: Role, *, name: str, description: str, is_active: bool, codenames: Iterable[str], by: User | None
) -> Role:
    """Makes a role (an unsaved one) or changes it. Raises AccessRefused; ValidationError for an empty or long name."""
    wanted = frozenset(codenames)
    with _changing(by, Permission.MANAGE_ROLES) as held:
        _require_grantable(wanted)
        _require_held(held, _newly_given(role, wanted, is_active))
        role.name, role.description, role.is_active = name.strip(), description.strip(), is_active
        role.clean_fields()
        if Role.objects.filter(name__iexact=role.name).exclude(pk=role.pk).exists():
            raise AccessRefused("name_taken", name=role.name)
        role.save()
        role.set_codenames(wanted)
    return role


def delete_role(role: Role, *, by: User | None) -> None:
    """Whoever holds it loses it. Standard roles may go too. Raises AccessRefused."""
    with _changing(by, Permission.MANAGE_ROLES):
        role.delete()


def may_give(by: User, role: Role) -> bool:
    """Whether all that the role gives is held by the giver, for a page to offer it or not."""
    return by.may(Permission.GIVE_ACCESS) and role.codenames() <= by.permissions


@contextmanager
def _changing(by: User | None, permission: Permission) -> Iterator[frozenset[str]]:
    """The turn of one change; what is given back is all that `by` may give. A person's refusal is logged."""
    try:
        with keeping_an_administrator():
            yield _held(by, permission)
    except AccessRefused as error:
        # An operator's command says it itself, in one line.
        if by is not None:
            logger.info("access change refused", extra={"code": error.code, "by_user": by.pk})
        raise


def _held(by: User | None, permission: Permission) -> frozenset[str]:
    """Read afresh: what `by` held when their request began may be gone by now."""
    if by is None:
        return frozenset(codename for codename, _words in GRANTABLE)
    current: User | None = User.objects.with_permissions().filter(pk=by.pk).first()
    if current is None or not current.may(permission):
        raise AccessRefused("no_permission", permission=str(permission.label))
    return current.permissions


def _newly_given(role: Role, wanted: frozenset[str], is_active: bool) -> frozenset[str]:
    """What the change gives that the role did not give before: what is added, or all of it when it is switched on."""
    if role.pk is None:
        return wanted
    (before,) = _current_roles([role])
    switched_on = is_active and not before.is_active
    return wanted if switched_on else wanted - before.codenames()


def _require_grantable(codenames: frozenset[str]) -> None:
    for codename in sorted(codenames - set(Permission.values)):
        raise AccessRefused("not_grantable", codename=codename)


def _require_held(held: frozenset[str], given: frozenset[str]) -> None:
    if missing := given - held:
        raise AccessRefused("more_than_held", missing=", ".join(in_words(missing)))


def _current_roles(roles: Iterable[Role]) -> list[Role]:
    keys = {role.pk for role in roles}
    current = list(Role.objects.filter(pk__in=keys))
    if len(current) < len(keys):
        raise AccessRefused("role_gone")
    return current


def _current_teams(teams: Iterable[Team]) -> list[Team]:
    """Held until the transaction ends, so that none is deleted while it is given."""
    keys = {team.pk for team in teams}
    current = list(Team.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
    if len(current) < len(keys):
        raise AccessRefused("team_gone")
    return current


def _take_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"access of {current_schema()}"])


def _administrators() -> int:
    """2: a user administrator has signed in by what is a live provider now; 1: only others are there; 0: none."""
    administrators = User.objects.administrators()
    # A sign-in finds people by issuer and subject, so that is what says whether an identity is of any use today.
    live = IdentityProvider.objects.live().filter(tenant__schema_name=current_schema()).exclude(issuer="")
    if administrators.filter(identities__issuer__in=live.values("issuer")).exists():
        return 2
    return int(administrators.exists())


def _forget(person: User) -> None:
    for name in REMEMBERED:
        person.__dict__.pop(name, None)
