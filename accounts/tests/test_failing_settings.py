"""The account manager is told where new settings fail and the former would not: once a swap, looked at once an hour."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts import tasks
from accounts.attempts import ForTest, record_refused_start
from accounts.failing_settings import TROUBLE, suspect, tell_once
from accounts.oidc.errors import ALL_CODES, ProviderUnreachable, SignInError, TokenEndpointRefused
from accounts.swap import swap
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.swap_cast import ADA, CONTACT, NEW_SECRET, candidate_of, passed, propose_at, set_secrets
from huume.testing import ClientFor, Mails, arrive, configure_okta
from tenants.models import IdentityProvider, ProviderCheck, ProviderSettings, Tenant

MANAGER = "ada@huume.example"


@pytest.fixture
def managed(acme: Tenant) -> Tenant:
    acme.account_manager = MANAGER
    Tenant.objects.filter(pk=acme.pk).update(account_manager=MANAGER)
    return acme


@pytest.fixture
def swapped(managed: Tenant, okta: FakeProvider) -> IdentityProvider:
    """The new client secret is one that the directory does not know."""
    provider = configure_okta(managed, okta)
    passed(propose_at(provider, okta, secret="a secret of nobody's"))
    swap(provider, ADA)
    provider.refresh_from_db()
    return provider


def looks() -> int:
    """How often the former settings have been asked to be looked at."""
    return DBTaskResult.objects.filter(task_path="accounts.tasks.look_at_former").count()


def former(provider: IdentityProvider, **changes: Any) -> ProviderSettings:
    kept = ProviderSettings.objects.get(provider=provider, state="former")
    ProviderSettings.objects.filter(pk=kept.pk).update(**changes) if changes else None
    return kept


def told(mails: Mails) -> list[str]:
    return [mail.to[0] for mail in mails() if "fail with the new settings" in mail.subject]


def test_all_these_codes_are_reasons() -> None:
    assert TROUBLE.issubset(ALL_CODES)


@pytest.mark.parametrize("code", ["not_assigned", "user_suspended", "answer_expired", "provider_busy", "code_refused"])
def test_a_reason_of_the_persons_or_of_ours_asks_for_nothing(swapped: IdentityProvider, code: str) -> None:
    family = next(each for each in _families() if code in each.codes)
    assert not suspect(swapped.pk, family(code))
    assert not looks()


def _families() -> list[type[SignInError]]:
    return list(SignInError.__subclasses__())


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": timezone.now() - timedelta(hours=25)},
        {"told_failing_at": timezone.now()},
        {"looked_at_again": timezone.now() - timedelta(minutes=20)},
    ],
)
def test_too_late_told_already_or_looked_at_just_now(swapped: IdentityProvider, changes: dict[str, Any]) -> None:
    former(swapped, **changes)
    assert not suspect(swapped.pk, ProviderUnreachable())


def test_without_a_swap_there_is_nothing_to_look_at(acme_provider: IdentityProvider) -> None:
    assert not suspect(acme_provider.pk, TokenEndpointRefused())
    assert tasks.look_at_former.call(str(acme_provider.pk)) == "nothing to look at"


def test_it_is_looked_at_again_after_an_hour(swapped: IdentityProvider) -> None:
    former(swapped, looked_at_again=timezone.now() - timedelta(minutes=61))
    assert suspect(swapped.pk, ProviderUnreachable())


def test_ten_refusals_ask_for_one_look(swapped: IdentityProvider) -> None:
    assert [suspect(swapped.pk, ProviderUnreachable()) for _each in range(10)].count(True) == 1
    assert looks() == 1


def test_a_refused_sign_in_has_the_former_looked_at_and_the_manager_told(
    swapped: IdentityProvider, okta: FakeProvider, client_for: ClientFor, mails: Mails
) -> None:
    set_secrets(okta, "acme-secret", "a secret of nobody's")
    okta.break_rule("wrong_aud")
    assert arrive(client_for(swapped.tenant), okta, "Bob").status_code == 403
    okta.mend()
    assert looks() == 1
    assert told(mails) == [MANAGER]
    assert ProviderCheck.objects.get().settings == former(swapped).pk


def test_former_settings_that_fail_too_are_not_praised(
    swapped: IdentityProvider, okta: FakeProvider, mails: Mails
) -> None:
    okta.break_rule("discovery_other_issuer")
    suspect(swapped.pk, ProviderUnreachable())
    assert not told(mails)
    assert former(swapped).told_failing_at is None


def test_a_test_sign_in_that_fails_says_nothing_of_the_live_settings(swapped: IdentityProvider, rf: Any) -> None:
    request = rf.get("/")
    request.client_address = "192.0.2.1"
    record_refused_start(request, swapped, ProviderUnreachable(), None, ForTest(uuid4()))
    assert not looks()
    record_refused_start(request, swapped, ProviderUnreachable(), None)
    assert looks() == 1


def test_a_sign_in_that_the_former_secret_saved_tells_the_manager_once(
    swapped: IdentityProvider, okta: FakeProvider, client_for: ClientFor, mails: Mails
) -> None:
    for _again in range(2):
        assert arrive(client_for(swapped.tenant), okta, "Bob").status_code == 302
    assert not tell_once(swapped)
    assert told(mails) == [MANAGER]


def test_the_next_swap_may_tell_again(swapped: IdentityProvider, mails: Mails) -> None:
    assert tell_once(swapped)
    passed(candidate_of(swapped, secret=NEW_SECRET, by=CONTACT))
    swap(swapped, ADA)
    assert tell_once(swapped)
    assert told(mails) == [MANAGER, MANAGER]
