"""The live check of everybody's providers, once a day; the account manager is told where something begins to fail."""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import check_runs, check_words
from accounts.connection import release_connection
from tenants import emails
from tenants.actor import DAILY
from tenants.models import IdentityProvider, ProviderCheck, TrialSignIn

# Less than a day, so that a run that begins a little earlier than yesterday's checks all the same.
PAUSE = timedelta(hours=20)
# Thirteen months, whichever they are.
KEPT = timedelta(days=397)
logger = logging.getLogger(__name__)


def check_live_providers() -> tuple[int, list[str]]:
    """How many were checked, and the subdomains of those whose check went wrong here. Never within a transaction."""
    live = IdentityProvider.objects.live().filter(tenant__suspended_at=None).order_by("tenant__schema_name", "slug")
    checked, failed = 0, []
    for key, subdomain in list(live.values_list("pk", "tenant__schema_name")):
        try:
            checked += check_one(key)
        except Exception as error:
            logger.exception("daily check failed", extra={"of_tenant": subdomain})
            failed.append(f"{subdomain} ({type(error).__name__})")
        release_connection()
    return checked, failed


def check_one(key: UUID) -> bool:
    """Whether it was checked: not where it has been today, is being checked, or is not live any more."""
    provider = (
        IdentityProvider.objects.live().select_related("tenant").filter(pk=key, tenant__suspended_at=None).first()
    )
    if provider is None or was_checked(provider):
        return False
    try:
        check = check_runs.run_now(provider, by=DAILY)
    except check_runs.CheckRefused as refusal:
        logger.info("daily check refused", extra={"provider": provider.slug, "reason": refusal.code})
        return False
    tell(provider, check)
    return True


def was_checked(provider: IdentityProvider) -> bool:
    """By this command, to the end. What people check by hand is not counted: nobody is told of that by mail."""
    last = ProviderCheck.objects.filter(provider=provider, settings=None, asked_by=str(DAILY)).first()
    return last is not None and last.asked_at > timezone.now() - PAUSE and check_runs.is_whole(last)


def tell(provider: IdentityProvider, check: ProviderCheck) -> None:
    """`provider` as it was before: what failed then is known to them."""
    if set(check_runs.failed_ids(check)) - set(provider.check_failed):
        failed = [check_words.failing(line, provider) for line in check.with_outcome("failed")]
        with transaction.atomic():
            emails.check_failed(provider, failed)


def purge() -> int:
    """Removes the records of old checks and test sign-ins; says how many.

    What a directory said of a person is for the setup session that it was said in, and goes with it.
    """
    oldest = timezone.now() - KEPT
    TrialSignIn.objects.filter(session=None).exclude(claims={}).update(claims={})
    trials = TrialSignIn.objects.filter(at__lt=oldest).delete()[0]
    return trials + ProviderCheck.objects.filter(asked_at__lt=oldest).delete()[0]
