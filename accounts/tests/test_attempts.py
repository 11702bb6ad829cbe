"""An attempt is good once, for ten minutes, in its own browser, tenant and provider."""

from datetime import timedelta

from django.db.models import F

from accounts.models import Attempt, SignIn
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.refusals import expect_refusal
from huume.testing import ClientFor, callback, configure_okta
from tenants.models import Tenant


def test_the_same_answer_twice(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    back = callback(okta.authorize(browser.get("/oidc/okta/start/")["Location"], person="Alice"))
    assert browser.get(back).status_code == 302
    again = browser.get(back)
    assert again.status_code == 400
    assert browser.get("/").status_code == 200, "a stray answer ends no session"
    assert SignIn.objects.count() == 1


def test_answer_in_another_browser(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    back = callback(okta.authorize(client_for(acme).get("/oidc/okta/start/")["Location"], person="Alice"))
    other = client_for(acme)
    other.get("/oidc/okta/start/")
    expect_refusal(other.get(back))
    expect_refusal(client_for(acme).get(back))


def test_answer_of_another_tenant(acme: Tenant, globex: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    configure_okta(globex, okta)
    mallory = client_for(globex)
    back = callback(okta.authorize(mallory.get("/oidc/okta/start/")["Location"], person="Mallory"))
    at_acme = client_for(acme)
    at_acme.cookies.update(mallory.cookies)
    expect_refusal(at_acme.get(back))


def test_answer_at_another_providers_address(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    with FakeProvider() as second:
        configure_okta(acme, second, slug="northside", kind="oidc")
        browser = client_for(acme)
        back = callback(okta.authorize(browser.get("/oidc/okta/start/")["Location"], person="Alice"))
        expect_refusal(browser.get(back.replace("/oauth2/okta/", "/oauth2/northside/")))
        assert SignIn.objects.get().reason == "answer_other_provider"
        assert not second.calls_to("token"), "no provider is handed another one's code"


def test_attempts_die_after_ten_minutes(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    back = callback(okta.authorize(browser.get("/oidc/okta/start/")["Location"], person="Alice"))
    Attempt.objects.update(created_at=F("created_at") - timedelta(minutes=11))
    expect_refusal(browser.get(back))
    assert SignIn.objects.get().reason == "answer_expired"


def test_several_tabs_may_be_under_way_but_not_without_end(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    tabs = [browser.get("/oidc/okta/start/")["Location"] for _tab in range(Attempt.MOST_AT_ONCE + 2)]
    assert Attempt.objects.count() == Attempt.MOST_AT_ONCE
    assert browser.get(callback(okta.authorize(tabs[2], person="Alice"))).status_code == 302
    assert browser.get(callback(okta.authorize(tabs[-1], person="Alice"))).status_code == 302
    assert browser.get(callback(okta.authorize(tabs[0], person="Alice"))).status_code == 400
