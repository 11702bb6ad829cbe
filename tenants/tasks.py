"""What the worker does (manage.py db_worker): it sends mail, and tries again what failed.

A mail is claimed by moving its next try forward by a lease, so no lock is held and no transaction open while the mail
server is waited for. Whoever claims it also queues the look at it after the lease, in the same transaction: a worker
that dies half way leaves a mail that is sent again then, at most that.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult
from django_tenants.utils import schema_context, tenant_context

from tenants.fields import Sealed
from tenants.models import Mail

LEASE = timedelta(minutes=2)
PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
)
GIVEN_UP_AFTER = timedelta(days=7)
KEPT = timedelta(days=30)
# Of failures in a row that daily waits for: the server is away, and the others have their turn with the next run.
PATIENCE = 3

logger = logging.getLogger(__name__)


@task()
def deliver(mail_id: str) -> str:
    """Sends the mail where it is due. Returns what became of it: sent, failed, given up, or nothing to do."""
    mail = claim(mail_id)
    if mail is None:
        return "nothing to do"
    # The worker has no tenant of its own: log lines and whatever sending looks up are the mail's tenant's.
    with tenant_context(mail.tenant) if mail.tenant else schema_context("public"):
        return send(mail)


def waiting() -> "Q":
    return Q(sent_at=None, given_up_at=None)


@transaction.atomic
def claim(mail_id: str) -> Mail | None:
    """The mail, ours alone until the lease ends. None where it is gone, done, not due, too late or somebody else's."""
    now = timezone.now()
    due = Mail.objects.filter(waiting(), pk=mail_id, next_try_at__lte=now)
    if due.filter(too_late(now)).update(given_up_at=now, sealed_text=Sealed("")):
        logger.warning("mail was too late", extra={"mail": mail_id})
        return None
    if not due.update(next_try_at=now + LEASE, tries=F("tries") + 1):
        return None
    deliver.using(run_after=now + LEASE).enqueue(mail_id)
    return Mail.objects.select_related("tenant").get(pk=mail_id)


def too_late(moment: datetime) -> "Q":
    return Q(expires_at__lte=moment) | Q(created_at__lte=moment - GIVEN_UP_AFTER)


def send(mail: Mail) -> str:
    try:
        message(mail).send()
    except Exception as error:
        # Its words may hold the address or the text, so only its kind is kept.
        return failed(mail, kind_of(error))
    Mail.objects.filter(pk=mail.pk).update(sent_at=timezone.now(), sealed_text=Sealed(""), error="")
    logger.info("mail sent", extra={"mail": mail.pk, "of_name": mail.name, "tries": mail.tries})
    return "sent"


def message(mail: Mail) -> EmailMultiAlternatives:
    """Raises huume.crypto.DecryptionError where its key is gone."""
    text, html = mail.open()
    headers = {"Message-ID": f"<{mail.pk}@{settings.BASE_HOST}>", "Auto-Submitted": "auto-generated"}
    whole = EmailMultiAlternatives(mail.subject, text + "\n", to=[mail.recipient], headers=headers)
    whole.attach_alternative(html, "text/html")
    return whole


def kind_of(error: Exception) -> str:
    """Such as ConnectionRefusedError, or SMTPDataError 554."""
    code = getattr(error, "smtp_code", "")
    return f"{type(error).__name__} {code}".strip()[:200]


@transaction.atomic
def failed(mail: Mail, kind: str) -> str:
    """Tries again later, or never, where it would be too late by then."""
    now = timezone.now()
    again_at = now + PAUSES[min(mail.tries, len(PAUSES)) - 1]
    logger.warning("mail not sent", extra={"mail": mail.pk, "of_name": mail.name, "error": kind, "tries": mail.tries})
    kept = Mail.objects.filter(waiting(), pk=mail.pk)
    if kept.filter(too_late(again_at)).update(given_up_at=now, sealed_text=Sealed(""), error=kind):
        return "given up"
    kept.update(next_try_at=again_at, error=kind)
    deliver.using(run_after=again_at).enqueue(str(mail.pk))
    return "failed"


def retry_mail() -> int:
    """Sends what is due, also where its row of the queue was lost; says how many. For a run of every day."""
    sent = failures = 0
    due = Mail.objects.filter(waiting(), next_try_at__lte=timezone.now()).order_by("next_try_at")
    for mail_id in list(due.values_list("pk", flat=True)):
        outcome = deliver.call(str(mail_id))
        sent += outcome == "sent"
        failures = failures + 1 if outcome == "failed" else 0
        if failures == PATIENCE:
            break
    return sent


def purge_mail() -> dict[str, int]:
    """Mails done with thirty days ago, and the queue's rows of as long ago."""
    oldest = timezone.now() - KEPT
    mails = Mail.objects.filter(Q(sent_at__lt=oldest) | Q(given_up_at__lt=oldest)).delete()[0]
    ended = Q(finished_at__lt=oldest) | Q(finished_at=None, started_at__lt=oldest)
    return {"mails": mails, "queued tasks": DBTaskResult.objects.filter(ended).delete()[0]}
