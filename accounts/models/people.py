"""The people of one tenant, and the identities by which providers know them."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.auth.models import Permission as AuthPermission
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models.access import Role, RoleQuerySet, Team
from accounts.permissions import ADMINISTRATOR, APP, GRANTABLE


class UserQuerySet(models.QuerySet["User"]):
    def with_permissions(self) -> Self:
        """Each user with `permissions_held`: the sum of their active roles, in the same statement.

        Taken from active roles by a subquery: an exclude() across the join would also drop what an active role gives.
        """
        held = (
            AuthPermission.objects.filter(
                content_type__app_label=APP,
                codename__in=[codename for codename, _words in GRANTABLE],
                group__role__is_active=True,
                group__user=models.OuterRef("pk"),
            )
            .values("codename")
            .distinct()
        )
        return self.annotate(
            permissions_held=ArraySubquery(held),
            has_role=models.Exists(Role.objects.filter(is_active=True, user=models.OuterRef("pk"))),
        )

    def people(self) -> Self:
        return self.order_by(Lower("name"), "email", "pk")

    def waiting(self) -> Self:
        """Without any role that is switched on, and not suspended."""
        return self.filter(is_active=True).exclude(
            pk__in=User.objects.filter(groups__role__is_active=True).values("pk")
        )

    def administrators(self) -> Self:
        """Active user administrators: those who see people, and may give and take access."""
        found = self.filter(is_active=True)
        for codename in ADMINISTRATOR:
            giving = Role.objects.giving(codename).values("pk")
            found = found.filter(pk__in=User.objects.filter(groups__role__in=giving).values("pk"))
        return found


# with_permissions() for the one user of a session, at every request: written out, it is planned and built three times
# faster. A test holds that both say the same.
OF_A_SESSION = """
    WITH held AS MATERIALIZED (
        SELECT g.group_id FROM accounts_user_groups g JOIN accounts_role r ON r.group_ptr_id = g.group_id
        WHERE g.user_id = %(user)s AND r.is_active
    )
    SELECT u.*, EXISTS (SELECT FROM held) AS has_role, ARRAY(
        SELECT p.codename FROM auth_permission p
        WHERE p.codename = ANY(%(grantable)s)
          AND p.content_type_id IN (SELECT id FROM django_content_type WHERE app_label = %(app)s)
          AND p.id IN (SELECT permission_id FROM auth_group_permissions JOIN held USING (group_id))
    ) AS permissions_held
    FROM accounts_user u WHERE u.id = %(user)s AND u.is_active
"""


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]  # made at run time
    def add_in_advance(self, email: str) -> "User":
        return self.create(email=email, added_in_advance=True)  # type: ignore[no-any-return]

    def of_session(self, pk: int) -> "User | None":
        """The active user of a session, with what they may do, in one statement; None for nobody."""
        grantable = [codename for codename, _words in GRANTABLE]
        found = self.raw(OF_A_SESSION, {"user": pk, "app": APP, "grantable": grantable})
        return next(iter(found), None)


def opaque_username() -> str:
    return uuid.uuid4().hex


class User(AbstractBaseUser, PermissionsMixin):
    """A person in one tenant. Known by an identity, never by an address: `email` is not unique.

    `username` is opaque, except in Huume's own staff, where it is the email address that a password goes with.
    """

    username = models.CharField(max_length=254, unique=True, default=opaque_username, editable=False)
    email = models.EmailField(_("email"), blank=True)
    # What the directory last said of the address. Nothing hangs on it here but a warning to whoever gives access.
    email_verified = models.BooleanField(default=False, editable=False)
    name = models.CharField(_("name"), max_length=150, blank=True)
    given_name = models.CharField(_("given name"), max_length=150, blank=True)
    family_name = models.CharField(_("family name"), max_length=150, blank=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("Huume's staff"), default=False)
    added_in_advance = models.BooleanField(_("added in advance"), default=False)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    teams: "models.ManyToManyField[Team, models.Model]" = models.ManyToManyField(
        "Team", blank=True, related_name="members", verbose_name=_("teams")
    )

    objects: UserManager = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        default_permissions = ()
        permissions = GRANTABLE
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=models.Q(added_in_advance=True), name="added_in_advance_once"
            )
        ]
        indexes = [models.Index(Lower("email"), name="user_by_email"), models.Index(Lower("name"), name="user_by_name")]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.name or self.email or str(_("Somebody without a name"))

    def get_short_name(self) -> str:
        return self.given_name or self.display_name

    get_full_name = __str__

    @cached_property
    def permissions(self) -> frozenset[str]:
        """Codenames, through active roles only. No query where the user was read by with_permissions()."""
        held: Iterable[str] | None = self.__dict__.get("permissions_held")
        if held is None:
            held = User.objects.with_permissions().values_list("permissions_held", flat=True).get(pk=self.pk)
        return frozenset(held) if self.is_active else frozenset()

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    @cached_property
    def is_waiting(self) -> bool:
        has_role = self.__dict__.get("has_role")
        return not (self.roles.filter(is_active=True).exists() if has_role is None else has_role)

    @property
    def roles(self) -> "RoleQuerySet":
        return Role.objects.filter(user=self)


class Identity(models.Model):
    """The pair by which a provider knows a user: the key for sign-in. `provider` is an id in the public schema."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities", verbose_name=_("user"))
    issuer = models.CharField(_("issuer"), max_length=500)
    subject = models.CharField(_("subject"), max_length=255)
    provider = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="one_user_for_an_identity")]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"
