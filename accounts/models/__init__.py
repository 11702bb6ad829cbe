from accounts.models.access import Landlord, Role, RoleQuerySet, Team
from accounts.models.history import HistoryEntry, HistoryName
from accounts.models.people import Identity, User, UserQuerySet, opaque_username
from accounts.models.sign_ins import Attempt, Session, SignIn
from accounts.permissions import APP

__all__ = [
    "APP",
    "Attempt",
    "HistoryEntry",
    "HistoryName",
    "Identity",
    "Landlord",
    "Role",
    "RoleQuerySet",
    "Session",
    "SignIn",
    "Team",
    "User",
    "UserQuerySet",
    "opaque_username",
]
