"""New settings of a live provider wait beside the live ones, and a secret never goes to another client's place."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.tests.swap_cast import ADA, CONTACT, ELSEWHERE, NEW_SECRET, candidate_of, passed
from huume.crypto import Tampered
from huume.testing import live_provider_row
from tenants import signals
from tenants.candidates import drop
from tenants.fields import Sealed
from tenants.models import IdentityProvider, ProviderSettings, Tenant

LIVE_SECRET = "a secret of acme's directory"


@pytest.fixture
def on_record() -> Any:
    told: list[dict[str, Any]] = []

    def keep(**about: Any) -> None:
        told.append(about)

    signals.recorded.connect(keep)
    yield told
    signals.recorded.disconnect(keep)


def test_a_provider_that_is_not_live_gets_no_candidate(acme_provider: IdentityProvider) -> None:
    acme_provider.disable()
    with pytest.raises(ValidationError) as refused:
        candidate_of(acme_provider)
    assert refused.value.code == "not_live"


def test_another_providers_issuer_is_refused(acme: Tenant, acme_provider: IdentityProvider) -> None:
    other = live_provider_row(acme, "second")
    with pytest.raises(ValidationError) as refused:
        candidate_of(acme_provider, issuer=other.issuer)
    assert refused.value.code == "issuer_taken"


@pytest.mark.parametrize("other", [{"issuer": ELSEWHERE}, {"client_id": "another-client"}])
def test_another_client_never_gets_the_stored_secret(acme_provider: IdentityProvider, other: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        candidate_of(acme_provider, secret="", **other)
    assert refused.value.code == "secret_missing"
    assert not ProviderSettings.objects.exists()


def test_a_refused_one_leaves_the_earlier_candidate(acme_provider: IdentityProvider) -> None:
    earlier = candidate_of(acme_provider)
    with pytest.raises(ValidationError):
        candidate_of(acme_provider, client_id="x" * 256)
    assert ProviderSettings.objects.get() == earlier


def test_an_empty_secret_keeps_the_live_one(acme_provider: IdentityProvider) -> None:
    candidate = candidate_of(acme_provider, secret="", secret_expires_on=date(2030, 1, 1))
    candidate.refresh_from_db()
    assert candidate.open_client_secret() == LIVE_SECRET
    assert candidate.secret_expires_on == date(2030, 1, 1)


def test_an_empty_secret_keeps_what_was_handed_over_last(acme_provider: IdentityProvider) -> None:
    candidate_of(acme_provider)
    assert candidate_of(acme_provider, secret=" ").open_client_secret() == NEW_SECRET


def test_a_private_key_needs_no_secret(acme_provider: IdentityProvider) -> None:
    candidate = candidate_of(acme_provider, issuer=ELSEWHERE, secret="", auth_method="private_key_jwt")
    assert not candidate.client_secret
    assert not candidate.missing()


def test_a_newer_one_takes_the_place_and_starts_from_nothing(acme_provider: IdentityProvider) -> None:
    passed(candidate_of(acme_provider), rekey_proven_at=None, subjects={"a": "b"})
    candidate_of(acme_provider)
    kept = ProviderSettings.objects.get()
    assert (kept.checked_at, kept.tested_at, kept.subjects) == (None, None, {})


def test_the_live_settings_stay_as_they_are(acme_provider: IdentityProvider) -> None:
    before = {name: getattr(acme_provider, name) for name in IdentityProvider.COPIED}
    candidate_of(acme_provider, issuer=ELSEWHERE)
    acme_provider.refresh_from_db()
    assert {name: getattr(acme_provider, name) for name in IdentityProvider.COPIED} == before


def test_a_ciphertext_opens_at_its_provider_and_at_no_other(acme: Tenant, globex: Tenant) -> None:
    ours, theirs = live_provider_row(acme), live_provider_row(globex)
    candidate = candidate_of(ours)
    ours.client_secret = Sealed(candidate.client_secret.ciphertext)
    assert ours.open_client_secret() == NEW_SECRET
    theirs.client_secret = Sealed(candidate.client_secret.ciphertext)
    with pytest.raises(Tampered):
        theirs.open_client_secret()


def test_dropped_it_is_gone_and_a_second_time_does_nothing(
    acme_provider: IdentityProvider, on_record: list[dict[str, Any]]
) -> None:
    candidate = candidate_of(acme_provider)
    for _again in range(2):
        drop(candidate, ADA)
    assert not ProviderSettings.objects.exists()
    assert [about["kind"] for about in on_record] == ["candidate.proposed", "candidate.dropped"]


def test_what_has_become_former_is_not_dropped(acme_provider: IdentityProvider) -> None:
    candidate = passed(candidate_of(acme_provider), state="former")
    drop(candidate, ADA)
    assert ProviderSettings.objects.filter(pk=candidate.pk).exists()


def test_the_record_says_who_and_what_but_no_secret(
    acme_provider: IdentityProvider, on_record: list[dict[str, Any]]
) -> None:
    candidate_of(acme_provider, secret_expires_on=date(2030, 1, 1))
    (told,) = on_record
    assert (told["by"], told["about"]) == (CONTACT, str(acme_provider.pk))
    assert told["after"]["secret_expires_on"] == "2030-01-01"
    assert told["after"]["secret_given"] is True
    assert NEW_SECRET not in str(told)
    assert LIVE_SECRET not in str(told)
