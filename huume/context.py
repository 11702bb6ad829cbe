"""What every page knows: whose portal it is on, and the areas that its reader may open."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.sessions import EMERGENCY, UNTIL


@dataclass(frozen=True)
class Area:
    key: str
    label: Promise
    # One line for the home page.
    about: Promise
    permission: Permission
    is_current: bool = False

    @property
    def path(self) -> str:
        return f"/{self.key}/"


AREAS = (
    Area("people", _("People"), _("Who is here, and who waits to be let in."), Permission.SEE_PEOPLE),
    Area("roles", _("Roles"), _("What people may do."), Permission.SEE_GROUPS),
    Area("teams", _("Teams"), _("Whose data people see."), Permission.SEE_GROUPS),
    Area("landlords", _("Landlords"), _("The organisations that teams belong to."), Permission.SEE_GROUPS),
    Area("sign-ins", _("Sign-ins"), _("Who signed in or could not, and why."), Permission.SEE_SIGN_INS),
    Area("history", _("History"), _("Who changed what, and when."), Permission.SEE_HISTORY),
)


def portal(request: HttpRequest) -> dict[str, Any]:
    """`areas` is read by pages with an explorer alone: a refusal must not need a session or the database."""
    return {
        "tenant": getattr(request, "tenant", None),
        "areas": lambda: areas_open_to(request),
        "reader": reader_known_already(request),
        "emergency_until": lambda: emergency_until(request),
    }


def areas_open_to(request: HttpRequest) -> list[Area]:
    """Those that the reader's permissions open, the one that the address lies in marked as current."""
    held = request.user.permissions if request.user.is_authenticated else frozenset()
    return [
        replace(area, is_current=request.path.startswith(area.path)) for area in AREAS if area.permission.value in held
    ]


def reader_known_already(request: HttpRequest) -> User | None:
    """Whoever this request has been found to be from; None where nobody has asked (no middleware, no database)."""
    user = getattr(request, "_cached_user", None)
    return user if isinstance(user, User) else None


def emergency_until(request: HttpRequest) -> datetime | None:
    """When the session of an emergency link ends; None for every other, and where nobody has asked whose it is."""
    if reader_known_already(request) is None or not request.session.get(EMERGENCY):
        return None
    return datetime.fromtimestamp(request.session[UNTIL], UTC)
