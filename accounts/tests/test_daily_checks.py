"""What daily checks, once a day, and whom it tells."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.check_runs import last_check, run_now
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.live_check_cast import use_secret
from huume.testing import Mails, configure_okta, live_provider_row
from tenants.actor import COMMAND
from tenants.models import IdentityProvider, ProviderCheck, Tenant


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    acme.account_manager = "ada@huume.example"
    Tenant.objects.filter(pk=acme.pk).update(account_manager=acme.account_manager)
    return configure_okta(acme, okta)


def daily() -> str:
    said = StringIO()
    call_command("daily", stdout=said)
    return said.getvalue()


def yesterday() -> None:
    """As if everything had been checked a day ago."""
    day = timezone.now() - timedelta(days=1)
    ProviderCheck.objects.update(asked_at=day, started_at=day, finished_at=day)


def checks() -> int:
    return ProviderCheck.objects.count()


def test_a_suspended_tenant_is_not_checked(acme: Tenant, provider: IdentityProvider) -> None:
    acme.suspend()
    daily()
    assert checks() == 0


def test_a_provider_that_is_not_live_is_not_checked(provider: IdentityProvider) -> None:
    provider.disable()
    daily()
    assert checks() == 0


def test_it_is_not_checked_twice_a_day(provider: IdentityProvider) -> None:
    assert "Providers checked: 1." in daily()
    assert "checked" not in daily()
    assert checks() == 1


def test_it_is_checked_again_a_day_later(provider: IdentityProvider) -> None:
    daily()
    yesterday()
    daily()
    assert checks() == 2


def test_one_that_was_interrupted_is_made_up_for(provider: IdentityProvider) -> None:
    daily()
    ProviderCheck.objects.update(lines=[])
    daily()
    assert checks() == 2


def test_a_check_by_hand_does_not_take_its_place(provider: IdentityProvider) -> None:
    run_now(provider, by=COMMAND)
    daily()
    assert checks() == 2


def test_one_that_is_under_way_is_left_to_who_asked(provider: IdentityProvider) -> None:
    ProviderCheck.objects.create(provider=provider, started_at=timezone.now())
    assert "checked" not in daily()


def test_what_begins_to_fail_is_told_once(provider: IdentityProvider, mails: Mails) -> None:
    use_secret(provider, "not the secret of acme")
    daily()
    yesterday()
    daily()
    (mail,) = mails()
    assert mail.to == ["ada@huume.example"]
    assert "Client ID or client secret is wrong: refused (invalid_client)." in mail.body


def test_what_fails_besides_is_told_anew(provider: IdentityProvider, okta: FakeProvider, mails: Mails) -> None:
    use_secret(provider, "not the secret of acme")
    daily()
    yesterday()
    okta.break_rule("jwks_empty")
    daily()
    assert len(mails()) == 2


def test_what_is_fine_is_not_told(provider: IdentityProvider, mails: Mails) -> None:
    daily()
    assert mails() == []


def test_a_tenant_whose_check_goes_wrong_is_named_and_the_others_are_checked(
    provider: IdentityProvider, globex: Tenant, okta: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = configure_okta(globex, okta)

    def stumble(checked: IdentityProvider, **options: Any) -> ProviderCheck:
        if checked.tenant.schema_name == "acme":
            raise ZeroDivisionError
        return run_now(checked, **options)

    monkeypatch.setattr("accounts.daily_checks.check_runs.run_now", stumble)
    with pytest.raises(CommandError) as failed:
        daily()
    assert str(failed.value) == "Live checks went wrong for acme (ZeroDivisionError). The log says why."
    assert last_check(other)


def test_a_provider_that_is_down_is_no_fault_of_daily(acme: Tenant, okta: FakeProvider) -> None:
    configure_okta(acme, okta)
    okta.stop()
    assert "Providers checked: 1." in daily()


def test_records_of_old_checks_go(acme: Tenant) -> None:
    row = live_provider_row(acme)
    row.disable()
    for days in (398, 396):
        ProviderCheck.objects.create(provider=row, asked_at=timezone.now() - timedelta(days=days))
    daily()
    assert checks() == 1
