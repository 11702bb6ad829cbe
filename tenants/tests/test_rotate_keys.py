"""rotate_keys brings everything that is sealed under the newest key: afterwards the older one can go."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from huume.crypto import generate_key
from huume.testing import live_provider_row
from tenants.models import ClientKey, Mail, ProviderSettings, Tenant


def rotate() -> str:
    said = StringIO()
    call_command("rotate_keys", stdout=said)
    return said.getvalue().strip()


def candidate(tenant: Tenant, secret: str = "the candidate's secret") -> ProviderSettings:
    kept = ProviderSettings(provider=live_provider_row(tenant), state=ProviderSettings.State.CANDIDATE)
    kept.set_client_secret(secret)
    kept.save()
    return kept


def mail(tenant: Tenant) -> Mail:
    made = Mail(tenant=tenant, name="setup_code", recipient="it@acme.example", subject="A code")
    made.seal(text="Your code is 123456.", html="<p>Your code is 123456.</p>")
    made.save()
    return made


def client_key(tenant: Tenant) -> ClientKey:
    made = ClientKey(provider=live_provider_row(tenant))
    made.seal(ec="an EC key", rsa="an RSA key")
    made.save()
    return made


def with_new_key(settings: Settings) -> str:
    new = generate_key()
    settings.ENCRYPTION_KEYS = [new, *settings.ENCRYPTION_KEYS]
    return new


def test_what_no_key_opens_is_named_and_the_rest_is_done(acme: Tenant, globex: Tenant, settings: Settings) -> None:
    lost_key, lost_mail = client_key(acme), mail(acme)
    lost_candidate = ProviderSettings(provider=lost_key.provider, state=ProviderSettings.State.FORMER)
    lost_candidate.set_client_secret("lost")
    lost_candidate.save()
    settings.ENCRYPTION_KEYS = [generate_key()]
    kept = candidate(globex)
    new = with_new_key(settings)
    with pytest.raises(CommandError) as refused:
        rotate()
    said = str(refused.value)
    for name in (
        "acme/okta (",
        "acme/okta former (",
        f"acme/okta client key {lost_key.pk} (",
        f"mail {lost_mail.pk} (",
    ):
        assert name in said
    assert "an EC key" not in said
    settings.ENCRYPTION_KEYS = [new]
    kept.refresh_from_db()
    assert kept.open_client_secret() == "the candidate's secret"


def test_kept_settings_keep_their_secret(acme: Tenant, settings: Settings) -> None:
    kept, new = candidate(acme), with_new_key(settings)
    assert rotate() == "2 secrets are now under the newest key."
    assert rotate() == "0 secrets are now under the newest key."
    settings.ENCRYPTION_KEYS = [new]
    there = ProviderSettings.objects.get(pk=kept.pk)
    assert there.open_client_secret() == there.as_provider().open_client_secret() == "the candidate's secret"


def test_both_halves_of_a_generation(acme: Tenant, settings: Settings) -> None:
    key, new = client_key(acme), with_new_key(settings)
    assert rotate() == "2 secrets are now under the newest key."
    assert rotate() == "0 secrets are now under the newest key."
    settings.ENCRYPTION_KEYS = [new]
    there = ClientKey.objects.get(pk=key.pk)
    assert (there.open("ES256"), there.open("RS256")) == ("an EC key", "an RSA key")


def test_a_mail_that_waits(acme: Tenant, settings: Settings) -> None:
    waiting, new = mail(acme), with_new_key(settings)
    assert rotate() == "1 secrets are now under the newest key."
    settings.ENCRYPTION_KEYS = [new]
    assert Mail.objects.get(pk=waiting.pk).open() == ("Your code is 123456.", "<p>Your code is 123456.</p>")


def test_one_without_a_text_any_more_is_left_alone(acme: Tenant, settings: Settings) -> None:
    Mail.objects.create(tenant=acme, name="welcome", recipient="it@acme.example", subject="Sent")
    with_new_key(settings)
    assert rotate() == "0 secrets are now under the newest key."


def test_what_somebody_put_in_meanwhile_is_not_written_over(acme: Tenant, settings: Settings) -> None:
    stale, _new = client_key(acme), with_new_key(settings)
    fresh = ClientKey.objects.get(pk=stale.pk)
    fresh.seal(ec="another", rsa="another")
    fresh.save()
    assert not stale.rotate()
    assert ClientKey.objects.get(pk=stale.pk).open("ES256") == "another"
