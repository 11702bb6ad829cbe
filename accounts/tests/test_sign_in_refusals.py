"""Every rule of a sign-in, broken one at a time by a real provider: nobody gets in, and everybody is told in words."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Session, SignIn, User
from accounts.oidc.errors import ALL_CODES
from accounts.reasons import TOKEN_ADVICE, WORDS
from accounts.tests.fake_provider import FakeProvider, fault_cases
from accounts.tests.refusals import expect_refusal
from huume.crypto import generate_key
from huume.outbound import Client
from huume.testing import ClientFor, arrive, callback, configure_okta
from tenants.models import IdentityProvider, Tenant


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same client with a shorter limit, so that a hanging provider costs a test little."""
    client = Client(allow_local=True, connect_timeout=0.5, total_timeout=0.6)
    monkeypatch.setattr("accounts.provider_calls.outbound_client", lambda: client)
    monkeypatch.setattr("tenants.metadata.outbound_client", lambda: client)


@pytest.mark.parametrize(("fault", "value"), fault_cases("id_token", "token", "jwks", "userinfo", refused=True))
def test_broken_answers_of_the_provider(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, fault: str, value: Any
) -> None:
    configure_okta(acme, okta)
    okta.break_rule(fault, value)

    answer = arrive(client_for(acme), okta, "Alice")

    expect_refusal(answer)
    sign_in = SignIn.objects.get()
    assert sign_in.outcome == "refused"
    assert sign_in.reason in ALL_CODES
    assert answer.status_code == ALL_CODES[sign_in.reason]
    assert sign_in.reference in answer.content.decode()


@pytest.mark.parametrize(("fault", "value"), fault_cases("transport", refused=True))
def test_provider_down_slow_or_talking_nonsense(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, impatient: None, fault: str, value: Any
) -> None:
    configure_okta(acme, okta)
    if fault == "discovery":
        IdentityProvider.objects.update(metadata_fetched_at=None)
    okta.break_rule(fault, value)
    browser = client_for(acme)
    begun = browser.get("/oidc/okta/start/")

    reached = fault != "discovery"
    answer = browser.get(callback(okta.authorize(begun["Location"], person="Alice"))) if reached else begun

    expect_refusal(answer)
    assert answer.status_code == 502


@pytest.mark.parametrize(("fault", "value"), fault_cases("callback", refused=True))
def test_broken_answers_of_the_browser(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, fault: str, value: Any
) -> None:
    if fault == "callback_no_iss":
        okta.style = "rfc9207"
    configure_okta(acme, okta)
    okta.break_rule(fault, value)
    browser = client_for(acme)
    answer = arrive(browser, okta, "Alice")
    if value in {"invalid_scope", "consent_required"}:
        assert answer.status_code == 302
        answer = browser.get(callback(okta.authorize(answer["Location"], person="Alice")))
    expect_refusal(answer)
    assert answer.status_code in {400, 403}
    assert b"<script>alert" not in answer.content


def test_a_text_that_is_no_unicode_is_no_answer(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    okta.break_rule("claims_surrogate")
    expect_refusal(arrive(client_for(acme), okta, "Alice"))
    assert SignIn.objects.get().reason == "provider_not_json"


ODD_CLAIMS = [case for case in fault_cases("claims", "myaccount", refused=False) if case[0] != "claims_surrogate"]


@pytest.mark.parametrize(("fault", "value"), ODD_CLAIMS)
def test_odd_claims_get_in_clean(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, fault: str, value: Any
) -> None:
    configure_okta(acme, okta)
    okta.break_rule(fault, value)
    browser = client_for(acme)
    assert arrive(browser, okta, "Alice").status_code == 302
    user = User.objects.get()
    assert len(user.name) <= 150
    assert "\u202e" not in user.name
    page = browser.get("/").content.decode()
    assert "<script>alert" not in page
    assert "\u202e" not in page


# What is no document at all says no more than that the provider is down: the last good copy serves.
BAD_DOCUMENTS = [case for case in fault_cases("discovery", refused=True) if case[0] != "discovery_not_an_object"]


@pytest.mark.parametrize(("fault", "value"), BAD_DOCUMENTS)
def test_discovery_that_turned_bad(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, fault: str, value: Any
) -> None:
    configure_okta(acme, okta)
    IdentityProvider.objects.update(metadata_fetched_at=timezone.now() - timedelta(hours=2))
    okta.break_rule(fault, value)
    answer = client_for(acme).get("/oidc/okta/start/")
    expect_refusal(answer)
    assert SignIn.objects.get().outcome == "refused"


@pytest.mark.parametrize(("fault", "value"), [("discovery", "status503"), ("discovery_not_an_object", True)])
def test_last_good_discovery_serves_while_the_provider_is_down(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, impatient: None, fault: str, value: Any
) -> None:
    configure_okta(acme, okta)
    IdentityProvider.objects.update(metadata_fetched_at=timezone.now() - timedelta(hours=2))
    okta.break_rule(fault, value)
    assert arrive(client_for(acme), okta, "Alice").status_code == 302


def test_somebody_not_assigned_may_sign_in_as_someone_else(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    answer = arrive(client_for(acme), okta, "Dan")
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "not assigned" in page
    assert "Sign in as someone else" in page
    assert "prompt=login" in page
    assert SignIn.objects.get().reason == "not_assigned"


def test_a_disabled_provider_lets_nobody_begin_or_finish(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    provider = configure_okta(acme, okta)
    browser = client_for(acme)
    back = callback(okta.authorize(browser.get("/oidc/okta/start/")["Location"], person="Alice"))
    provider.disable()
    expect_refusal(browser.get(back))
    expect_refusal(browser.get("/oidc/okta/start/"))
    assert not okta.calls_to("token")


def test_a_suspended_user_stays_out(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    arrive(client_for(acme), okta, "Alice")
    User.objects.update(is_active=False)
    Session.objects.all().delete()
    answer = arrive(client_for(acme), okta, "Alice")
    assert answer.status_code == 403
    assert not Session.objects.exists()
    assert SignIn.objects.filter(reason="user_suspended", user__isnull=False).count() == 1


def test_a_forged_key_id_cannot_make_us_hammer_the_provider(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    arrive(client_for(acme), okta, "Alice")
    okta.calls.clear()
    okta.break_rule("unknown_kid")
    for _again in range(3):
        assert arrive(client_for(acme), okta, "Alice").status_code == 403
    assert len(okta.calls_to("jwks")) == 1


def test_a_rotated_key_needs_no_restart(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    arrive(client_for(acme), okta, "Alice")
    okta.rotate_keys()
    assert arrive(client_for(acme), okta, "Alice").status_code == 302


def test_an_unreadable_secret_is_our_fault_and_overwrites_nothing(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    provider = configure_okta(acme, okta)
    sealed = provider.client_secret.ciphertext
    settings.ENCRYPTION_KEYS = [generate_key()]
    answer = arrive(client_for(acme), okta, "Alice")
    expect_refusal(answer)
    assert answer.status_code == 502
    assert "Something is wrong on our side" in answer.content.decode()
    assert SignIn.objects.get().reason == "secret_unreadable"
    (said,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert said.getMessage() == "client secret cannot be decrypted: check ENCRYPTION_KEYS"
    assert vars(said)["provider"] == "okta"
    provider.refresh_from_db()
    assert provider.client_secret.ciphertext == sealed


def test_too_many_starts_from_one_address(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, settings: Any
) -> None:
    configure_okta(acme, okta)
    settings.SIGN_IN_RATE = 2
    assert [client_for(acme).get("/oidc/okta/start/").status_code for _n in range(3)] == [302, 302, 429]
    elsewhere = client_for(acme, REMOTE_ADDR="192.0.2.9")
    assert elsewhere.get("/oidc/okta/start/").status_code == 302
    settings.SIGN_IN_RATE = 0
    assert client_for(acme).get("/oidc/okta/start/").status_code == 302


@pytest.mark.parametrize("code", sorted(ALL_CODES))
def test_every_reason_code_has_words(acme_provider: IdentityProvider, code: str) -> None:
    from accounts.reasons import advice, explain

    words = explain(code, acme_provider)
    assert words.title
    assert words.text
    assert "%(" not in words.title + words.text
    assert advice(code)
    assert (code in WORDS) != (code in TOKEN_ADVICE)


@pytest.mark.parametrize("slug", ["nobody", "OKTA", "okta%00", "x" * 500])
def test_an_unknown_provider_is_not_found(acme: Tenant, client_for: ClientFor, slug: str) -> None:
    for path in ("/oidc/{}/start/", "/oidc/{}/initiate/", "/oauth2/{}/authresp"):
        assert client_for(acme).get(path.format(slug)).status_code == 404
