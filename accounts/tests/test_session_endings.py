"""Sessions end in the transaction of what ends them, and are not brought back."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from accounts import access
from accounts.models import Session, User
from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, TenantClient, arrive, configure_okta, live_provider_row, make_user, sign_in
from tenants.models import IdentityProvider, Tenant


def is_in(browser: TenantClient) -> bool:
    return bool(browser.get("/").status_code == 200)


def of_user(acme: Tenant) -> None:
    access.suspend(User.objects.get(email="bob.lund@acme.example"), by=None)


def of_provider(acme: Tenant) -> None:
    IdentityProvider.objects.get(slug="okta").disable()


def of_deleted_provider(acme: Tenant) -> None:
    IdentityProvider.objects.get(slug="okta").delete()


def of_tenant(acme: Tenant) -> None:
    acme.suspend()


@pytest.mark.parametrize("end", [of_user, of_provider, of_deleted_provider, of_tenant])
def test_sessions_end_in_the_transaction_of_what_ends_them(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, end: Callable[[Tenant], None]
) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    arrive(browser, okta, "Bob")
    bystander = client_for(acme, make_user("Somebody Else"))

    with transaction.atomic():
        end(acme)
        assert not Session.objects.filter(user__email="bob.lund@acme.example").exists()
        assert Session.objects.count() == (0 if end is of_tenant else 1)
        transaction.set_rollback(True)
    Tenant.objects.get(pk=acme.pk).save()
    assert is_in(browser), "what ends them was undone, so they are there again"

    end(acme)
    assert browser.get("/").status_code == (403 if end is of_tenant else 302)
    assert is_in(bystander) == (end is not of_tenant)


def test_a_provider_of_another_tenant_ends_no_session_here(
    acme: Tenant, globex: Tenant, carol: User, client_for: ClientFor
) -> None:
    provider = live_provider_row(globex, "okta")
    browser = client_for(acme, carol)
    provider.disable()
    provider.delete()
    assert is_in(browser)


def test_a_tenant_with_providers_and_sessions_can_be_deleted(globex: Tenant, client_for: ClientFor) -> None:
    provider = live_provider_row(globex, "okta")
    with tenant_context(globex):
        client_for(globex, make_user("Mallory Crane"))
        # As a commit does, which a test's transaction never sees: what is checked later is checked now.
        connection.check_constraints()
    Tenant.objects.get(pk=globex.pk).delete()
    assert not IdentityProvider.objects.filter(pk=provider.pk).exists()


def test_a_session_deleted_meanwhile_is_not_brought_back(acme: Tenant, carol: User, client_for: ClientFor) -> None:
    browser = client_for(acme)
    sign_in(browser, acme, carol)
    session = browser.session
    session["seen"] = 0
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()
    assert not Session.objects.exists()
    assert not is_in(browser)
