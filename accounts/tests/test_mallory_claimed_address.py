"""An address that no provider vouches for does not collect what is given by address."""

import io

from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.fake_provider_cast import FakePerson
from huume.testing import ClientFor, arrive, configure_okta
from tenants.models import Tenant

ALICE = "alice.reed@acme.example"


def test_who_claims_an_unverified_address_is_not_made_administrator_by_it(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    """The operator means Alice, who has not arrived yet; Mallory has, and calls herself by Alice's address."""
    configure_okta(acme, okta)
    okta.people = [FakePerson("00uMallory", "Mallory", "Crane", ALICE, email_verified=False)]
    assert arrive(client_for(acme), okta, "00uMallory").status_code == 302
    said = io.StringIO()
    try:
        call_command("set_access", "acme", ALICE, "--role", "User administrator", stdout=said)
    except CommandError as error:
        said.write(str(error))
    mallory = User.objects.get(identities__subject="00uMallory")
    assert not mallory.may("give_access") or "not verified" in said.getvalue()
