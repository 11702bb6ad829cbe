"""Okta's own scopes: done without where they are refused, and MyAccount asked where they are granted."""

import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.models import Attempt, SignIn, User
from accounts.tests.fake_provider import FakeProvider, fault_cases
from accounts.tests.fake_provider_cast import FakePerson
from huume.testing import ClientFor, TenantClient, arrive, callback, configure_okta
from tenants.models import IdentityProvider, Tenant

MYACCOUNT = {"okta.myAccount.profile.read", "okta.myAccount.email.read", "okta.myAccount.phone.read"}
PLAIN = {"openid", "profile", "email", "phone"}
ELLEN = FakePerson("00uEllen", "Ellen", "Ward", "ellen@acme.example", phone="+441632960105")


def asked_for(location: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(location).query)


def scopes_of(location: str) -> set[str]:
    return set(asked_for(location)["scope"][0].split())


def first_answer(browser: TenantClient, okta: FakeProvider, person: str = "Alice", **start: str) -> Any:
    begun = browser.get("/oidc/okta/start/", start)
    assert scopes_of(begun["Location"]) == PLAIN | MYACCOUNT
    return browser.get(callback(okta.authorize(begun["Location"], person=person)))


def test_scopes_refused_twice_end_on_a_page(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    okta.break_rule("callback_error", "invalid_scope")
    browser = client_for(acme)
    again = first_answer(browser, okta)
    page = browser.get(callback(okta.authorize(again["Location"], person="Alice")))
    assert page.status_code == 400
    sign_in = SignIn.objects.get()
    assert (sign_in.outcome, sign_in.reason) == ("refused", "invalid_scope")
    assert sign_in.reference in page.content.decode()
    assert not Attempt.objects.exists()
    assert not User.objects.exists()
    assert IdentityProvider.objects.get().scopes_refused_at is None, "plain scopes have not helped"


@pytest.mark.parametrize("kind", ["oidc", "entra", "google"])
def test_other_kinds_are_not_tried_twice(acme: Tenant, okta: FakeProvider, client_for: ClientFor, kind: str) -> None:
    provider = configure_okta(acme, okta)
    IdentityProvider.objects.filter(pk=provider.pk).update(kind=kind)
    okta.break_rule("callback_error", "consent_required")
    page = arrive(client_for(acme), okta, "Alice")
    assert page.status_code == 400
    assert SignIn.objects.get().reason == "consent_required"


def test_another_error_is_not_tried_twice(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    okta.break_rule("callback_error", "server_error")
    assert first_answer(client_for(acme), okta).status_code == 400


def test_the_second_try_belongs_to_the_same_browser(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    okta.break_rule("scopes_refused")
    again = first_answer(client_for(acme), okta)
    back = callback(okta.authorize(again["Location"], person="Alice"))
    assert client_for(acme).get(back).status_code == 400
    assert not User.objects.exists()


@pytest.mark.parametrize("error", ["invalid_scope", "consent_required"])
def test_people_get_in_with_plain_scopes_under_the_same_reference(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, error: str
) -> None:
    configure_okta(acme, okta)
    okta.break_rule("scopes_refused", error)
    browser = client_for(acme)

    again = first_answer(browser, okta, next="/people/?q=x")
    assert scopes_of(again["Location"]) == PLAIN
    back = browser.get(callback(okta.authorize(again["Location"], person="Alice")))

    assert (back.status_code, back["Location"]) == (302, "/people/?q=x")
    assert SignIn.objects.get().outcome == "succeeded"
    assert IdentityProvider.objects.get().scopes_refused_at is not None


def test_state_nonce_and_challenge_are_fresh_at_the_second_try(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    okta.break_rule("scopes_refused")
    browser = client_for(acme)
    begun = browser.get("/oidc/okta/start/")
    again = browser.get(callback(okta.authorize(begun["Location"], person="Alice")))
    first, second = asked_for(begun["Location"]), asked_for(again["Location"])
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]


def test_a_grant_of_the_scopes_is_seen_at_the_next_sign_in(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    okta.break_rule("scopes_refused")
    browser = client_for(acme)
    again = first_answer(browser, okta)
    browser.get(callback(okta.authorize(again["Location"], person="Alice")))
    okta.mend()
    assert first_answer(client_for(acme), okta).status_code == 302
    assert IdentityProvider.objects.get().scopes_refused_at is None


def test_somebody_else_is_still_asked_for_at_the_second_try(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    """Okta refuses scopes before it shows its page, so without this the person not assigned would never get out."""
    configure_okta(acme, okta)
    okta.break_rule("scopes_refused")
    browser = client_for(acme)
    assert "prompt" not in asked_for(first_answer(browser, okta)["Location"])
    assert asked_for(first_answer(browser, okta, prompt="login")["Location"])["prompt"] == ["login"]


def test_myaccount_fills_what_the_claims_leave_out(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_okta(acme, okta)
    monkeypatch.setattr("accounts.tests.fake_provider_people_api.claims_for", lambda *_args: {})
    okta.thin = True
    okta.add_person(ELLEN)
    assert arrive(client_for(acme), okta, "Ellen").status_code == 302
    user = User.objects.get()
    assert (user.given_name, user.family_name, user.phone) == ("Ellen", "Ward", "+441632960105")
    assert user.email == "ellen@acme.example"


def test_a_pending_address_is_not_taken(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    okta.add_person(FakePerson("00uEllen", "Ellen", "Ward", "ellen@acme.example", pending_email="new@acme.example"))
    arrive(client_for(acme), okta, "Ellen")
    assert User.objects.get().email == "ellen@acme.example"


@pytest.mark.parametrize(("fault", "value"), fault_cases("transport", refused=False))
def test_myaccount_never_fails_a_sign_in(
    acme: Tenant,
    okta: FakeProvider,
    client_for: ClientFor,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    value: Any,
) -> None:
    monkeypatch.setattr("accounts.provider_calls.MYACCOUNT_SECONDS", 0.3)
    configure_okta(acme, okta)
    okta.break_rule(fault, value)
    assert arrive(client_for(acme), okta, "Alice").status_code == 302
    assert User.objects.get().name == "Alice Reed"


@pytest.mark.parametrize("status", ["status401", "status403", "status404", "status406", "status429"])
def test_a_refusal_of_myaccount_never_fails_a_sign_in(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, status: str
) -> None:
    configure_okta(acme, okta)
    okta.break_rule("myaccount", status)
    assert arrive(client_for(acme), okta, "Alice").status_code == 302
    assert len(okta.calls_to("myaccount")) == 3


@pytest.mark.parametrize("part", ["profile", "emails", "phones"])
def test_one_answer_that_hangs_does_not_lose_the_others(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr("accounts.provider_calls.MYACCOUNT_SECONDS", 0.3)
    monkeypatch.setattr("accounts.tests.fake_provider_people_api.claims_for", lambda *_args: {})
    configure_okta(acme, okta)
    okta.add_person(ELLEN)
    okta.break_rule(f"myaccount/{part}", "hang")
    assert arrive(client_for(acme), okta, "Ellen").status_code == 302
    user = User.objects.get()
    # The number is among the phones and in the profile; the address is in the thin ID token too.
    assert (user.phone, user.email) == ("+441632960105", "ellen@acme.example")
    assert user.given_name == ("" if part == "profile" else "Ellen")


def test_an_answer_past_the_limit_is_not_waited_for(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.provider_calls.MYACCOUNT_SECONDS", 0.2)
    monkeypatch.setattr("accounts.tests.fake_provider_people_api.claims_for", lambda *_args: {})
    configure_okta(acme, okta)
    okta.add_person(ELLEN)
    okta.break_rule("myaccount", "slow:1")
    assert arrive(client_for(acme), okta, "Ellen").status_code == 302
    user = User.objects.get()
    assert (user.name, user.given_name, user.phone) == ("Ellen Ward", "", "")


def test_myaccount_is_asked_in_parallel(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the three answers waits until all three questions are there."""
    from accounts.tests import fake_provider_people_api as api

    together, met = threading.Barrier(3), []

    def with_the_others(read: Any) -> Any:
        def answer(*args: Any) -> Any:
            met.append(together.wait(timeout=1.5))
            return read(*args)

        return answer

    resources = {name: (scope, with_the_others(read)) for name, (scope, read) in api.RESOURCES.items()}
    monkeypatch.setattr(api, "RESOURCES", resources)
    configure_okta(acme, okta)
    assert arrive(client_for(acme), okta, "Alice").status_code == 302
    assert sorted(met) == [0, 1, 2]


def test_myaccount_is_not_asked_by_other_kinds(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta, kind="oidc")
    assert arrive(client_for(acme), okta, "Alice").status_code == 302
    assert not okta.calls_to("myaccount")


def test_nothing_is_asked_of_the_database_by_the_threads_that_ask(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.cache import cache
    from django.db import connection

    from huume.outbound import Client

    touched: list[str] = []
    get = Client.get

    def watched(self: Client, *args: Any, **kwargs: Any) -> Any:
        answer = get(self, *args, **kwargs)
        if threading.current_thread().name.startswith("myaccount"):
            touched.append("connection" if connection.connection else "")
            touched.append("cache" if list(cache._connections.all(initialized_only=True)) else "")  # type: ignore[attr-defined]
        return answer

    monkeypatch.setattr(Client, "get", watched)
    configure_okta(acme, okta)
    arrive(client_for(acme), okta, "Alice")
    assert touched == [""] * 6
