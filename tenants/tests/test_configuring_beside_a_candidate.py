"""configure_provider, an operator's way around everything, on a live provider that has a candidate and a former."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.swap import give_back, swap
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.rotation_cast import CANDIDATE, FORMER
from accounts.tests.swap_cast import ADA, passed, propose_at, set_secrets
from huume.testing import ClientFor, arrive, configure_okta
from tenants.models import IdentityProvider, ProviderSettings, Tenant
from tenants.tests.test_configure_provider import SECRET, Command


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(monkeypatch)


@pytest.fixture
def changing(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    """Swapped once, so that there are former settings, and the next candidate handed over."""
    provider = configure_okta(acme, okta)
    provider.set_client_secret(FORMER)
    provider.save()
    passed(propose_at(provider, okta, secret="in between"))
    swap(provider, ADA)
    passed(propose_at(provider, okta, secret=CANDIDATE))
    provider.refresh_from_db()
    return provider


def secrets_kept(provider: IdentityProvider) -> dict[str, str]:
    return {kept.state: kept.open_client_secret() for kept in ProviderSettings.objects.filter(provider=provider)}


def configure_again(command: Command, okta: FakeProvider) -> str:
    return command.run(
        "acme", "okta", "--issuer", okta.issuer, "--client-id", "acme-client", "--client-secret-stdin", "--activate"
    )


def test_the_settings_kept_beside_stay_as_they_are(
    changing: IdentityProvider, okta: FakeProvider, command: Command
) -> None:
    assert "Okta is live." in configure_again(command, okta)
    changing.refresh_from_db()
    assert changing.open_client_secret() == SECRET
    assert secrets_kept(changing) == {"candidate": CANDIDATE, "former": FORMER}


def test_what_was_checked_tested_and_to_be_reminded_of_was_the_other_secret(
    changing: IdentityProvider, okta: FakeProvider, command: Command
) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    IdentityProvider.objects.update(checked_at=timezone.now(), secret_expires_on=tomorrow, reminded=["1"])
    configure_again(command, okta)
    changing.refresh_from_db()
    assert (changing.checked_at, changing.secret_expires_on, changing.reminded) == (None, None, [])


@pytest.mark.parametrize("taken", [SECRET, CANDIDATE, FORMER])
def test_people_get_in_by_whichever_the_directory_takes(
    changing: IdentityProvider, okta: FakeProvider, command: Command, client_for: ClientFor, taken: str
) -> None:
    configure_again(command, okta)
    set_secrets(okta, taken)
    outcomes = [arrive(client_for(changing.tenant), okta, "Bob").status_code for _each in range(2)]
    assert outcomes[-1] == 302


def test_the_candidate_can_be_swapped_in_and_given_back_afterwards(
    changing: IdentityProvider, okta: FakeProvider, command: Command
) -> None:
    configure_again(command, okta)
    swap(changing, ADA)
    changing.refresh_from_db()
    assert changing.open_client_secret() == CANDIDATE
    assert secrets_kept(changing) == {"former": SECRET}
    give_back(changing, ADA)
    changing.refresh_from_db()
    assert changing.open_client_secret() == SECRET
