"""The live check in words: each line has some for each outcome."""

import pytest

from accounts.check_words import TITLES, failing, host_of, outcome_word, title
from accounts.live_check import CHECKS
from tenants.models import AuthMethod, IdentityProvider


def provider(**fields: str) -> IdentityProvider:
    return IdentityProvider(**{"kind": "okta", "slug": "okta", "issuer": "https://acme.okta.com", **fields})


@pytest.mark.parametrize("issuer", ["", "https://[", "nonsense"])
def test_an_odd_issuer_costs_no_page(issuer: str) -> None:
    assert host_of(provider(issuer=issuer)) == "its domain"


def test_what_is_no_line_stays_as_it_is() -> None:
    assert title("weather", provider()) == "weather"
    assert outcome_word("odd") == "odd"


@pytest.mark.parametrize("outcome", ["ok", "failed", "unknown"])
def test_every_line_has_a_title_for_every_outcome(outcome: str) -> None:
    titles = {check: title(check, provider(), outcome) for check in CHECKS}
    assert len(set(titles.values())) == len(CHECKS)
    assert not any("%(" in words or words == check for check, words in titles.items())
    assert set(TITLES[outcome]) == {*CHECKS, "client by key"}


def test_a_title_names_the_provider_and_its_host() -> None:
    assert title("domain", provider()) == "Okta answers at acme.okta.com"
    assert title("domain", provider(kind="oidc", label="Work sign-in"), "failed") == (
        "Work sign-in does not answer at acme.okta.com"
    )
    assert title("speed", provider(kind="oidc")) == "Your provider answers quickly"


def test_a_client_that_has_no_secret_is_not_said_to_have_one() -> None:
    by_key = provider(auth_method=AuthMethod.PRIVATE_KEY)
    assert title("client", by_key, "failed") == "Client ID or public key is wrong"


def test_a_failed_line_is_a_sentence() -> None:
    line = {"check": "scopes", "found": "refused (invalid_scope)"}
    assert failing(line, provider()) == "The scopes are not granted: refused (invalid_scope)."
