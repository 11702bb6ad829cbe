"""The mix-up attack (RFC 9700 section 4.4): a candidate and the live settings share one redirect URI.

Mallory's directory is on trial. It sends whoever tests it on to the honest one, which answers with a code for Mallory's
own attempt; we would hand that code to her, and she would come back with it.
"""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.conf import settings

from accounts.models import Session
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.swap_cast import new_directory, propose_at
from huume.setup.tests.setup_cast import enter_setup
from huume.testing import ClientFor, TenantClient, arrive, callback, configure_okta
from tenants.models import Tenant

START, TEST = "/oidc/okta/start/", "/setup/test/"


@pytest.fixture
def hers(acme: Tenant, okta: FakeProvider) -> Iterator[FakeProvider]:
    """Handed over as a candidate beside the live settings."""
    provider = configure_okta(acme, okta)
    with new_directory() as directory:
        propose_at(provider, directory)
        yield directory


@pytest.fixture
def contact(acme: Tenant, hers: FakeProvider, client_for: ClientFor) -> TenantClient:
    """Alice, who tests it, and has a session at the honest directory too."""
    client = client_for(acme)
    enter_setup(client, acme)
    return client


def passed_on(address: str, to: str) -> str:
    """Mallory's own request to the honest directory, with the state of the test."""
    state = parse_qs(urlsplit(address).query)["state"][0]
    own = {name: values[0] for name, values in parse_qs(urlsplit(to).query).items()}
    return f"{to.partition('?')[0]}?{urlencode(own | {'state': state})}"


def test_a_code_that_a_test_brought_back_signs_nobody_in(
    acme: Tenant, okta: FakeProvider, contact: TenantClient, client_for: ClientFor
) -> None:
    mallory = client_for(acme)
    hers_at_ours = mallory.get(START)["Location"]
    honest = okta.authorize(passed_on(contact.post(TEST)["Location"], hers_at_ours), person="alice")
    contact.get(callback(honest))
    stolen = {
        "code": parse_qs(urlsplit(honest).query)["code"][0],
        "state": parse_qs(urlsplit(hers_at_ours).query)["state"][0],
    }
    answer = mallory.get("/oauth2/okta/authresp", stolen)
    assert answer.status_code == 400
    assert settings.SESSION_COOKIE_NAME not in mallory.cookies
    assert not Session.objects.exists()
    assert not okta.calls_to("token")


def test_people_sign_in_while_a_candidate_is_tested(
    acme: Tenant, okta: FakeProvider, hers: FakeProvider, contact: TenantClient, client_for: ClientFor
) -> None:
    contact.get(callback(hers.authorize(contact.post(TEST)["Location"], person="alice")))
    assert arrive(client_for(acme), okta, "bob")["Location"] == "/"


def test_a_test_without_a_code_spends_nobodys(
    acme: Tenant, hers: FakeProvider, contact: TenantClient, client_for: ClientFor
) -> None:
    """An error that comes back says as much as it did before."""
    for browser, begun in ((contact, contact.post(TEST)), (client := client_for(acme), client.get(START))):
        state = parse_qs(urlsplit(begun["Location"]).query)["state"][0]
        answer = browser.get("/oauth2/okta/authresp", {"state": state, "error": "access_denied"})
        assert answer.status_code == (302 if browser is contact else 403)
