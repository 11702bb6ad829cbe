"""The live check against a provider that is not ours: Okta-like and as it comes, with pushed requests and without."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.tests.live_check_cast import look, use_secret, with_outcome
from huume.tests.certified_cast import PEOPLE, SECRET, application
from huume.tests.certified_provider import CertifiedProvider
from tenants.configure import configure, look_up
from tenants.models import IdentityProvider, Tenant

ADDRESS = "http://acme.localhost:8000"
GOOD = application(ADDRESS, "sso")
UNREGISTERED = {**GOOD, "client_id": "unregistered", "redirect_uris": [f"{ADDRESS}/oauth2/sso/authresp/"]}
NO_SIGN_OUT = {**GOOD, "client_id": "no-sign-out", "post_logout_redirect_uris": [f"{ADDRESS}/"]}
UNGRANTED = {**GOOD, "client_id": "ungranted"}
# What is granted falls short by one: of Okta's own scopes, and of anybody's.
GRANTED = {True: "openid profile email phone okta.myAccount.profile.read", False: "openid profile"}
VARIANTS = [(okta_like, par) for okta_like in (True, False) for par in (True, False)]
NAMES = [f"{'okta' if okta_like else 'plain'}-{'par' if par else 'no par'}" for okta_like, par in VARIANTS]


@pytest.fixture(scope="module", params=VARIANTS, ids=NAMES)
def certified(request: pytest.FixtureRequest) -> Iterator[tuple[CertifiedProvider, str]]:
    """It, and the kind of provider that it is like."""
    okta_like, par = request.param
    clients = [GOOD, UNREGISTERED, NO_SIGN_OUT, {**UNGRANTED, "scope": GRANTED[okta_like]}]
    with CertifiedProvider(okta_like=okta_like, clients=clients, people=PEOPLE, par=par) as running:
        yield running, "okta" if okta_like else "oidc"


def configured(tenant: Tenant, certified: tuple[CertifiedProvider, str], client: dict[str, Any]) -> IdentityProvider:
    running, kind = certified
    client_id = client["client_id"]
    found = look_up(kind, issuer=running.issuer, client_id=client_id)
    return configure(tenant, "sso", kind=kind, found=found, client_id=client_id, client_secret=SECRET)


def test_a_wrong_secret_is_found(acme: Tenant, certified: tuple[CertifiedProvider, str]) -> None:
    provider = configured(acme, certified, GOOD)
    use_secret(provider, "another secret")
    lines = look(provider)
    assert with_outcome(lines, "failed") == {"client"}
    assert lines["client"].found == "refused (invalid_client)"
    assert lines["redirect_uri"].outcome == "ok"


def test_an_unknown_client_is_found(acme: Tenant, certified: tuple[CertifiedProvider, str]) -> None:
    lines = look(configured(acme, certified, {**GOOD, "client_id": "nobody"}))
    assert with_outcome(lines, "failed") >= {"client"}
    assert lines["redirect_uri"].outcome == "unknown"


def test_an_unregistered_redirect_uri_is_found(acme: Tenant, certified: tuple[CertifiedProvider, str]) -> None:
    lines = look(configured(acme, certified, UNREGISTERED))
    assert with_outcome(lines, "failed") == {"redirect_uri"}
    assert lines["scopes"].outcome == "unknown"


def test_ungranted_scopes_are_found(acme: Tenant, certified: tuple[CertifiedProvider, str]) -> None:
    lines = look(configured(acme, certified, UNGRANTED))
    assert lines["scopes"].found == "refused (invalid_scope)"
    assert "scopes" in with_outcome(lines, "failed")
    assert "client" not in with_outcome(lines, "failed")


def test_an_unregistered_sign_out_address_is_found_where_it_is_told(
    acme: Tenant, certified: tuple[CertifiedProvider, str]
) -> None:
    line = look(configured(acme, certified, NO_SIGN_OUT))["sign_out"]
    assert line.outcome == ("unknown" if certified[1] == "okta" else "failed")


def test_where_all_is_right_nothing_fails(acme: Tenant, certified: tuple[CertifiedProvider, str]) -> None:
    lines = look(configured(acme, certified, GOOD))
    assert with_outcome(lines, "failed") == set()
    assert with_outcome(lines, "unknown") <= {"tls", "sign_out"}
