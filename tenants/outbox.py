"""Mail is queued in the transaction of what it tells of: both hold or neither. A worker sends it (tenants.tasks)."""

import logging
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from tenants.mail_text import Value, one_line, render_html, render_text
from tenants.models import Mail, Tenant
from tenants.models.register import address_of
from tenants.tasks import deliver

LONGEST_SUBJECT = 200
RECIPIENT = Mail._meta.get_field("recipient")
logger = logging.getLogger(__name__)


def queue_mail(
    name: str, to: str, *, tenant: Tenant, context: Mapping[str, Value], expires_at: datetime | None = None
) -> Mail:
    """Mail `name` (templates/emails/<name>-subject.txt and -body.txt) to one address, on its way once this commits.

    After `expires_at` it is not sent any more. Whatever `context` holds, each of its values stays in one line.
    Raises ValidationError where `to` is no email address.
    """
    subject = str(one_line(render_text(f"emails/{name}-subject.txt", context)))[:LONGEST_SUBJECT]
    text = render_text(f"emails/{name}-body.txt", context)
    now = timezone.now()
    mail = Mail(tenant=tenant, name=name, recipient=to, subject=subject, expires_at=expires_at)
    RECIPIENT.clean(to, mail)
    mail.created_at = mail.next_try_at = now
    mail.seal(text=text, html=render_html(text))
    mail.save()
    # The same moment as next_try_at: a worker whose clock is behind ours must not find it too early.
    deliver.using(run_after=now).enqueue(str(mail.pk))
    return mail


def queue_to_each(
    name: str, to: list[str], *, tenant: Tenant, context: Mapping[str, Value], expires_at: datetime | None = None
) -> list[Mail]:
    """One mail for each address: no reader sees the others'. Those that are none are passed over."""
    addresses = dict.fromkeys(address for address in to if is_address(address))
    if not addresses:
        logger.warning("mail for nobody", extra={"of_name": name, "of_tenant": tenant.schema_name})
    return [queue_mail(name, address, tenant=tenant, context=context, expires_at=expires_at) for address in addresses]


def is_address(typed: str) -> bool:
    try:
        RECIPIENT.clean(typed, None)
    except ValidationError:
        return False
    return True


def spelled(moment: datetime) -> str:
    """For people who may be anywhere: with the zone. Monday 30 November 2026, 14:05 GMT."""
    return date_format(timezone.localtime(moment, timezone.get_default_timezone()), "l j F Y, H:i T")


def page(tenant: Tenant, name: str, *arguments: object) -> str:
    """The full address of a page on the tenant's host."""
    return tenant.address + reverse(name, urlconf=settings.ROOT_URLCONF, args=arguments)


def staff_page(name: str, *arguments: object) -> str:
    """The full address of a page of the admin."""
    return address_of(settings.BASE_HOST) + reverse(f"admin:{name}", urlconf=settings.STAFF_URLCONF, args=arguments)


def whom_to_ask(tenant: Tenant) -> str:
    """Ends a sentence that begins with: Questions? Ask ..."""
    return tenant.account_manager or "whoever looks after you at Huume"
