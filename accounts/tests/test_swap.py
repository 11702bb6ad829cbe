"""The candidate's settings become live in one step, and nobody is kept out meanwhile."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from accounts import arrive as arriving
from accounts.models import HistoryEntry, Identity, Session, SignIn, User
from accounts.swap import confirm_rekey, give_back, prove_rekey, swap
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.swap_cast import (
    ADA,
    ELSEWHERE,
    NEW_SECRET,
    candidate_of,
    new_directory,
    passed,
    propose_at,
    set_secrets,
)
from huume.testing import ClientFor, arrive, callback, configure_okta, live_provider_row
from tenants.models import IdentityProvider, ProviderSettings, Tenant


def test_a_new_secret_lets_people_in_before_during_and_after(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    provider = configure_okta(acme, okta)
    set_secrets(okta, "acme-secret", NEW_SECRET)
    browser = client_for(acme)
    assert arrive(browser, okta, "Bob").status_code == 302
    passed(propose_at(provider, okta))
    assert arrive(client_for(acme), okta, "Bob").status_code == 302
    swap(provider, ADA)
    assert arrive(client_for(acme), okta, "Bob").status_code == 302
    set_secrets(okta, NEW_SECRET)
    assert arrive(client_for(acme), okta, "Bob").status_code == 302
    assert User.objects.count() == 1
    assert browser.get("/").status_code == 200


def test_the_former_settings_are_kept_and_the_candidate_is_gone(acme_provider: IdentityProvider) -> None:
    IdentityProvider.objects.filter(pk=acme_provider.pk).update(worked_with=acme_provider.pk)
    passed(candidate_of(acme_provider, client_id="new-client"))
    swap(acme_provider, ADA)
    acme_provider.refresh_from_db()
    former = ProviderSettings.objects.get()
    assert (acme_provider.client_id, acme_provider.open_client_secret()) == ("new-client", NEW_SECRET)
    assert (former.state, former.client_id, former.created_by) == ("former", "client-of-okta", ADA.name)
    assert former.open_client_secret() == "a secret of acme's directory"
    assert (acme_provider.status, acme_provider.worked_with) == ("live", None)


def test_an_older_former_is_replaced(acme_provider: IdentityProvider) -> None:
    for secret in ("second", "third"):
        passed(candidate_of(acme_provider, secret=secret))
        swap(acme_provider, ADA)
    assert ProviderSettings.objects.get().open_client_secret() == "second"


def test_back_by_one_click_and_the_given_up_settings_are_to_be_checked_anew(acme_provider: IdentityProvider) -> None:
    passed(candidate_of(acme_provider))
    swap(acme_provider, ADA)
    give_back(acme_provider, ADA)
    acme_provider.refresh_from_db()
    candidate = ProviderSettings.objects.get()
    assert acme_provider.open_client_secret() == "a secret of acme's directory"
    assert (candidate.state, candidate.open_client_secret()) == ("candidate", NEW_SECRET)
    assert (candidate.checked_at, candidate.tested_at) == (None, None)


def test_back_again_leaves_a_candidate_that_was_proposed_since(acme_provider: IdentityProvider) -> None:
    passed(candidate_of(acme_provider))
    swap(acme_provider, ADA)
    newer = candidate_of(acme_provider, secret="the mended one")
    give_back(acme_provider, ADA)
    assert ProviderSettings.objects.get() == newer


def test_a_person_keeps_record_roles_and_teams_at_the_new_issuer_and_back(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, bob: User
) -> None:
    IdentityProvider.objects.all().delete()
    provider = configure_okta(acme, okta)
    subject = okta.person("Bob").subject
    Identity.objects.filter(user=bob).update(issuer=provider.issuer, subject=subject, provider=provider.pk)
    with new_directory() as new:
        candidate = passed(propose_at(provider, new))
        assert prove_rekey(candidate, subject)
        swap(provider, ADA)
        browser = client_for(acme)
        assert arrive(browser, new, "Bob").status_code == 302
    assert User.objects.get() == bob
    assert bob.roles.get().name == "Staff"
    assert bob.teams.get().name == "Red"
    give_back(provider, ADA)
    assert arrive(client_for(acme), okta, "Bob").status_code == 302
    assert User.objects.get() == bob
    assert browser.get("/").status_code == 200


def test_people_with_other_subjects_by_a_confirmed_list(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    provider = configure_okta(acme, okta)
    arrive(client_for(acme), okta, "Bob")
    bob, old = User.objects.get(), okta.person("Bob").subject
    with new_directory(other_subjects=True) as new:
        confirm_rekey(passed(propose_at(provider, new)), ADA, {old: f"new-{old}"})
        swap(provider, ADA)
        assert arrive(client_for(acme), new, "Bob").status_code == 302
        assert User.objects.get() == bob
        arrive(client_for(acme), new, "Carol")
    give_back(provider, ADA)
    assert arrive(client_for(acme), okta, "Bob").status_code == 302
    assert User.objects.filter(identities__subject=old).get() == bob


@pytest.mark.parametrize("other", [{"issuer": ELSEWHERE}, {"client_id": "new-client"}])
def test_somebody_on_the_way_to_the_former_client_is_asked_to_start_again(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, other: dict[str, str]
) -> None:
    provider, browser = configure_okta(acme, okta), client_for(acme)
    back = callback(okta.authorize(browser.get("/oidc/okta/start/")["Location"], person="Bob"))
    passed(candidate_of(provider, **other), rekey_confirmed_by="ada")
    swap(provider, ADA)
    okta.calls.clear()
    answer = browser.get(back)
    assert answer.status_code == 400
    assert "Try again" in answer.content.decode()
    assert SignIn.objects.get().reason == "answer_settings_changed"
    assert not okta.calls_to("token")
    assert not User.objects.exists()


def test_somebody_on_the_way_while_the_secret_is_swapped_gets_in(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    provider, browser = configure_okta(acme, okta), client_for(acme)
    set_secrets(okta, "acme-secret", NEW_SECRET)
    back = callback(okta.authorize(browser.get("/oidc/okta/start/")["Location"], person="Bob"))
    passed(propose_at(provider, okta))
    swap(provider, ADA)
    assert browser.get(back).status_code == 302


def test_who_was_being_vouched_for_by_the_former_issuer_makes_no_second_record(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider was asked, and the issuer swapped before the answer was written down."""
    provider, browser = configure_okta(acme, okta), client_for(acme)
    require_open = arriving.require_open

    def after_swapping(*arguments: Any) -> None:
        passed(candidate_of(provider, issuer=ELSEWHERE), rekey_confirmed_by="ada")
        swap(provider, ADA)
        require_open(*arguments)

    monkeypatch.setattr(arriving, "require_open", after_swapping)
    assert arrive(browser, okta, "Bob").status_code == 400
    assert not Identity.objects.exists()


def test_five_thousand_people_by_as_many_statements_as_five(acme: Tenant, acme_provider: IdentityProvider) -> None:
    counts = []
    for number in (1, 5, 5000):
        people = User.objects.bulk_create(User(email=f"{number}-{each}@acme.example") for each in range(number))
        Identity.objects.bulk_create(
            Identity(user=one, issuer=acme_provider.issuer, subject=f"s-{number}-{one.pk}", provider=acme_provider.pk)
            for one in people
        )
        passed(candidate_of(acme_provider, issuer=f"{ELSEWHERE}/{number}"), rekey_confirmed_by="ada")
        with CaptureQueriesContext(connection) as swapping:
            swap(acme_provider, ADA)
        acme_provider.refresh_from_db()
        counts.append(len(swapping))
    assert Identity.objects.filter(issuer=acme_provider.issuer).count() == 5006
    # The first one finds no name of the account manager kept yet.
    assert counts[1] == counts[2]


def test_it_is_on_record_with_counts_and_no_secret(acme_provider: IdentityProvider, bob: User) -> None:
    passed(candidate_of(acme_provider, issuer=ELSEWHERE), rekey_confirmed_by="ada")
    swap(acme_provider, ADA)
    give_back(acme_provider, ADA)
    entries = HistoryEntry.objects.filter(kind__in=["provider.swapped", "provider.given_back"]).order_by("pk")
    assert [(entry.kind, entry.actor, entry.after["rekeyed"]) for entry in entries] == [
        ("provider.swapped", "1", 1),
        ("provider.given_back", "1", 1),
    ]
    assert NEW_SECRET not in str(list(HistoryEntry.objects.values()))


def test_nothing_of_another_tenant_is_touched(acme_provider: IdentityProvider, globex: Tenant, mallory: User) -> None:
    with tenant_context(globex):
        theirs = live_provider_row(globex, issuer=acme_provider.issuer)
        Identity.objects.create(user=mallory, issuer=theirs.issuer, subject="00u-bob", provider=theirs.pk)
        before = list(Identity.objects.values())
    passed(candidate_of(acme_provider, issuer=ELSEWHERE), rekey_confirmed_by="ada")
    swap(acme_provider, ADA)
    with tenant_context(globex):
        assert list(Identity.objects.values()) == before
    theirs.refresh_from_db()
    assert theirs.client_id == "client-of-okta"


def test_sessions_stay(acme: Tenant, acme_provider: IdentityProvider, client_for: ClientFor, bob: User) -> None:
    browser = client_for(acme, bob)
    Session.objects.update(provider=acme_provider.pk)
    passed(candidate_of(acme_provider, issuer=ELSEWHERE), rekey_confirmed_by="ada")
    swap(acme_provider, ADA)
    assert browser.get("/").status_code == 200
