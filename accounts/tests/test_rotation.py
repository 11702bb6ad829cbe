"""While a secret is being rotated: whichever of them the provider takes lets people in, and the first try is the right
one from the second sign-in on. At most two client authentications a sign-in."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from accounts import client_keys
from accounts.oidc.errors import ProviderUnreachable, TokenEndpointRefused
from accounts.provider_calls import ProviderCalls
from accounts.tests.fake_provider import FakeProvider, huume_client
from accounts.tests.rotation_cast import CANDIDATE, FORMER, LIVE, Rig
from accounts.tests.test_client_keys import Listener
from huume.testing import ClientFor, live_provider_row
from tenants.fields import Sealed
from tenants.models import AuthMethod, IdentityProvider, ProviderSettings, Tenant
from tenants.signals import settings_failing

CODE_FORM = {"code": "made-up", "redirect_uri": "http://acme.localhost:8000/", "code_verifier": "v" * 43}


@pytest.fixture
def rig(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> Rig:
    return Rig(acme, okta, client_for(acme))


@pytest.fixture
def failing() -> Iterator[Listener]:
    listener = Listener(settings_failing)
    yield listener
    listener.close()


# Nothing works, or nothing else may be tried


def test_where_none_works_two_are_tried_and_no_more(rig: Rig) -> None:
    rig.keep("candidate", CANDIDATE)
    rig.keep("former", FORMER)
    rig.takes("another")
    for _again in range(3):
        assert len(rig.sign_in()) == 2
        assert (rig.answer.status_code, rig.reason) == (502, "client_refused")
        assert rig.provider.worked_with is None


def test_where_there_is_nothing_beside_it_one_is_tried(rig: Rig) -> None:
    rig.takes("another")
    assert rig.sign_in() == [LIVE]
    assert rig.reason == "client_refused"


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://another.okta.example"},
        {"client_id": "globex-client"},
        {"client_secret": Sealed("")},
        {"client_secret": Sealed("v1.AAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")},
    ],
    ids=["another issuer", "another client", "no secret", "a secret that cannot be read"],
)
def test_what_could_never_do_is_not_tried(rig: Rig, changes: dict[str, Any]) -> None:
    rig.keep("candidate", CANDIDATE, **changes)
    rig.takes(CANDIDATE)
    assert rig.sign_in() == [LIVE]


def test_the_same_secret_is_not_tried_twice(rig: Rig) -> None:
    rig.keep("candidate", LIVE)
    rig.takes("another")
    assert rig.sign_in() == [LIVE]


def test_another_tenants_are_not_tried(rig: Rig, globex: Tenant) -> None:
    theirs = live_provider_row(globex)
    kept = rig.keep("former", FORMER)
    ProviderSettings.objects.filter(pk=kept.pk).update(provider=theirs)
    IdentityProvider.objects.filter(pk=rig.provider.pk).update(worked_with=kept.pk)
    rig.takes(FORMER)
    assert rig.sign_in() == [LIVE]


@pytest.mark.parametrize("fault", ["invalid_grant", "no_code"])
def test_another_refusal_than_the_clients_is_the_last_word(rig: Rig, fault: str) -> None:
    rig.keep("candidate", CANDIDATE)
    rig.okta.break_rule("token_error", fault)
    assert rig.sign_in() == [LIVE]


def test_a_test_of_a_candidate_is_of_that_one_alone(rig: Rig) -> None:
    """Otherwise it would pass by the live secret."""
    candidate = rig.keep("candidate", CANDIDATE)
    for provider in (candidate.as_provider(), rig.provider):
        rig.okta.calls.clear()
        rig.takes("another")
        with pytest.raises(TokenEndpointRefused) as refused:
            ProviderCalls(provider).redeem(CODE_FORM)
        assert refused.value.code == "client_refused"
        assert len(rig.okta.calls_to("token")) == 1


def test_a_provider_that_is_down_is_asked_once(rig: Rig) -> None:
    rig.keep("candidate", CANDIDATE)
    rig.okta.break_rule("token", "close")
    with pytest.raises(ProviderUnreachable):
        ProviderCalls(rig.provider, with_kept=True).redeem(CODE_FORM)
    assert len(rig.okta.calls_to("token")) == 1


# What works is remembered


def test_the_live_one_works_and_nothing_else_is_tried(rig: Rig, failing: Listener) -> None:
    rig.keep("candidate", CANDIDATE)
    rig.keep("former", FORMER)
    for _again in range(2):
        assert rig.sign_in() == [LIVE]
        assert rig.answer.status_code == 302
    assert rig.provider.worked_with is None
    assert not failing.heard


@pytest.mark.parametrize(("state", "secret"), [("candidate", CANDIDATE), ("former", FORMER)])
def test_the_kept_one_works_and_is_tried_first_from_then_on(rig: Rig, state: str, secret: str) -> None:
    kept = rig.keep(state, secret)
    rig.takes(secret)
    assert rig.sign_in() == [LIVE, secret]
    assert rig.answer.status_code == 302
    assert rig.provider.worked_with == kept.pk
    assert rig.sign_in() == [secret]
    assert rig.answer.status_code == 302


@pytest.mark.parametrize("state", ["candidate", "former"])
def test_what_stopped_working_gives_way_to_the_live_one(rig: Rig, state: str) -> None:
    kept = rig.keep(state, CANDIDATE)
    IdentityProvider.objects.filter(pk=rig.provider.pk).update(worked_with=kept.pk)
    assert rig.sign_in() == [CANDIDATE, LIVE]
    assert rig.answer.status_code == 302
    assert rig.provider.worked_with is None
    assert rig.sign_in() == [LIVE]


def test_of_two_kept_ones_each_has_its_turn(rig: Rig) -> None:
    rig.keep("candidate", CANDIDATE)
    former = rig.keep("former", FORMER)
    rig.takes(FORMER)
    assert rig.sign_in() == [LIVE, CANDIDATE]
    assert rig.reason == "client_refused"
    assert rig.sign_in() == [LIVE, FORMER]
    assert rig.provider.worked_with == former.pk
    assert rig.sign_in() == [FORMER]


def test_from_a_former_that_died_to_a_candidate_that_works(rig: Rig) -> None:
    """Neither what is remembered nor the live one does: the next sign-in has another look."""
    candidate, former = rig.keep("candidate", CANDIDATE), rig.keep("former", FORMER)
    IdentityProvider.objects.filter(pk=rig.provider.pk).update(worked_with=former.pk)
    rig.takes(CANDIDATE)
    assert rig.sign_in() == [FORMER, LIVE]
    assert rig.sign_in() == [LIVE, CANDIDATE]
    assert rig.provider.worked_with == candidate.pk
    assert rig.sign_in() == [CANDIDATE]


def test_what_is_remembered_and_gone_is_forgotten(rig: Rig) -> None:
    kept = rig.keep("former", FORMER)
    IdentityProvider.objects.filter(pk=rig.provider.pk).update(worked_with=kept.pk)
    kept.delete()
    assert rig.sign_in() == [LIVE]
    assert rig.provider.worked_with is None


def test_a_code_spent_on_the_refused_secret_still_teaches_which_one_works(rig: Rig) -> None:
    """The made-up code is refused, so the client was not: that is known from then on."""
    kept = rig.keep("candidate", CANDIDATE)
    rig.takes(CANDIDATE)
    with pytest.raises(TokenEndpointRefused) as refused:
        ProviderCalls(rig.provider, with_kept=True).redeem(CODE_FORM)
    assert refused.value.code == "code_refused"
    rig.provider.refresh_from_db()
    assert rig.provider.worked_with == kept.pk


def test_what_was_swapped_in_meanwhile_is_not_written_over(rig: Rig) -> None:
    """What was tried says nothing of settings that somebody has put in since."""
    rig.keep("candidate", CANDIDATE)
    rig.takes(CANDIDATE)
    calls = ProviderCalls(IdentityProvider.objects.get(pk=rig.provider.pk), with_kept=True)
    rig.provider.set_client_secret(CANDIDATE)
    rig.provider.save()
    with pytest.raises(TokenEndpointRefused):
        calls.redeem(CODE_FORM)
    rig.provider.refresh_from_db()
    assert rig.provider.worked_with is None


def test_from_a_secret_to_keys(rig: Rig) -> None:
    kept = rig.keep("candidate", "", auth_method=AuthMethod.PRIVATE_KEY)
    rig.okta.add_client(replace(huume_client("acme"), secrets=[], jwks=client_keys.jwks(rig.provider)))
    assert rig.sign_in() == [LIVE, "assertion"]
    assert rig.provider.worked_with == kept.pk
    assert rig.sign_in() == ["assertion"]


def test_from_keys_back_to_a_secret(rig: Rig) -> None:
    rig.keep("former", LIVE)
    IdentityProvider.objects.filter(pk=rig.provider.pk).update(auth_method=AuthMethod.PRIVATE_KEY)
    assert rig.sign_in() == ["assertion", LIVE]
    assert rig.sign_in() == [LIVE]
