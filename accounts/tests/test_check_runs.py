"""Runs of the live check: how often, how many at once, what stays of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from accounts.check_runs import CheckRefused, ask, carry_out, failed_ids, is_under_way, is_whole, last_check, run_now
from accounts.live_check import CHECKS
from accounts.models import HistoryEntry
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.live_check_cast import use_secret
from accounts.tests.swap_cast import propose_at
from huume.testing import configure_okta
from tenants.actor import Actor
from tenants.models import IdentityProvider, ProviderCheck, Tenant
from tenants.schemas import current_schema

CONTACT = Actor("contact", key="7", name="it@acme.example", ip_address="192.0.2.7")


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    made = configure_okta(acme, okta)
    okta.forget()
    return made


def refusal(provider: IdentityProvider, **options: Any) -> CheckRefused:
    with pytest.raises(CheckRefused) as refused:
        ask(provider, by=CONTACT, **options)
    return refused.value


def earlier(check: ProviderCheck, ago: timedelta) -> None:
    """As if it had been asked for, and begun, so long ago."""
    moment = timezone.now() - ago
    ProviderCheck.objects.filter(pk=check.pk).update(asked_at=moment)
    ProviderCheck.objects.filter(pk=check.pk).exclude(started_at=None).update(started_at=moment)


# Asking.


def test_a_second_one_is_refused_while_one_waits(provider: IdentityProvider) -> None:
    ask(provider, by=CONTACT)
    error = refusal(provider)
    assert (error.code, str(error)) == ("under_way", "A check is under way already. It takes 20 seconds at most.")


def test_a_second_one_is_refused_while_one_is_under_way(provider: IdentityProvider) -> None:
    lines = carry_out(ask(provider, by=CONTACT))
    next(lines)
    assert refusal(provider).code == "under_way"


def test_one_that_was_asked_for_and_never_begun_holds_nobody_up(provider: IdentityProvider) -> None:
    """Whoever asks and goes away: an account manager with a directory that is down does not wait for them."""
    earlier(ask(provider, by=CONTACT), timedelta(seconds=6))
    begun = run_now(provider, by=CONTACT)
    assert is_whole(begun)


def test_one_that_died_half_a_minute_ago_is_not_waited_for(provider: IdentityProvider) -> None:
    check = ask(provider, by=CONTACT)
    ProviderCheck.objects.filter(pk=check.pk).update(started_at=timezone.now())
    earlier(check, timedelta(seconds=31))
    assert ask(provider, by=CONTACT)


def test_so_many_an_hour_and_no_more(provider: IdentityProvider, okta: FakeProvider) -> None:
    for _ in range(2):
        run_now(provider, by=CONTACT, most=2)
    called = len(okta.calls)
    assert refusal(provider, most=2).code == "too_many"
    assert "2 checks within the last hour" in str(refusal(provider, most=2))
    assert len(okta.calls) == called


def test_those_of_an_hour_ago_do_not_count(provider: IdentityProvider) -> None:
    earlier(run_now(provider, by=CONTACT), timedelta(minutes=61))
    assert ask(provider, by=CONTACT, most=1)


def test_another_provider_has_checks_of_its_own(provider: IdentityProvider, globex: Tenant, okta: FakeProvider) -> None:
    run_now(provider, by=CONTACT)
    assert ask(configure_okta(globex, okta), by=CONTACT, most=1)


# Carrying out.


def test_a_run_is_carried_out_once(provider: IdentityProvider, okta: FakeProvider) -> None:
    check = ask(provider, by=CONTACT)
    same = ProviderCheck.objects.get(pk=check.pk)
    assert len(list(carry_out(check))) == len(CHECKS)
    called = len(okta.calls)
    assert list(carry_out(same)) == []
    assert len(okta.calls) == called


def test_one_asked_for_long_ago_is_not_begun(provider: IdentityProvider, okta: FakeProvider) -> None:
    check = ask(provider, by=CONTACT)
    earlier(check, timedelta(minutes=11))
    assert list(carry_out(check)) == []
    assert okta.calls == []


def test_two_that_both_wait_do_not_run_together(provider: IdentityProvider) -> None:
    first = ask(provider, by=CONTACT)
    earlier(first, timedelta(seconds=40))
    running = carry_out(ask(provider, by=CONTACT))
    next(running)
    assert list(carry_out(first)) == []
    assert len(list(running)) == len(CHECKS) - 1


def test_each_line_is_kept_as_it_comes(provider: IdentityProvider) -> None:
    check = ask(provider, by=CONTACT)
    lines = carry_out(check)
    for count in (1, 2, 3):
        line = next(lines)
        kept = ProviderCheck.objects.get(pk=check.pk).lines
        assert len(kept) == count
        assert kept[-1] == {
            "check": line.check,
            "outcome": line.outcome,
            "expected": line.expected,
            "found": line.found,
            "advice": line.advice,
        }
    assert is_under_way(check)


def test_a_run_that_is_left_half_way_shows_that_it_was(provider: IdentityProvider) -> None:
    check = ask(provider, by=CONTACT)
    lines = carry_out(check)
    next(lines)
    lines.close()  # type: ignore[attr-defined]  # it is a generator, as a streaming answer closes it
    kept = last_check(provider)
    assert kept == check
    assert kept is not None
    assert kept.finished_at
    assert not is_whole(kept)
    assert not is_under_way(kept)
    provider.refresh_from_db()
    assert provider.checked_at is None
    assert ask(provider, by=CONTACT)


def test_what_was_found_is_on_the_provider(provider: IdentityProvider) -> None:
    use_secret(provider, "not the secret of acme")
    check = run_now(provider, by=CONTACT)
    assert failed_ids(check) == ["client"]
    provider.refresh_from_db()
    assert (provider.check_failed, provider.last_error) == (["client"], "check_client")
    assert provider.checked_at == check.finished_at == provider.last_error_at


def test_a_good_run_clears_what_failed(provider: IdentityProvider) -> None:
    IdentityProvider.objects.update(check_failed=["client"])
    run_now(provider, by=CONTACT)
    provider.refresh_from_db()
    assert (provider.check_failed, provider.last_error) == ([], "")


def test_a_secret_put_in_meanwhile_is_not_judged_by_a_run_of_the_former(provider: IdentityProvider) -> None:
    use_secret(provider, "not the secret of acme")
    check = ask(provider, by=CONTACT)
    for line in carry_out(check):
        if line.check == "client":
            use_secret(IdentityProvider.objects.get(), "acme-secret")
    provider.refresh_from_db()
    assert (provider.check_failed, provider.checked_at) == ([], None)


def test_it_goes_on_record_in_the_tenants_history(provider: IdentityProvider) -> None:
    run_now(provider, by=CONTACT)
    entry = HistoryEntry.objects.filter(kind="provider.checked").get()
    assert (entry.actor_kind, entry.actor, entry.about) == ("contact", "7", str(provider.pk))
    assert entry.after["failed"] == []
    assert entry.after["lines"] == len(CHECKS)


def test_it_may_be_carried_out_in_the_registers_schema(provider: IdentityProvider) -> None:
    check = ask(provider, by=CONTACT)
    with schema_context("public"):
        assert len(list(carry_out(check))) == len(CHECKS)
        assert current_schema() == "public"
    assert HistoryEntry.objects.filter(kind="provider.checked").count() == 1


# Settings beside the live ones.


def test_a_candidate_is_checked_with_its_own_settings(provider: IdentityProvider, okta: FakeProvider) -> None:
    candidate = propose_at(provider, okta, secret="not the secret of acme")
    check = run_now(provider, candidate, by=CONTACT)
    assert failed_ids(check) == ["client"]
    candidate.refresh_from_db()
    provider.refresh_from_db()
    assert (candidate.check_failed, provider.check_failed, provider.last_error) == (["client"], [], "")
    assert provider.checked_at is None


def test_the_last_check_is_of_the_same_settings(provider: IdentityProvider, okta: FakeProvider) -> None:
    candidate = propose_at(provider, okta)
    of_live, of_candidate = run_now(provider, by=CONTACT), run_now(provider, candidate, by=CONTACT)
    assert (last_check(provider), last_check(provider, candidate)) == (of_live, of_candidate)


def test_a_candidate_that_is_gone_is_not_checked(provider: IdentityProvider, okta: FakeProvider) -> None:
    candidate = propose_at(provider, okta)
    check = ask(provider, settings=candidate, by=CONTACT)
    candidate.delete()
    okta.forget()
    assert list(carry_out(check)) == []
    assert okta.calls == []
    assert not is_whole(check)
