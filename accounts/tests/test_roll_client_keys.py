"""roll_client_keys makes a provider's next generation of keys, and says when it signs and where it is published."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import client_keys
from accounts.tests.test_client_keys import generations
from huume.testing import live_provider_row
from tenants.models import ClientKey, Tenant


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("roll_client_keys", *arguments, stdout=said)
    (line,) = said.getvalue().splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nobody", "okta"), "There is no tenant “nobody”."),
        (("staff", "okta"), "“staff” is Huume's own. Name a customer's subdomain."),
        (("acme", "globex-okta"), "Acme Homes has no provider “globex-okta”."),
    ],
)
def test_it_refuses_in_one_line(acme: Tenant, globex: Tenant, arguments: tuple[str, ...], sentence: str) -> None:
    live_provider_row(globex, "globex-okta")
    with pytest.raises(CommandError) as refused:
        run(*arguments)
    assert str(refused.value) == sentence
    assert not ClientKey.objects.exists()


def test_the_next_generation_signs_a_day_later(acme: Tenant) -> None:
    provider = live_provider_row(acme)
    (older,) = generations(provider, 100)
    line = run("acme", "okta")
    newer = ClientKey.objects.exclude(pk=older.pk).get()
    begins = timezone.localtime(newer.created_at + timedelta(hours=24))
    assert line == (
        f"The newest keys of Acme Homes’s Okta sign from {begins:%d %b %Y %H:%M %Z}. "
        "Published: http://acme.localhost:8000/oidc/okta/jwks.json"
    )
    assert client_keys.ensure_keys(provider) == older


def test_twice_is_once(acme: Tenant) -> None:
    generations(live_provider_row(acme), 100)
    assert run("acme", "okta") == run("acme", "okta")
    assert ClientKey.objects.count() == 2
