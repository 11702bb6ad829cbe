"""A swap that is not ready is refused in words, and nothing is half done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Identity, User
from accounts.swap import SwapRefused, conditions, give_back, prove_rekey, swap
from accounts.tests.swap_cast import ADA, ELSEWHERE, candidate_of, passed
from huume.testing import live_provider_row
from tenants.models import IdentityProvider, ProviderSettings, Tenant


def refused(act: Callable[[], object]) -> SwapRefused:
    with pytest.raises(SwapRefused) as refusal:
        act()
    return refusal.value


def as_stored(provider: IdentityProvider) -> list[Any]:
    provider.refresh_from_db()
    rows = ProviderSettings.objects.filter(provider=provider).order_by("pk").values()
    return [*(getattr(provider, name) for name in IdentityProvider.COPIED), *rows, *Identity.objects.values()]


def test_without_candidate(acme_provider: IdentityProvider) -> None:
    assert refused(lambda: swap(acme_provider, ADA)).code == "no_candidate"


@pytest.mark.parametrize(
    ("lacks", "code"),
    [
        ({"checked_at": None}, "not_checked"),
        ({"checked_at": timezone.now() - timedelta(days=1)}, "not_checked"),
        ({"check_failed": ["client", "scopes"]}, "check_failed"),
        ({"tested_at": None}, "not_tested"),
        ({"tested_at": timezone.now() - timedelta(days=1)}, "not_tested"),
        ({"client_id": ""}, "incomplete"),
        ({"issuer": ELSEWHERE}, "rekey_unproven"),
    ],
)
def test_what_is_missing_refuses_it(acme_provider: IdentityProvider, lacks: dict[str, Any], code: str) -> None:
    candidate = passed(candidate_of(acme_provider), **lacks)
    before = as_stored(acme_provider)
    refusal = refused(lambda: swap(acme_provider, ADA))
    assert refusal.code == code
    assert str(refusal) in [condition.words for condition in conditions(acme_provider, candidate)]
    assert as_stored(acme_provider) == before


def test_a_check_that_failed_names_its_lines(acme_provider: IdentityProvider) -> None:
    passed(candidate_of(acme_provider), check_failed=["client", "scopes"])
    assert "client, scopes" in str(refused(lambda: swap(acme_provider, ADA)))


def test_a_provider_that_was_disabled_meanwhile(acme_provider: IdentityProvider) -> None:
    passed(candidate_of(acme_provider))
    acme_provider.disable()
    assert refused(lambda: swap(acme_provider, ADA)).code == "not_live"


def test_an_issuer_that_another_provider_has_got_meanwhile(acme: Tenant, acme_provider: IdentityProvider) -> None:
    passed(candidate_of(acme_provider, issuer=ELSEWHERE), rekey_proven_at=timezone.now())
    live_provider_row(acme, "second", ELSEWHERE)
    assert refused(lambda: swap(acme_provider, ADA)).code == "issuer_taken"


def test_a_newer_proposal_undoes_check_test_and_proof(acme_provider: IdentityProvider, bob: User) -> None:
    passed(candidate_of(acme_provider, issuer=ELSEWHERE), rekey_proven_at=timezone.now())
    candidate_of(acme_provider, issuer=ELSEWHERE)
    assert refused(lambda: swap(acme_provider, ADA)).code == "not_checked"


@pytest.mark.parametrize("subject", ["00u-nobody", "", "00U-BOB"])
def test_a_subject_that_we_do_not_hold_proves_nothing(acme_provider: IdentityProvider, bob: User, subject: str) -> None:
    candidate = passed(candidate_of(acme_provider, issuer=ELSEWHERE))
    assert not prove_rekey(candidate, subject)
    assert refused(lambda: swap(acme_provider, ADA)).code == "rekey_unproven"


def test_a_suspended_person_proves_nothing(acme_provider: IdentityProvider, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert not prove_rekey(passed(candidate_of(acme_provider, issuer=ELSEWHERE)), "00u-bob")


def test_a_person_of_another_provider_proves_nothing(acme: Tenant, acme_provider: IdentityProvider, bob: User) -> None:
    other = live_provider_row(acme, "second")
    Identity.objects.filter(user=bob).update(provider=other.pk, issuer=other.issuer)
    assert not prove_rekey(passed(candidate_of(acme_provider, issuer=ELSEWHERE)), "00u-bob")


def test_mallory_proves_nothing_at_acme(acme_provider: IdentityProvider, mallory: User) -> None:
    assert not prove_rekey(passed(candidate_of(acme_provider, issuer=ELSEWHERE)), "00u-mallory")


def test_a_candidate_of_globex_swaps_nothing_at_acme(acme_provider: IdentityProvider, globex: Tenant) -> None:
    theirs = live_provider_row(globex)
    passed(candidate_of(theirs, issuer="https://mallory.example"), rekey_proven_at=timezone.now())
    before = as_stored(acme_provider)
    assert refused(lambda: swap(acme_provider, ADA)).code == "no_candidate"
    assert as_stored(acme_provider) == before


def test_a_clash_of_subjects_is_told_in_words_and_nothing_is_half_done(
    acme_provider: IdentityProvider, alice: User, bob: User
) -> None:
    Identity.objects.create(user=alice, issuer=ELSEWHERE, subject="00u-bob", provider=acme_provider.pk)
    passed(candidate_of(acme_provider, issuer=ELSEWHERE), rekey_proven_at=timezone.now())
    before = as_stored(acme_provider)
    refusal = refused(lambda: swap(acme_provider, ADA))
    assert refusal.code == "subject_clash"
    assert "00u-bob would be two people’s" in str(refusal)
    assert as_stored(acme_provider) == before


def test_a_list_that_gives_two_people_one_subject_by_now(
    acme_provider: IdentityProvider, alice: User, bob: User
) -> None:
    """Confirmed before the second of them had come."""
    lists = {"rekey_confirmed_by": "ada", "subjects": {"00u-alice": "n-1", "00u-bob": "n-1"}}
    passed(candidate_of(acme_provider, issuer=ELSEWHERE), **lists)
    assert "n-1" in str(refused(lambda: swap(acme_provider, ADA)))


def test_no_way_back_without_former_settings(acme_provider: IdentityProvider) -> None:
    assert refused(lambda: give_back(acme_provider, ADA)).code == "no_former"


def test_no_way_back_to_an_issuer_that_another_provider_has(acme: Tenant, acme_provider: IdentityProvider) -> None:
    issuer = acme_provider.issuer
    passed(candidate_of(acme_provider, issuer=ELSEWHERE), rekey_proven_at=timezone.now())
    swap(acme_provider, ADA)
    live_provider_row(acme, "second", issuer)
    assert refused(lambda: give_back(acme_provider, ADA)).code == "issuer_taken"
