"""What gives access: roles for pages and actions, teams for rows, landlords for teams."""

from collections.abc import Iterable
from typing import Self

from django.contrib.auth.models import Group
from django.contrib.auth.models import Permission as AuthPermission
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.permissions import APP, GRANTABLE, in_words


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
