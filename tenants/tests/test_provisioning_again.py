"""provision_tenant of a tenant that is in the middle of its setup, or live, leaves all that was set up."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from huume.testing import Mails
from tenants.models import Tenant
from tenants.tests.everything import OF_PROVIDER, OF_TENANT, counts, give_everything


def again(*arguments: str) -> str:
    said = StringIO()
    call_command("provision_tenant", "acme", "--name", "Acme Homes", *arguments, stdout=said)
    return said.getvalue()


def test_everything_that_was_set_up_stays(acme: Tenant, mails: Mails) -> None:
    provider = give_everything(acme)
    models = OF_PROVIDER | OF_TENANT
    before, row = counts(acme, models), {**provider.__class__.objects.filter(pk=provider.pk).values()[0]}
    said = again("--contact", "new.it@acme.example")
    assert "up to date" in said
    assert counts(acme, models) == before
    assert provider.__class__.objects.filter(pk=provider.pk).values()[0] == row
    assert len(mails()) == 1, "of the link alone"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("account_manager", "ada@huume.example"),
        ("first_administrator_at", timezone.now()),
        ("suspended_at", timezone.now()),
        ("session_minutes", 60),
        ("contact", "it@acme.example"),
    ],
)
def test_what_it_does_not_speak_of_stays(acme: Tenant, name: str, value: object) -> None:
    Tenant.objects.filter(pk=acme.pk).update(**{name: value})
    again()
    assert getattr(Tenant.objects.get(pk=acme.pk), name) == value
