import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, PermissionsMixin
from django.contrib.auth.models import Permission as AuthPermission
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.permissions import GRANTABLE, in_words

APP = "accounts"


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
        """Active user administrators: those who may give and take access."""
        giving = Role.objects.giving("give_access").values("pk")
        return self.filter(is_active=True, pk__in=User.objects.filter(groups__role__in=giving).values("pk"))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]  # made at run time
    def add_in_advance(self, email: str) -> "User":
        return self.create(email=email, added_in_advance=True)  # type: ignore[no-any-return]


def opaque_username() -> str:
    return uuid.uuid4().hex


class User(AbstractBaseUser, PermissionsMixin):
    """A person in one tenant. Known by an identity, never by an address: `email` is not unique.

    `username` is opaque, except in Huume's own staff, where it is the email address that a password goes with.
    """

    username = models.CharField(max_length=254, unique=True, default=opaque_username, editable=False)
    email = models.EmailField(_("email"), blank=True)
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
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="one_user_for_an_identity")]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"


class RoleQuerySet(models.QuerySet["Role"]):
    def giving(self, codename: str) -> Self:
        return self.filter(is_active=True, permissions__codename=codename, permissions__content_type__app_label=APP)


class Role(Group):
    """A named set of permissions. A user may hold several; access is their sum, through the active ones."""

    description = models.CharField(_("description"), max_length=250, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_standard = models.BooleanField(default=False, editable=False)

    objects = RoleQuerySet.as_manager()  # type: ignore[assignment,misc]  # a Group's manager is of groups

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        default_permissions = ()
        ordering = ["name"]

    def codenames(self) -> frozenset[str]:
        offered = [codename for codename, _words in GRANTABLE]
        ours = self.permissions.filter(content_type__app_label=APP, codename__in=offered)
        return frozenset(ours.values_list("codename", flat=True))

    @property
    def permissions_in_words(self) -> list[str]:
        return in_words(permission.codename for permission in self.permissions.all())

    def set_codenames(self, codenames: Iterable[str]) -> None:
        chosen = AuthPermission.objects.filter(
            content_type__app_label=APP, content_type__model="user", codename__in=list(codenames)
        )
        self.permissions.set(chosen)


class Landlord(models.Model):
    """An organisation within a tenant that teams belong to."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.CharField(_("description"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("landlord")
        verbose_name_plural = _("landlords")
        default_permissions = ()
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """A group of users, of one landlord or of none."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.CharField(_("description"), max_length=250, blank=True)
    landlord = models.ForeignKey(
        Landlord, on_delete=models.PROTECT, null=True, blank=True, related_name="teams", verbose_name=_("landlord")
    )
    additional_data_access: "models.ManyToManyField[Team, models.Model]" = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="seen_by",
        verbose_name=_("additional data access"),
        help_text=_("Members see these teams' data too: just these, one step deep."),
    )

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        default_permissions = ()
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SignInQuerySet(models.QuerySet["SignIn"]):
    def from_address_since(self, address: str | None, seconds: int) -> int:
        return self.filter(ip_address=address, at__gt=timezone.now() - timedelta(seconds=seconds)).count()


class SignIn(models.Model):
    """One attempt to sign in, from its start. No code, token, secret or verifier is ever here."""

    class Outcome(models.TextChoices):
        STARTED = "started", _("under way")
        SUCCEEDED = "succeeded", _("signed in")
        REFUSED = "refused", _("refused")
        ABANDONED = "abandoned", _("never came back")

    reference = models.CharField(_("reference"), max_length=80, unique=True)
    at = models.DateTimeField(_("when"), default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    provider = models.UUIDField()
    provider_label = models.CharField(_("provider"), max_length=60)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, default=Outcome.STARTED)
    reason = models.CharField(_("reason"), max_length=50, blank=True)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="sign_ins", verbose_name=_("user")
    )
    subject = models.CharField(_("subject"), max_length=255, blank=True)
    email = models.CharField(_("email"), max_length=254, blank=True)
    ip_address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("browser"), max_length=300, blank=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        default_permissions = ()
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["-at"], name="sign_in_by_time"),
            models.Index(fields=["ip_address", "-at"], name="sign_in_by_address"),
            models.Index(Lower("email"), models.F("at").desc(), name="sign_in_by_email"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def current_outcome(self) -> str:
        """An attempt that has not come back in time never will: its row is dead (Attempt.LIFETIME)."""
        overdue = self.outcome == self.Outcome.STARTED and timezone.now() - self.at > Attempt.LIFETIME
        return str(self.Outcome.ABANDONED) if overdue else self.outcome


class Attempt(models.Model):
    """A sign-in under way, bound to a browser and to a provider. Consumed once, dead after ten minutes."""

    LIFETIME = timedelta(minutes=10)
    # Tabs of one browser that may be under way at once.
    MOST_AT_ONCE = 10

    state_digest = models.CharField(primary_key=True, max_length=64)
    browser_digest = models.CharField(max_length=64)
    provider = models.UUIDField()
    nonce = models.CharField(max_length=64)
    verifier = models.CharField(max_length=128)
    redirect_uri = models.CharField(max_length=500)
    next_path = models.CharField(max_length=2000, default="/")
    plain_scopes = models.BooleanField(default=False)
    sign_in = models.ForeignKey(SignIn, on_delete=models.CASCADE)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["browser_digest", "created_at"], name="attempt_by_browser"),
            models.Index(fields=["created_at"], name="attempt_by_time"),
        ]

    def __str__(self) -> str:
        return str(self.sign_in)


class Session(AbstractBaseSession):
    """A session in its tenant's schema, that knows whose it is and by which provider."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")
    provider = models.UUIDField(null=True)
    subject = models.CharField(max_length=255, blank=True)
    provider_session = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["provider"], name="session_by_provider")]

    @classmethod
    def get_session_store_class(cls) -> Any:
        from accounts.sessions import SessionStore

        return SessionStore
