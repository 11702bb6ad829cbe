"""A client secret is sealed for its own row, and never shows itself."""

import pytest

from accounts.tests.fake_provider import FakeProvider
from huume.crypto import Tampered
from huume.testing import ClientFor, arrive, configure_okta, live_provider_row
from tenants.fields import Sealed
from tenants.models import IdentityProvider, Tenant


def test_a_ciphertext_moved_to_another_row_does_not_open(acme: Tenant, globex: Tenant) -> None:
    ours, theirs = live_provider_row(acme), live_provider_row(globex)
    IdentityProvider.objects.filter(pk=theirs.pk).update(client_secret=ours.client_secret)
    theirs.refresh_from_db()
    assert theirs.client_secret == ours.client_secret
    with pytest.raises(Tampered):
        theirs.open_client_secret()


def test_nobody_signs_in_with_a_ciphertext_of_another_row(
    acme: Tenant, globex: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    provider, stolen = configure_okta(acme, okta), live_provider_row(globex)
    IdentityProvider.objects.filter(pk=provider.pk).update(client_secret=stolen.client_secret)
    assert arrive(client_for(acme), okta, "Alice").status_code == 502
    assert not okta.calls_to("token")


def test_a_text_in_the_clear_is_not_stored(acme: Tenant) -> None:
    provider = live_provider_row(acme)
    provider.client_secret = "a text in the clear"
    with pytest.raises(TypeError, match="in the clear"):
        provider.save()


def test_it_shows_neither_text_nor_ciphertext() -> None:
    sealed = Sealed.seal("a secret", bound_to="here")
    assert repr(sealed) == str(sealed) == f"{sealed}" == "<sealed>"
