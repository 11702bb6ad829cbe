"""Going live: what is in the way of it, who may pass over what, and what follows from it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts.access import set_access
from accounts.going_live import NotReady, bars, go_live, make_first_administrator, obstacles
from accounts.models import HistoryEntry, Role, User
from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, Mails, TenantClient, arrive, configure_okta, make_user
from tenants import setup_links
from tenants.actor import COMMAND, Actor
from tenants.models import IdentityProvider, ProviderSettings, SetupLink, Tenant

ADA = Actor("staff", key="1", name="ada@huume.example")
CONTACT = Actor("contact", key="a-link", name="it@acme.example")
ALICE = "alice.reed@acme.example"


@pytest.fixture
def ready(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    """Checked, tested, not live."""
    provider = configure_okta(acme, okta)
    now = timezone.now()
    changes = {"status": "submitted", "live_at": None, "submitted_at": now - timedelta(hours=1)}
    IdentityProvider.objects.filter(pk=provider.pk).update(checked_at=now, tested_at=now, **changes)
    return fresh(provider)


def fresh(provider: IdentityProvider) -> IdentityProvider:
    return IdentityProvider.objects.select_related("tenant").get(pk=provider.pk)


def change(provider: IdentityProvider, **values: Any) -> IdentityProvider:
    IdentityProvider.objects.filter(pk=provider.pk).update(**values)
    return fresh(provider)


def kinds(*wanted: str) -> list[str]:
    return [entry.kind for entry in HistoryEntry.objects.order_by("pk") if entry.kind in wanted]


def recipients(mails: Mails) -> list[str]:
    return sorted(mail.to[0] for mail in mails())


NOW = timezone.now()
LATER = NOW + timedelta(days=365)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"client_id": ""}, "missing: client ID"),
        ({"checked_at": None}, "has not been made"),
        ({"submitted_at": LATER, "tested_at": LATER}, "changed after the last live check"),
        (
            {"check_failed": ["redirect_uri", "scopes"]},
            "redirect URI is not registered; The scopes are not granted",
        ),
        ({"tested_at": None}, "test sign-in"),
        ({"submitted_at": LATER, "checked_at": LATER}, "changed after the last test sign-in"),
        ({"first_administrator": "alice@other.example"}, "Add other.example to the email domains"),
    ],
)
def test_each_obstacle_is_a_sentence(ready: IdentityProvider, values: dict[str, Any], words: str) -> None:
    provider = change(ready, **values)
    (said,) = obstacles(provider)
    assert words in said
    with pytest.raises(NotReady, match=words):
        go_live(provider, ADA)
    assert not fresh(provider).is_live


def test_nothing_is_in_the_way(ready: IdentityProvider) -> None:
    assert obstacles(change(ready, first_administrator=ALICE)) == []


def test_a_suspended_tenant_goes_live_in_no_way(ready: IdentityProvider, acme: Tenant) -> None:
    acme.suspend()
    for anyway in (False, True):
        with pytest.raises(NotReady, match="suspended"):
            go_live(ready, ADA, anyway=anyway)
    assert not fresh(ready).is_live


def test_what_is_missing_is_not_passed_over(ready: IdentityProvider) -> None:
    provider = change(ready, client_id="")
    assert bars(provider)
    with pytest.raises(NotReady):
        go_live(provider, ADA, anyway=True)


def test_an_account_manager_passes_over_doubts_on_record(ready: IdentityProvider) -> None:
    provider = change(ready, tested_at=None, check_failed=["clock"])
    assert go_live(provider, ADA, anyway=True)
    assert fresh(provider).is_live
    assert kinds("provider.live_anyway", "provider.went_live") == ["provider.live_anyway", "provider.went_live"]
    entry = HistoryEntry.objects.get(kind="provider.live_anyway")
    assert entry.actor_kind == "staff"
    assert len(entry.after["obstacles"]) == 2


def test_where_all_is_good_nothing_was_passed_over(ready: IdentityProvider) -> None:
    go_live(ready, ADA, anyway=True)
    assert kinds("provider.live_anyway", "provider.went_live") == ["provider.went_live"]


@pytest.mark.parametrize("values", [{}, {"contact_may_activate": True, "status": "disabled"}])
def test_an_it_contact_who_may_not(ready: IdentityProvider, values: dict[str, Any]) -> None:
    provider = change(ready, **values)
    with pytest.raises(NotReady, match="account manager"):
        go_live(provider, CONTACT)
    assert not fresh(provider).is_live


def test_an_it_contact_never_passes_over_a_doubt(ready: IdentityProvider) -> None:
    provider = change(ready, contact_may_activate=True, tested_at=None)
    with pytest.raises(NotReady, match="test sign-in"):
        go_live(provider, CONTACT, anyway=True)


def test_an_it_contact_who_may(ready: IdentityProvider) -> None:
    provider = change(ready, contact_may_activate=True)
    assert go_live(provider, CONTACT)
    assert provider.is_live
    assert fresh(provider).live_at
    assert HistoryEntry.objects.get(kind="provider.went_live").actor_kind == "contact"


def test_twice_is_once(ready: IdentityProvider, mails: Mails) -> None:
    stale = fresh(ready)
    assert go_live(ready, ADA)
    assert not go_live(stale, ADA)
    assert kinds("provider.went_live") == ["provider.went_live"]
    assert recipients(mails) == ["it@acme.example"]


def test_who_gets_which_mail(ready: IdentityProvider, acme: Tenant, mails: Mails) -> None:
    Tenant.objects.filter(pk=acme.pk).update(account_manager="ada@huume.example")
    setup_links.make(ready, "Sam@acme.example", by=ADA)
    go_live(change(ready, first_administrator=ALICE), ADA)
    assert recipients(mails) == ["Sam@acme.example", "ada@huume.example", ALICE]
    assert acme.address in mails()[0].body


def test_nobody_known_nobody_mailed(ready: IdentityProvider, acme: Tenant, mails: Mails) -> None:
    Tenant.objects.filter(pk=acme.pk).update(contact="")
    assert go_live(ready, ADA)
    assert recipients(mails) == []


def test_a_command_tells_only_whoever_has_a_link(ready: IdentityProvider, mails: Mails) -> None:
    ready.activate(COMMAND)
    assert recipients(mails) == []
    assert kinds("provider.went_live") == ["provider.went_live"]
    provider = change(ready, status="submitted")
    setup_links.make(provider, "sam@acme.example", by=ADA)
    provider.activate(COMMAND)
    assert recipients(mails) == ["sam@acme.example"]


def test_a_command_that_runs_twice_switches_once(ready: IdentityProvider) -> None:
    ready.activate(COMMAND)
    since = fresh(ready).live_at
    ready.activate(COMMAND)
    assert kinds("provider.went_live") == ["provider.went_live"]
    assert fresh(ready).live_at == since


def test_the_setup_link_is_done_with(ready: IdentityProvider) -> None:
    link, _token = setup_links.make(ready, "sam@acme.example", by=ADA)
    go_live(ready, ADA)
    link.refresh_from_db()
    assert link.end == SetupLink.End.DONE


def test_a_change_under_way_keeps_its_link(ready: IdentityProvider) -> None:
    link, _token = setup_links.make(ready, "sam@acme.example", by=ADA)
    ProviderSettings.objects.create(provider=ready)
    go_live(ready, ADA)
    link.refresh_from_db()
    assert link.is_active


def test_the_first_administrator_is_taken_over_at_first_sign_in(
    ready: IdentityProvider, acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    go_live(change(ready, first_administrator=ALICE.upper()), ADA)
    waiting = User.objects.get()
    assert (waiting.added_in_advance, [role.name for role in waiting.roles]) == (True, ["User administrator"])
    arrive(client_for(acme), okta, "alice")
    alice = User.objects.get()
    assert (alice.pk, alice.added_in_advance) == (waiting.pk, False)
    assert Tenant.objects.get(pk=acme.pk).first_administrator_at


def test_without_the_trusted_domain_they_arrive_as_somebody_new(
    ready: IdentityProvider, acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    provider = change(ready, first_administrator=ALICE, email_domains=[])
    go_live(provider, ADA, anyway=True)
    arrive(client_for(acme), okta, "alice")
    assert User.objects.count() == 2
    assert Tenant.objects.get(pk=acme.pk).first_administrator_at is None


def test_the_first_administrator_is_made_and_welcomed_once(ready: IdentityProvider, mails: Mails) -> None:
    provider = change(ready, first_administrator=ALICE)
    go_live(provider, ADA)
    provider.disable()
    go_live(provider, ADA)
    assert User.objects.count() == 1
    assert recipients(mails).count(ALICE) == 1


def test_nobody_is_made_where_one_has_signed_in(ready: IdentityProvider, mails: Mails) -> None:
    make_user("Carol Marsh", roles=("User administrator",))
    provider = change(ready, first_administrator=ALICE)
    go_live(provider, ADA)
    assert not User.objects.filter(email=ALICE).exists()
    assert ALICE not in recipients(mails)


def test_roles_that_somebody_has_in_advance_stay(ready: IdentityProvider) -> None:
    alice = User.objects.add_in_advance(ALICE)
    set_access(alice, roles=[Role.objects.get(name="Auditor")], teams=[], by=None)
    go_live(change(ready, first_administrator=ALICE), ADA)
    assert {role.name for role in User.objects.get().roles} == {"Auditor", "User administrator"}


def test_somebody_known_whom_the_directory_vouches_for_gets_the_role(ready: IdentityProvider) -> None:
    alice = make_user("Alice Reed")
    go_live(change(ready, first_administrator=ALICE), ADA)
    assert [role.name for role in alice.roles] == ["User administrator"]


@pytest.mark.parametrize("doubtful", ["not_verified", "two_of_them"])
def test_a_claimed_address_gives_nothing(ready: IdentityProvider, doubtful: str) -> None:
    someone = make_user("Alice Reed")
    if doubtful == "not_verified":
        User.objects.filter(pk=someone.pk).update(email_verified=False)
    else:
        make_user("Alice Reed")
    provider = change(ready, first_administrator=ALICE)
    (said,) = obstacles(provider)
    assert "signed in before" in said
    go_live(provider, ADA, anyway=True)
    assert not User.objects.administrators().exists()


def test_the_standard_role_may_be_gone(ready: IdentityProvider) -> None:
    Role.objects.filter(name="User administrator").delete()
    assert go_live(change(ready, first_administrator=ALICE), ADA)
    assert not User.objects.exists()


def test_nobody_named_nobody_made(ready: IdentityProvider) -> None:
    assert make_first_administrator(ready, ADA) is None
    assert not User.objects.exists()


def test_it_happens_in_the_tenants_schema_from_wherever_it_is_pressed(
    ready: IdentityProvider, acme: Tenant, staff: Tenant
) -> None:
    provider = change(ready, first_administrator=ALICE)
    with tenant_context(staff):
        go_live(provider, ADA)
        assert not User.objects.filter(email=ALICE).exists()
    assert User.objects.filter(email=ALICE).exists()


def test_people_sign_in_once_it_is_live(
    ready: IdentityProvider, acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    browser: TenantClient = client_for(acme)
    assert browser.get("/oidc/okta/start/").status_code == 403
    go_live(ready, ADA)
    assert arrive(browser, okta, "alice").status_code == 302
