"""People get the candidate's issuer, their own subjects or those of a confirmed list, and back again."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import HistoryEntry, Identity, Session, User
from accounts.rekeying import read_subjects
from accounts.swap import confirm_rekey, give_back, prove_rekey, swap
from accounts.tests.swap_cast import ADA, ELSEWHERE, candidate_of, passed
from huume.testing import ClientFor
from tenants.models import IdentityProvider, ProviderSettings, Tenant


@pytest.fixture
def candidate(acme_provider: IdentityProvider, alice: User, bob: User, carol: User) -> ProviderSettings:
    """At another issuer; Alice, Bob and Carol are known by the live one."""
    return passed(candidate_of(acme_provider, issuer=ELSEWHERE))


def keys() -> dict[str, str]:
    """Issuer and subject by given name."""
    return {each.user.given_name: f"{each.issuer} {each.subject}" for each in Identity.objects.select_related("user")}


def session_of(user: User, provider: IdentityProvider, client_for: ClientFor, tenant: Tenant) -> None:
    client_for(tenant, user)
    Session.objects.filter(user=user).update(provider=provider.pk)


def arrives(name: str, subject: str, provider: IdentityProvider) -> User:
    user: User = User.objects.create(name=name, given_name=name)
    Identity.objects.create(user=user, issuer=ELSEWHERE, subject=subject, provider=provider.pk)
    return user


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("00u-bob", "Line 1 is not “old subject, new subject”."),
        ("00u-bob, a\n, b", "Line 2 is not “old subject, new subject”."),
        ("00u-bob, a, b", "Line 1 is not “old subject, new subject”."),
        ("00u-bob, a\n\n00u-bob, b", "Line 3 names an old subject for the second time."),
    ],
)
def test_lines_that_are_none(text: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read_subjects(text)
    assert refused.value.messages == [sentence]


def test_lines_as_people_paste_them() -> None:
    pasted = 'a, b\r\n"c";"d"\n e\tf \n\ng,'
    assert read_subjects(pasted) == {"a": "b", "c": "d", "e": "f", "g": ""}


@pytest.mark.parametrize(
    ("subjects", "sentence"),
    [
        ({"00u-nobody": "x"}, "Nobody is known here by the subject “00u-nobody”."),
        ({"00u-bob": "00u-alice"}, "The new subject “00u-alice” would be two people’s."),
        ({"00u-bob": "x", "00u-alice": "x"}, "The new subject “x” would be two people’s."),
        ({"00u-bob": "x" * 256}, "The new subject of “00u-bob” is too long: 255 at most."),
    ],
)
def test_a_list_that_is_wrong(candidate: ProviderSettings, subjects: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        confirm_rekey(candidate, ADA, subjects)
    assert refused.value.messages == [sentence]
    candidate.refresh_from_db()
    assert not candidate.rekey_confirmed_by


def test_a_list_for_a_candidate_that_is_gone(candidate: ProviderSettings) -> None:
    candidate_of(candidate.provider, issuer=ELSEWHERE)
    with pytest.raises(ValidationError) as refused:
        confirm_rekey(candidate, ADA, {})
    assert refused.value.code == "no_candidate"


def test_who_confirmed_is_on_record_with_numbers_alone(candidate: ProviderSettings) -> None:
    confirm_rekey(candidate, ADA, {"00u-bob": "n-bob", "00u-carol": "", "00u-alice": "00u-alice"})
    candidate.refresh_from_db()
    assert (candidate.rekey_confirmed_by, candidate.subjects) == (ADA.name, {"00u-bob": "n-bob", "00u-carol": ""})
    told = HistoryEntry.objects.get(kind="candidate.rekey_confirmed")
    assert told.after == {"people": 3, "other_subjects": 1, "left_out": 1}


def test_a_test_sign_in_by_somebody_whom_we_know_proves_it(candidate: ProviderSettings) -> None:
    assert prove_rekey(candidate, "00u-bob")
    candidate.refresh_from_db()
    assert candidate.rekey_proven_at
    swap(candidate.provider, ADA)
    assert set(keys().values()) == {f"{ELSEWHERE} 00u-{name}" for name in ("alice", "bob", "carol")}


def test_nothing_is_to_be_proven_where_the_issuer_stays(acme_provider: IdentityProvider, bob: User) -> None:
    assert not prove_rekey(passed(candidate_of(acme_provider)), "00u-bob")


def test_two_who_exchange_subjects(candidate: ProviderSettings) -> None:
    confirm_rekey(candidate, ADA, {"00u-bob": "00u-alice", "00u-alice": "00u-bob"})
    swap(candidate.provider, ADA)
    assert keys()["Bob"] == f"{ELSEWHERE} 00u-alice"


def test_there_and_back_everybody_is_known_as_before(candidate: ProviderSettings) -> None:
    before = keys()
    confirm_rekey(candidate, ADA, {"00u-bob": "n-bob", "00u-alice": "00u-bob", "00u-carol": ""})
    swap(candidate.provider, ADA)
    assert keys() == {
        "Alice": f"{ELSEWHERE} 00u-bob",
        "Bob": f"{ELSEWHERE} n-bob",
        "Carol": before["Carol"],
    }
    give_back(candidate.provider, ADA)
    assert keys() == before


def test_a_list_that_nobody_confirmed_is_not_used(candidate: ProviderSettings) -> None:
    """As after going back: it is still there, to be confirmed once more."""
    confirm_rekey(candidate, ADA, {"00u-bob": "n-bob"})
    swap(candidate.provider, ADA)
    give_back(candidate.provider, ADA)
    again = passed(ProviderSettings.objects.get())
    assert (again.subjects, again.rekey_confirmed_by) == ({"00u-bob": "n-bob"}, "")
    prove_rekey(again, "00u-bob")
    swap(candidate.provider, ADA)
    assert keys()["Bob"] == f"{ELSEWHERE} 00u-bob"


def test_sessions_of_those_who_are_left_out_end_and_no_others(
    acme: Tenant, candidate: ProviderSettings, alice: User, bob: User, client_for: ClientFor
) -> None:
    for user in (alice, bob):
        session_of(user, candidate.provider, client_for, acme)
    confirm_rekey(candidate, ADA, {"00u-bob": ""})
    swap(candidate.provider, ADA)
    assert [session.user for session in Session.objects.all()] == [alice]


def test_who_came_first_by_the_newer_issuer_comes_along_where_it_is_the_same_directory(
    candidate: ProviderSettings,
) -> None:
    prove_rekey(candidate, "00u-bob")
    swap(candidate.provider, ADA)
    arrives("Dan", "00u-dan", candidate.provider)
    give_back(candidate.provider, ADA)
    assert keys()["Dan"] == f"{candidate.provider.issuer} 00u-dan"


def test_who_came_first_by_another_directory_stays_known_there(candidate: ProviderSettings) -> None:
    confirm_rekey(candidate, ADA, {"00u-bob": "n-bob"})
    swap(candidate.provider, ADA)
    arrives("Dan", "n-dan", candidate.provider)
    give_back(candidate.provider, ADA)
    assert keys()["Dan"] == f"{ELSEWHERE} n-dan"
    assert keys()["Alice"] == f"{candidate.provider.issuer} 00u-alice"


def test_whose_place_is_taken_does_not_stop_the_way_back(candidate: ProviderSettings) -> None:
    """Left out at the swap, come once more as a new person, and then everybody goes back."""
    confirm_rekey(candidate, ADA, {"00u-carol": ""})
    swap(candidate.provider, ADA)
    arrives("Carol again", "00u-carol", candidate.provider)
    give_back(candidate.provider, ADA)
    assert keys()["Carol"] == f"{candidate.provider.issuer} 00u-carol"
    assert keys()["Carol again"] == f"{ELSEWHERE} 00u-carol"
