"""“Switch live” on the staff host: what the page says, who may press it, what is logged."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts.going_live import fingerprint
from accounts.models import HistoryEntry, User
from accounts.oidc.requests import new_secret
from huume.staff.confirmation import FRESH_SECONDS
from huume.testing import ClientFor, Mails, TenantClient, live_provider_row, make_user
from huume.tests.staff_desk import ADA, enter
from huume.tests.test_readiness import viewer
from tenants.models import IdentityProvider, Tenant, TrialSignIn

ALICE = "alice.reed@acme.example"


@pytest.fixture
def ada(staff: Tenant, client_for: ClientFor) -> TenantClient:
    return enter(client_for(staff))


@pytest.fixture
def ready(acme: Tenant) -> IdentityProvider:
    return change(live_provider_row(acme), status="submitted", checked_at=timezone.now(), tested_at=timezone.now())


def change(provider: IdentityProvider, **values: Any) -> IdentityProvider:
    IdentityProvider.objects.filter(pk=provider.pk).update(**values)
    return IdentityProvider.objects.select_related("tenant").get(pk=provider.pk)


def is_live(provider: IdentityProvider) -> bool:
    return IdentityProvider.objects.get(pk=provider.pk).is_live


def page_of(provider: IdentityProvider) -> str:
    return f"/admin/going-live/{provider.pk}/"


def press(browser: TenantClient, provider: IdentityProvider, **more: str) -> Any:
    """The button, as the page that was looked at sends it."""
    return browser.post(page_of(provider), {"seen": fingerprint(provider), **more}, follow=True)


@pytest.mark.parametrize("changed", [{"issuer": "https://evil.example"}, {"first_administrator": "eve@acme.example"}])
def test_what_was_changed_since_one_looked_does_not_go_live(
    ada: TenantClient, ready: IdentityProvider, changed: dict[str, str]
) -> None:
    seen = fingerprint(ready)
    change(ready, **changed)
    for sent in ({"seen": seen, "anyway": "1"}, {"anyway": "1"}):
        assert "changed since you looked" in text(ada.post(page_of(ready), sent, follow=True))
        assert not is_live(ready)


def test_the_page_shows_whose_client_goes_live(ada: TenantClient, ready: IdentityProvider) -> None:
    page = text(ada.get(page_of(ready)))
    assert ready.issuer in page
    assert ready.client_id in page
    assert f'name="seen" value="{fingerprint(ready)}"' in page


def text(answer: Any) -> str:
    assert answer.status_code == 200
    page: str = answer.content.decode()
    return page


def test_nobody_without_the_permission(staff: Tenant, client_for: ClientFor, ready: IdentityProvider) -> None:
    browser = enter(client_for(staff), viewer(staff))
    assert browser.get(page_of(ready)).status_code == 403
    assert browser.post(page_of(ready)).status_code == 403


def test_view_only_staff_sees_no_button_and_presses_none(
    staff: Tenant, client_for: ClientFor, ready: IdentityProvider
) -> None:
    browser = enter(client_for(staff), viewer(staff, "view_tenant"))
    assert 'class="button default"' not in text(browser.get(page_of(ready)))
    assert browser.post(page_of(ready)).status_code == 403
    assert not is_live(ready)


def test_without_a_fresh_confirmation_nothing_happens(
    ada: TenantClient, ready: IdentityProvider, staff: Tenant
) -> None:
    with tenant_context(staff):
        session = ada.session
        session["confirmed_at"] -= FRESH_SECONDS
        session.save()
    assert ada.post(page_of(ready))["Location"].startswith("/admin/confirm/?next=")
    assert not is_live(ready)


def test_no_provider_no_page(ada: TenantClient, staff: Tenant) -> None:
    assert ada.get("/admin/going-live/00000000-0000-4000-8000-000000000000/").status_code == 404
    assert ada.get(page_of(live_provider_row(staff))).status_code == 404


def test_all_good_says_who_hears_of_it(ada: TenantClient, ready: IdentityProvider, acme: Tenant) -> None:
    Tenant.objects.filter(pk=acme.pk).update(account_manager=ADA)
    page = text(ada.get(page_of(change(ready, first_administrator=ALICE))))
    for words in ("All good", "it@acme.example", ADA, ALICE, "acme.example", acme.address):
        assert words in page
    assert 'name="anyway"' not in page


def test_obstacles_are_listed_and_only_a_tick_passes_over_them(ada: TenantClient, ready: IdentityProvider) -> None:
    ready = change(ready, tested_at=None)
    page = text(ada.get(page_of(ready)))
    assert "Nobody has made a test sign-in" in page
    assert 'name="anyway"' in page
    assert "Nobody has made a test sign-in" in text(press(ada, ready))
    assert not is_live(ready)
    press(ada, ready, anyway="1")
    assert is_live(ready)
    assert HistoryEntry.objects.get(kind="provider.live_anyway").actor_kind == "staff"


def test_a_suspended_tenant_has_no_switch(ada: TenantClient, ready: IdentityProvider, acme: Tenant) -> None:
    acme.suspend()
    page = text(ada.get(page_of(ready)))
    assert "Resume it first" in page
    assert 'name="anyway"' not in page
    assert 'class="button default"' not in page


def test_switching_live_is_logged_mailed_and_leads_back_to_the_board(
    ada: TenantClient, ready: IdentityProvider, staff: Tenant, mails: Mails
) -> None:
    answer = press(ada, change(ready, first_administrator=ALICE))
    assert answer.redirect_chain == [("/admin/readiness/", 302)]
    assert is_live(ready)
    assert {message.to[0] for message in mails()} == {"it@acme.example", ALICE}
    with tenant_context(staff):
        assert LogEntry.objects.latest("pk").get_change_message().startswith("Switched live")


def test_pressing_twice_logs_once(ada: TenantClient, ready: IdentityProvider, staff: Tenant) -> None:
    press(ada, ready)
    assert "live already" in text(press(ada, ready))
    with tenant_context(staff):
        assert LogEntry.objects.count() == 1


def test_live_without_an_administrator_one_can_be_made(
    ada: TenantClient, ready: IdentityProvider, mails: Mails
) -> None:
    provider = change(ready, status="live", first_administrator=ALICE)
    assert f"Make {ALICE} user administrator" in text(ada.get(page_of(provider)))
    ada.post(page_of(provider), {"administrator": "1"})
    assert [person.email for person in User.objects.administrators()] == [ALICE]
    assert [message.to[0] for message in mails()] == [ALICE]


def test_before_it_is_live_nobody_is_made(ada: TenantClient, ready: IdentityProvider) -> None:
    provider = change(ready, first_administrator=ALICE)
    assert "Nobody was made" in text(ada.post(page_of(provider), {"administrator": "1"}, follow=True))
    assert not User.objects.exists()


def test_where_one_has_signed_in_there_is_nothing_to_make(
    ada: TenantClient, ready: IdentityProvider, acme: Tenant
) -> None:
    make_user("Carol Marsh", roles=("User administrator",), subject=new_secret())
    page = text(ada.get(page_of(change(ready, status="live", first_administrator=ALICE))))
    assert "has signed in already" in page
    assert 'name="administrator"' not in page


def test_what_the_check_found_is_there_to_judge(ada: TenantClient, ready: IdentityProvider) -> None:
    moment = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
    assert "nothing failed" in text(ada.get(page_of(change(ready, checked_at=moment))))
    page = text(ada.get(page_of(change(ready, check_failed=["client", "scopes"]))))
    for words in ("3 Nov 2026, 09:30: 2 lines failed", "<li>The scopes are not granted", f'/admin/check/{ready.pk}/"'):
        assert words in page
    assert "Not made with these settings" in text(ada.get(page_of(change(ready, checked_at=None, check_failed=[]))))


def test_nobody_has_tried(ada: TenantClient, ready: IdentityProvider) -> None:
    assert "Nobody has tried." in text(ada.get(page_of(change(ready, tested_at=None))))


def test_what_the_test_warned_of_is_there_to_judge_and_not_who_tried(
    ada: TenantClient, ready: IdentityProvider
) -> None:
    moment = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
    claims = {"name": "Tessa Tester", "email": "tessa@elsewhere.example", "subject": "00u-tessa", "phone": "+4477"}
    warned = TrialSignIn.objects.create(provider=ready, at=moment, claims=claims, warnings=["thin_claims", "gone"])
    page = text(ada.get(page_of(change(ready, tested_at=moment))))
    assert "3 Nov 2026, 09:30: somebody got through." in page
    assert "Given name and family name did not both come" in page
    assert not [value for value in claims.values() if value in page]
    warned.delete()
    assert "warned" not in text(ada.get(page_of(ready)))


def test_a_test_that_failed_says_why(ada: TenantClient, ready: IdentityProvider) -> None:
    TrialSignIn.objects.create(provider=ready, reason="not_assigned")
    page = text(ada.get(page_of(ready)))
    assert ": it failed." in page
    assert "must be assigned" in page
    assert "got through" not in page


@pytest.mark.parametrize("since", [{"tested_at": None}, {"submitted_at": datetime(2100, 1, 1, tzinfo=UTC)}])
def test_a_test_of_earlier_settings_says_so(ada: TenantClient, ready: IdentityProvider, since: dict[str, Any]) -> None:
    TrialSignIn.objects.create(provider=ready)
    assert "settings were changed since" in text(ada.get(page_of(change(ready, **since))))


def test_a_test_of_settings_kept_beside_is_not_of_these(ada: TenantClient, ready: IdentityProvider) -> None:
    TrialSignIn.objects.create(provider=ready, settings=uuid4(), reason="not_assigned")
    assert "must be assigned" not in text(ada.get(page_of(ready)))


@pytest.mark.parametrize("markup", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_markup_stays_text(ada: TenantClient, ready: IdentityProvider, acme: Tenant, markup: str) -> None:
    Tenant.objects.filter(pk=acme.pk).update(name=markup, contact=f"{markup}@acme.example")
    provider = change(ready, label=markup[:60], first_administrator=f"{markup}@acme.example", check_failed=[markup])
    assert markup not in text(ada.get(page_of(provider)))
    assert markup not in text(press(ada, provider))
