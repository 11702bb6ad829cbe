import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts import client_keys, daily_checks, sign_in
from accounts.models import Session
from accounts.provider_calls import release_connection
from tenants import setup_links
from tenants.commands import OneLineCommand
from tenants.models import Tenant
from tenants.reminders import remind
from tenants.schemas import current_tenant
from tenants.tasks import purge_mail, retry_mail

logger = logging.getLogger(__name__)

# Thirteen months, whichever they are.
SIGN_INS_KEPT_DAYS = 397


def purge_sessions() -> dict[str, int]:
    return {"sessions": Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]}


def purge_sign_ins() -> dict[str, int]:
    attempts, sign_ins = sign_in.purge(SIGN_INS_KEPT_DAYS)
    return {"attempts": attempts, "sign-ins": sign_ins}


def purge_throttling() -> dict[str, int]:
    """What django-axes keeps of staff's passwords goes as late as sign-ins do; the admin's own log of changes stays."""
    oldest = timezone.now() - timedelta(days=SIGN_INS_KEPT_DAYS)
    kept = (AccessAttempt, AccessFailureLog, AccessLog)
    return {"password failures": sum(model.objects.filter(attempt_time__lt=oldest).delete()[0] for model in kept)}


def purge_client_keys() -> dict[str, int]:
    return {"client keys": client_keys.retire(current_tenant())}


def purge_setup_sessions() -> dict[str, int]:
    return {"setup sessions": setup_links.purge_sessions(current_tenant())}


# Each runs in the schema of every tenant, Huume's own staff included, and says how many of what it removed.
TASKS: tuple[Callable[[], dict[str, int]], ...] = (
    purge_sessions,
    purge_sign_ins,
    purge_throttling,
    purge_client_keys,
    purge_setup_sessions,
)


class Command(OneLineCommand):
    help = (
        "What has to be done once a day, tenant by tenant: what is over is removed (sessions, attempts, sign-ins older "
        "than 13 months, keys that no provider needs any more), and whoever has a client secret that runs out is "
        "reminded. Then every live provider is checked, and mail that had to wait is sent. Safe to run twice, and two "
        "at once. A tenant that fails does not stop the others; the exit status is then 1."
    )
    example = "(as a line of crontab: 15 3 * * * cd /srv/huume && .venv/bin/python manage.py daily)"

    def handle(self, *args: Any, **options: Any) -> None:
        removed: dict[str, int] = {}
        tenants, failed = list(Tenant.objects.order_by("schema_name")), []
        for tenant in tenants:
            try:
                done = do_tasks(tenant)
            except Exception as error:
                logger.exception("daily failed", extra={"of_tenant": tenant.schema_name})
                failed.append(f"{tenant.schema_name} ({type(error).__name__})")
                # It may be what failed; the next tenant gets another one.
                release_connection()
                continue
            removed = {what: removed.get(what, 0) + number for what, number in done.items()}
        checked, unchecked = daily_checks.check_live_providers()
        daily_checks.purge()
        mails = retry_mail()
        removed |= purge_mail()
        if failed:
            raise CommandError(
                f"{len(failed)} of {len(tenants)} tenants failed: {', '.join(failed)}. The log says why."
            )
        said = ", ".join(f"{number} {what}" for what, number in removed.items())
        if unchecked:
            raise CommandError(f"Live checks went wrong for {', '.join(unchecked)}. The log says why.")
        checks = f" Providers checked: {checked}." if checked else ""
        late = f" Mails that had waited and are sent now: {mails}." if mails else ""
        self.stdout.write(f"{len(tenants)} tenants done. Removed: {said}.{checks}{late}")


def do_tasks(tenant: Tenant) -> dict[str, int]:
    """All of them or none. Another run that has come to this tenant is waited for, and leaves little to do."""
    done: dict[str, int] = {}
    with tenant_context(tenant), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"daily {tenant.schema_name}"])
        for task in TASKS:
            done |= task()
        remind(tenant)
    return done
