"""A sign-in that ends before it reaches the provider is on record too, with a reference for whoever is asked why."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Attempt, SignIn
from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, callback, configure_okta
from tenants.models import IdentityProvider, Tenant


def without_discovery() -> None:
    IdentityProvider.objects.update(metadata_fetched_at=timezone.now() - timedelta(hours=2))


@pytest.mark.parametrize("path", ["/oidc/okta/start/?next=/people/", "/oidc/okta/initiate/?iss={issuer}"])
def test_a_provider_whose_document_turned_bad(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, path: str
) -> None:
    configure_okta(acme, okta)
    without_discovery()
    okta.break_rule("discovery_other_issuer")
    answer = client_for(acme).get(path.format(issuer=okta.issuer))
    assert answer.status_code == 400
    sign_in = SignIn.objects.get()
    assert (sign_in.outcome, sign_in.reason) == ("refused", "issuer_mismatch")
    assert sign_in.finished_at
    assert sign_in.reference in answer.content.decode()
    assert not Attempt.objects.exists()


def test_the_page_leads_back_to_what_was_asked_for(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    without_discovery()
    okta.break_rule("discovery_other_issuer")
    page = client_for(acme).get("/oidc/okta/start/", {"next": "/people/"}).content.decode()
    assert "/oidc/okta/start/?next=%2Fpeople%2F" in page


def test_a_disabled_provider(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta).disable()
    answer = client_for(acme).get("/oidc/okta/start/")
    assert answer.status_code == 403
    sign_in = SignIn.objects.get()
    assert sign_in.reason == "provider_not_live"
    assert sign_in.reference in answer.content.decode()


def test_refused_starts_count_towards_the_rate(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, settings: Any
) -> None:
    settings.SIGN_IN_RATE = 2
    configure_okta(acme, okta).disable()
    assert [client_for(acme).get("/oidc/okta/start/").status_code for _n in range(3)] == [403, 403, 429]
    assert SignIn.objects.count() == 2


def test_a_second_try_that_cannot_begin_ends_the_first_one(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    okta.break_rule("scopes_refused")
    browser = client_for(acme)
    back = callback(okta.authorize(browser.get("/oidc/okta/start/")["Location"], person="Alice"))
    without_discovery()
    okta.break_rule("discovery_other_issuer")
    answer = browser.get(back)
    assert answer.status_code == 400
    sign_in = SignIn.objects.get()
    assert sign_in.outcome == "refused"
    assert sign_in.reference in answer.content.decode()
