"""Whoever configures, disables or deletes a provider, suspends or resumes a tenant, is on record with what changed."""

from typing import Any

import pytest

from accounts.models import HistoryEntry
from accounts.tests.fake_provider import FakeProvider
from huume.testing import TenantClient
from tenants.actor import COMMAND
from tenants.models import IdentityProvider, Tenant
from tenants.tests.test_admin_providers import SECRET, ada, change_data, live, new_data, page_of, submitted
from tenants.tests.test_configure_provider import SECRET as TYPED
from tenants.tests.test_configure_provider import Command, acme_okta, command
from tenants.tests.test_tenant_commands import run

__all__ = ["ada", "command", "live", "submitted"]
KINDS = ["provider.configured", "provider.disabled", "provider.deleted", "tenant.suspended", "tenant.resumed"]


def entries() -> list[HistoryEntry]:
    return list(HistoryEntry.objects.filter(kind__in=KINDS).order_by("pk"))


def told(entry: HistoryEntry) -> str:
    return repr([entry.before, entry.after])


def test_what_an_operator_configures_is_on_record_without_the_secret(
    acme: Tenant, command: Command, okta: FakeProvider
) -> None:
    command.run(*acme_okta(okta, "--email-domain", "acme.example"))
    (entry,) = entries()
    assert (entry.kind, entry.actor_kind, entry.before) == ("provider.configured", "command", {})
    assert entry.about == str(IdentityProvider.objects.get().pk)
    assert (entry.after["issuer"], entry.after["email_domains"]) == (okta.issuer, ["acme.example"])
    assert (entry.after["secret_stored"], entry.after["secret_given"]) == (True, True)
    assert TYPED not in told(entry)


def test_the_same_again_is_nothing_new(acme: Tenant, command: Command, okta: FakeProvider) -> None:
    without = ("acme", "okta", "--issuer", okta.issuer, "--client-id", "acme-client")
    for _again in range(2):
        command.run(*without)
    assert len(entries()) == 1


def test_a_live_provider_that_an_operator_moves_says_that_it_is_live_no_more(
    acme: Tenant, command: Command, live: IdentityProvider
) -> None:
    with FakeProvider() as other:
        command.run("acme", "okta", "--issuer", other.issuer, "--client-id", "acme-client")
    (entry,) = entries()
    assert (entry.before["issuer"], entry.after["issuer"]) == (live.issuer, other.issuer)
    assert (entry.before["status"], entry.after["status"]) == ("live", "submitted")
    assert (entry.before["secret_stored"], entry.after["secret_stored"]) == (True, False)


def test_a_provider_that_is_added_in_the_admin_is_on_record_once(
    ada: TenantClient, acme: Tenant, okta: FakeProvider
) -> None:
    ada.post("/admin/tenants/identityprovider/add/", new_data(acme, domain=okta.issuer))
    (entry,) = entries()
    assert (entry.kind, entry.actor_kind, entry.before) == ("provider.configured", "staff", {})
    assert entry.after["email_domains"] == ["acme.example", "acme.test"]
    assert SECRET not in told(entry)


def test_so_is_a_change_of_one_that_is_not_live(ada: TenantClient, submitted: IdentityProvider) -> None:
    ada.post(page_of(submitted), change_data(submitted, client_id="another-client"))
    (entry,) = entries()
    assert (entry.before["client_id"], entry.after["client_id"]) == ("acme-client", "another-client")
    assert "secret_given" not in entry.after


def test_email_domains_of_a_live_provider_are_on_record_and_a_label_is_not(
    ada: TenantClient, live: IdentityProvider
) -> None:
    ada.post(page_of(live), change_data(live, label="Acme staff"))
    assert entries() == []
    ada.post(page_of(live), change_data(live, email_domains="acme.test"))
    (entry,) = entries()
    assert (entry.before["email_domains"], entry.after["email_domains"]) == (["acme.example"], ["acme.test"])


def test_disabling_is_on_record_once(ada: TenantClient, live: IdentityProvider) -> None:
    for _again in range(2):
        ada.post(page_of(live, "disable"))
    (entry,) = entries()
    assert (entry.kind, entry.actor_kind, entry.about) == ("provider.disabled", "staff", str(live.pk))
    assert (entry.before, entry.after) == ({"status": "live"}, {"status": "disabled"})


def test_deleting_is_on_record(ada: TenantClient, live: IdentityProvider) -> None:
    ada.post(page_of(live, "delete"), {"post": "yes"})
    (entry,) = entries()
    assert (entry.kind, entry.actor_kind, entry.before["slug"]) == ("provider.deleted", "staff", "okta")
    assert "acme-secret" not in told(entry)


@pytest.mark.parametrize("by_admin", [True, False])
def test_suspending_and_resuming_are_on_record_once_each(ada: TenantClient, acme: Tenant, by_admin: bool) -> None:
    def twice(what: str) -> None:
        for _again in range(2):
            act: Any = (
                ada.post(f"/admin/tenants/tenant/{acme.pk}/{what}/") if by_admin else run(f"{what}_tenant", "acme")
            )
            assert act

    twice("suspend")
    twice("resume")
    by = "staff" if by_admin else COMMAND.kind
    assert [(entry.kind, entry.actor_kind) for entry in entries()] == [("tenant.suspended", by), ("tenant.resumed", by)]
