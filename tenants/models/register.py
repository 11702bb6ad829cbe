from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin
from django_tenants.utils import schema_context

from tenants.actor import Actor
from tenants.naming import normalise_host, validate_host, validate_subdomain
from tenants.record import record
from tenants.signals import access_ended


class TenantQuerySet(models.QuerySet["Tenant"]):
    def customers(self) -> Self:
        """Every tenant but Huume's own staff."""
        return self.exclude(schema_name=settings.STAFF_SCHEMA)


class Tenant(TenantMixin):
    """One customer: a schema, one or more hosts, its providers, its users."""

    schema_name = models.CharField(_("subdomain"), max_length=63, unique=True, validators=[validate_subdomain])
    name = models.CharField(_("name"), max_length=100)
    contact = models.EmailField(_("IT contact"), blank=True)
    suspended_at = models.DateTimeField(_("suspended"), null=True, blank=True, editable=False)
    session_minutes = models.PositiveIntegerField(
        _("longest session, minutes"), null=True, blank=True, help_text=_("Empty: 12 hours. Never more than that.")
    )
    idle_minutes = models.PositiveIntegerField(
        _("longest pause, minutes"), null=True, blank=True, help_text=_("Empty: 1 hour. Never more than that.")
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    account_manager = models.EmailField(
        _("account manager"),
        blank=True,
        default="",
        db_default="",
        help_text=_("Who of Huume's staff is told what happens here."),
    )
    # Somebody who signed in and may let others in; on the readiness board.
    first_administrator_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TenantQuerySet.as_manager()

    # A schema is made and dropped in the transaction of its row: tenants.provision, delete().
    auto_create_schema = False
    auto_drop_schema = False

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None

    @property
    def is_staff(self) -> bool:
        return bool(self.schema_name == settings.STAFF_SCHEMA)

    @property
    def session_seconds(self) -> int:
        longest = settings.STAFF_SESSION_SECONDS if self.is_staff else settings.SESSION_LIFETIME_SECONDS
        return min(longest, (self.session_minutes or longest) * 60)

    @property
    def idle_seconds(self) -> int:
        longest = settings.SESSION_IDLE_SECONDS
        return min(longest, (self.idle_minutes or longest) * 60)

    @property
    def primary_host(self) -> str:
        hosts = sorted(self.domains.all(), key=lambda domain: (not domain.is_primary, domain.pk))
        return hosts[0].domain if hosts else ""

    @property
    def address(self) -> str:
        return address_of(self.primary_host)

    def suspend(self, by: Actor | None = None) -> None:
        """Nobody signs in, open sessions are gone; data stays. On record where it is known who does it."""
        with transaction.atomic():
            if by and not self.is_suspended:
                record(self, "tenant.suspended", by=by)
            self._set_suspended(self.suspended_at or timezone.now())

    def resume(self, by: Actor | None = None) -> None:
        with transaction.atomic():
            if by and self.is_suspended:
                record(self, "tenant.resumed", by=by)
            self._set_suspended(None)

    def _set_suspended(self, moment: Any) -> None:
        if self.is_staff:
            raise ValidationError(_("Huume's own staff cannot be suspended."), code="staff")
        with transaction.atomic():
            self.suspended_at = moment
            with schema_context("public"):
                self.save(update_fields=["suspended_at"])
            if moment:
                access_ended.send(sender=Tenant, tenant=self, provider=None)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Row, hosts, providers and schema go together, or none of them."""
        if self.is_staff:
            raise ValidationError(_("Huume's own staff cannot be deleted."), code="staff")
        with schema_context("public"), transaction.atomic():
            return super().delete(force_drop=True)  # type: ignore[no-untyped-call]  # the library is untyped


def address_of(host: str) -> str:
    """Where a stored host is reached: scheme, host, and BASE_DOMAIN's port where it has one; no slash at the end."""
    _host, _colon, port = settings.BASE_DOMAIN.partition(":")
    return f"{settings.SCHEME}://{host}{':' + port if port else ''}"


class Domain(DomainMixin):
    """A host of a tenant: lower case, no port, no final dot."""

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")

    def clean(self) -> None:
        self.domain = normalise_host(self.domain)
        validate_host(self.domain)

    @property
    def is_ours(self) -> bool:
        """On our own domain, not on a customer's."""
        return self.domain == settings.BASE_HOST or self.domain.endswith("." + settings.BASE_HOST)
