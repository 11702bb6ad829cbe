"""What the worker does for accounts (manage.py db_worker)."""

from uuid import UUID

from django.db import transaction
from django_tasks import task

from accounts import check_runs
from accounts.failing_settings import tell_once
from tenants.actor import Actor
from tenants.models import ProviderSettings

CHECKER = Actor("check")


@task()
def look_at_former(provider_id: str) -> str:
    """Live-checks the former settings of a provider by which sign-ins fail. Returns what came of it."""
    former = ProviderSettings.objects.select_related("provider__tenant").filter(provider=UUID(provider_id))
    kept = former.filter(state=ProviderSettings.State.FORMER).first()
    if kept is None:
        return "nothing to look at"
    try:
        check = check_runs.run_now(kept.provider, kept, by=CHECKER)
    except check_runs.CheckRefused as refusal:
        return refusal.code
    if not check_runs.is_whole(check) or check_runs.failed_ids(check):
        return "they fail too"
    with transaction.atomic():
        still = ProviderSettings.objects.filter(pk=kept.pk, state=ProviderSettings.State.FORMER).exists()
        return "told" if still and tell_once(kept.provider) else "told before"
