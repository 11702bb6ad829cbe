"""What is noted of a tenant's way: the first sign-in, the first user administrator, what last went wrong."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import milestones
from accounts.access import set_access
from accounts.models import Identity, Role, User
from accounts.oidc.errors import ALL_CODES
from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, TenantClient, arrive, configure_okta, make_user
from tenants.models import IdentityProvider, Tenant
from tenants.schemas import set_tenant


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    return configure_okta(acme, okta)


@pytest.fixture
def browser(acme: Tenant, client_for: ClientFor) -> TenantClient:
    return client_for(acme)


def noted(provider: IdentityProvider) -> IdentityProvider:
    return IdentityProvider.objects.select_related("tenant").get(pk=provider.pk)


def administrator_at(tenant: Tenant) -> Any:
    return Tenant.objects.values_list("first_administrator_at", flat=True).get(pk=tenant.pk)


def administrators_role() -> Role:
    return Role.objects.get(name="User administrator")


def add_alice_in_advance() -> User:
    alice: User = User.objects.add_in_advance("alice.reed@acme.example")
    set_access(alice, roles=[administrators_role()], teams=[], by=None)
    return alice


@pytest.mark.parametrize(
    "code", sorted(milestones.PERSONAL | {"user_suspended", "answer_no_attempt", "no_code_of_ours"})
)
def test_what_is_the_persons_is_not_noted(provider: IdentityProvider, code: str) -> None:
    milestones.note_refusal(provider, code)
    assert noted(provider).last_error == ""


@pytest.mark.parametrize("code", ["client_refused", "token_signature", "token_key_unknown", "invalid_scope"])
def test_what_is_the_providers_is_noted(provider: IdentityProvider, code: str) -> None:
    milestones.note_refusal(provider, code)
    assert noted(provider).last_error == code
    assert noted(provider).last_error_at


def test_only_reason_codes_are_noted() -> None:
    assert set(ALL_CODES) > milestones.NOTED


def test_one_refusal_a_minute(provider: IdentityProvider, django_assert_num_queries: Any) -> None:
    milestones.note_refusal(provider, "client_refused")
    with django_assert_num_queries(0):
        milestones.note_refusal(noted_before := noted_without_query(provider), "token_signature")
    milestones.note_refusal(provider, "token_signature")
    assert noted(provider).last_error == "client_refused"
    IdentityProvider.objects.update(last_error_at=timezone.now() - timedelta(seconds=61))
    milestones.note_refusal(noted(provider), "token_signature")
    assert noted(provider).last_error == "token_signature"
    assert noted_before.last_error == "client_refused"


def noted_without_query(provider: IdentityProvider) -> IdentityProvider:
    """As a request reads it that begins after the first refusal was noted."""
    return IdentityProvider(pk=provider.pk, last_error="client_refused", last_error_at=timezone.now())


def test_a_refused_sign_in_is_noted(provider: IdentityProvider, browser: TenantClient, okta: FakeProvider) -> None:
    provider.set_client_secret("not the one")
    provider.save()
    assert arrive(browser, okta, "alice").status_code == 502
    assert noted(provider).last_error == "client_refused"


def test_somebody_who_is_not_assigned_is_no_error(
    provider: IdentityProvider, browser: TenantClient, okta: FakeProvider
) -> None:
    assert arrive(browser, okta, "dan").status_code == 403
    assert noted(provider).last_error == ""


def test_a_good_sign_in_ends_the_error(provider: IdentityProvider, browser: TenantClient, okta: FakeProvider) -> None:
    milestones.note_refusal(provider, "client_refused")
    arrive(browser, okta, "alice")
    assert noted(provider).last_error == ""


def test_an_error_meanwhile_is_not_ended(provider: IdentityProvider) -> None:
    milestones.note_refusal(provider, "client_refused")
    read_before = noted(provider)
    IdentityProvider.objects.update(last_error="token_signature", last_error_at=timezone.now())
    milestones.note_sign_in(read_before, is_first=False)
    assert noted(provider).last_error == "token_signature"


def test_the_first_sign_in_is_noted_once(provider: IdentityProvider, browser: TenantClient, okta: FakeProvider) -> None:
    assert noted(provider).first_sign_in_at is None
    arrive(browser, okta, "alice")
    first = noted(provider).first_sign_in_at
    assert first
    arrive(browser, okta, "bob")
    assert noted(provider).first_sign_in_at == first


def test_of_two_firsts_at_once_the_earlier_stays(provider: IdentityProvider) -> None:
    read_before = noted(provider)
    milestones.note_sign_in(provider, is_first=False)
    first = noted(provider).first_sign_in_at
    milestones.note_sign_in(read_before, is_first=False)
    assert noted(provider).first_sign_in_at == first


def test_a_usual_sign_in_costs_no_statement(provider: IdentityProvider, django_assert_num_queries: Any) -> None:
    milestones.note_sign_in(provider, is_first=True)
    fresh = noted(provider)
    with django_assert_num_queries(0):
        milestones.note_sign_in(fresh, is_first=False)


def test_a_usual_sign_in_writes_nothing_of_the_register(
    provider: IdentityProvider, browser: TenantClient, okta: FakeProvider
) -> None:
    arrive(browser, okta, "alice")
    with CaptureQueriesContext(connection) as queries:
        arrive(browser, okta, "alice")
    assert not [each["sql"] for each in queries if each["sql"].startswith('UPDATE "tenants_')]


def test_a_person_without_access_is_no_administrator(
    acme: Tenant, provider: IdentityProvider, browser: TenantClient, okta: FakeProvider
) -> None:
    add_alice_in_advance()
    arrive(browser, okta, "bob")
    assert noted(provider).first_sign_in_at
    assert administrator_at(acme) is None


def test_an_administrator_added_in_advance_is_noted_at_their_first_sign_in(
    acme: Tenant, provider: IdentityProvider, browser: TenantClient, okta: FakeProvider, client_for: ClientFor
) -> None:
    add_alice_in_advance()
    arrive(browser, okta, "bob")
    arrive(client_for(acme), okta, "alice")
    assert administrator_at(acme)


def test_who_is_given_the_role_after_signing_in_is_noted(
    acme: Tenant, provider: IdentityProvider, browser: TenantClient, okta: FakeProvider
) -> None:
    arrive(browser, okta, "bob")
    assert administrator_at(acme) is None
    set_access(User.objects.get(), roles=[administrators_role()], teams=[], by=None)
    assert administrator_at(acme)


def test_the_role_without_a_sign_in_is_not(acme: Tenant, provider: IdentityProvider) -> None:
    add_alice_in_advance()
    assert administrator_at(acme) is None


def test_the_first_administrator_stays_the_first(acme: Tenant, provider: IdentityProvider) -> None:
    moment = timezone.now() - timedelta(days=9)
    Tenant.objects.filter(pk=acme.pk).update(first_administrator_at=moment)
    person = make_user("Alice Reed")
    set_access(person, roles=[administrators_role()], teams=[], by=None)
    assert Identity.objects.filter(user=person).exists()
    assert administrator_at(acme) == moment


def test_where_one_is_known_nothing_is_asked(acme: Tenant, django_assert_num_queries: Any) -> None:
    acme.first_administrator_at = timezone.now()
    set_tenant(acme)
    with django_assert_num_queries(0):
        milestones.note_administrator()
