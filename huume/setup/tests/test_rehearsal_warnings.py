"""What a test sign-in warns of: each thing that a directory may leave out or get wrong about a person."""

from dataclasses import replace
from typing import Any

import pytest

from accounts import rehearse
from accounts.tests.fake_provider import FakeProvider
from huume.setup.rehearsal_words import WARNINGS
from huume.setup.tests.setup_cast import enter_setup
from huume.setup.tests.test_rehearsal import TEST
from huume.setup.tests.test_rehearsal import rehearse as sign_in_as_a_test
from huume.testing import ClientFor, TenantClient, configure_okta
from tenants.models import IdentityProvider, Tenant, TrialSignIn


@pytest.fixture
def contact(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> TenantClient:
    provider = configure_okta(acme, okta)
    IdentityProvider.objects.filter(pk=provider.pk).update(status="submitted", live_at=None)
    client: TenantClient = client_for(acme)
    enter_setup(client, acme)
    return client


CASES = [
    ("no_email", {"no_email"}),
    ("empty_email", {"no_email"}),
    ("email_crlf", {"no_email"}),
    ("email_unverified", {"email_not_verified"}),
    ("email_verified_string", {"email_not_verified"}),
    ("email_verified_missing", {"email_not_verified"}),
    ("no_name", {"thin_claims"}),
    ("wrong_types", {"no_email", "thin_claims"}),
]


@pytest.mark.parametrize(("fault", "codes"), CASES)
def test_what_is_left_out_or_wrong_is_warned_of(
    contact: TenantClient, okta: FakeProvider, fault: str, codes: set[str]
) -> None:
    okta.break_rule("myaccount", "status404")
    okta.break_rule(fault)
    assert sign_in_as_a_test(contact, okta)["Location"] == TEST
    assert set(TrialSignIn.objects.get().warnings) - {"no_phone"} == codes
    page = contact.get(TEST).content.decode()
    titles = [WARNINGS[code][0].split("%(provider)s")[-1].strip() for code in codes]
    assert [title for title in titles if title not in page] == []


def test_no_phone_is_a_remark_where_the_directory_is_okta(contact: TenantClient, okta: FakeProvider) -> None:
    okta.add_person(replace(okta.person("alice"), phone=""))
    sign_in_as_a_test(contact, okta)
    assert TrialSignIn.objects.get().warnings == ["no_phone"]


def test_where_nothing_is_wrong_there_is_no_warning(contact: TenantClient, okta: FakeProvider) -> None:
    sign_in_as_a_test(contact, okta)
    assert TrialSignIn.objects.get().warnings == []


@pytest.mark.parametrize("fault", ["claims_markup", "claims_rtl", "claims_long", "claims_nul", "claims_surrogate"])
def test_an_odd_name_makes_no_odd_page(contact: TenantClient, okta: FakeProvider, fault: str) -> None:
    okta.break_rule(fault)
    assert sign_in_as_a_test(contact, okta)["Location"] == TEST
    answer = contact.get(TEST)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert not [odd for odd in ("<img src=x", "\u202e", "\x00", "Ab" * 500) if odd in page]


def test_every_warning_has_words(acme_provider: IdentityProvider) -> None:
    nobody: Any = type("Nobody", (), {"email": "", "given_name": "", "family_name": "", "phone": ""})
    outside: Any = type("Outside", (nobody,), {"email": "a@other.example", "email_verified": False})
    attempt: Any = type("Tried", (), {"plain_scopes": True})
    codes = {code for person in (nobody, outside) for code in rehearse.warnings_of(acme_provider, attempt, person)}
    assert codes == set(WARNINGS)
