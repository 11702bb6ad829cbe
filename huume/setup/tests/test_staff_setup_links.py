"""A tenant's setup links in the account managers' admin: seen, sent, shown once, revoked."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import override_settings
from django_tenants.utils import tenant_context

from accounts.models import HistoryEntry
from huume.setup.tests.setup_cast import make_link, provider_of
from huume.testing import ClientFor, Mails, TenantClient, live_provider_row, work_off_queue
from huume.tests.staff_desk import ADA, add_manager, enter
from tenants import setup_links
from tenants.models import IdentityProvider, Mail, SetupLink, Tenant

ADDRESS = re.compile(r"http://acme\.localhost:8000(/setup/([A-Za-z0-9_-]{43})/)")
GIVEN = {"provider": "new", "kind": "okta", "slug": "okta", "email": "it@acme.example", "days": "7"}


@pytest.fixture
def ada(staff: Tenant, client_for: ClientFor) -> TenantClient:
    return enter(client_for(staff))


def page(tenant: Tenant) -> str:
    return f"/admin/setup-links/{tenant.pk}/"


def press(browser: TenantClient, tenant: Tenant, act: str = "send", **given: str) -> Any:
    return browser.post(page(tenant), {**GIVEN, "act": act, **given})


def logged(staff: Tenant) -> list[str]:
    with tenant_context(staff):
        return list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))


def test_signed_out_nobody_sees_it(acme: Tenant, staff: Tenant, client_for: ClientFor) -> None:
    for method in ("get", "post"):
        assert "/admin/login/" in getattr(client_for(staff), method)(page(acme))["Location"]


def test_without_the_permission_nobody_sees_it_and_who_sees_it_may_not_send(
    acme: Tenant, staff: Tenant, client_for: ClientFor
) -> None:
    person = add_manager()
    with tenant_context(staff):
        person.is_superuser = False
        person.save()
        person.groups.clear()
        person.user_permissions.clear()
    browser = enter(client_for(staff), person)
    assert browser.get(page(acme)).status_code == 403
    with tenant_context(staff):
        person.user_permissions.add(Permission.objects.get(codename="view_tenant"))
    shown = browser.get(page(acme))
    assert shown.status_code == 200
    assert "Send the link" not in shown.content.decode()
    assert press(browser, acme).status_code == 403
    assert not SetupLink.objects.exists()


def test_it_wants_a_confirmation_first(acme: Tenant, ada: TenantClient, mails: Mails) -> None:
    link, _token = make_link(acme)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("huume.staff.confirmation.FRESH_SECONDS", -1)
        for given in ({"act": "send"}, {"act": "show"}, {"revoke": str(link.pk)}):
            answer = ada.post(page(acme), {**GIVEN, **given})
            assert answer["Location"].startswith("/admin/confirm/?next=%2Fadmin%2Fsetup-links%2F")
    link.refresh_from_db()
    assert link.is_active
    assert mails() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("email", each) for each in ("", "it", "it@", "<b>@acme.example", "it@acme.example\nBcc: x@evil.example")],
        *[("days", each) for each in ("", "0", "31", "-1", "x")],
        *[("slug", each) for each in ("Okta", "a b", "-", "x" * 41, "<b>")],
        ("provider", "00000000-0000-0000-0000-000000000000"),
        ("kind", "saml"),
    ],
)
def test_bad_input_is_named_and_nothing_is_made(acme: Tenant, ada: TenantClient, field: str, value: str) -> None:
    answer = press(ada, acme, **{field: value})
    assert answer.status_code == 200
    assert answer.context["form"].errors[field]
    assert not SetupLink.objects.exists()
    assert not IdentityProvider.objects.exists()


def test_a_slug_that_is_there_is_refused(acme: Tenant, ada: TenantClient) -> None:
    provider_of(acme)
    assert press(ada, acme).context["form"].errors["slug"]


def test_for_a_suspended_tenant_no_link_is_made(acme: Tenant, ada: TenantClient) -> None:
    acme.suspend()
    answer = press(ada, acme)
    assert "is suspended" in answer.content.decode()
    assert not SetupLink.objects.exists()
    assert not IdentityProvider.objects.exists()


def test_a_provider_of_another_tenant_is_no_choice(acme: Tenant, globex: Tenant, ada: TenantClient) -> None:
    theirs = provider_of(globex)
    assert press(ada, acme, provider=str(theirs.pk)).context["form"].errors["provider"]
    assert not SetupLink.objects.exists()


@pytest.mark.parametrize("number", ["0", "999999", "9" * 15])
def test_no_tenant_no_page(staff: Tenant, ada: TenantClient, number: str) -> None:
    assert ada.get(f"/admin/setup-links/{number}/").status_code == 404
    assert ada.get(page(staff)).status_code == 404


def test_sending(acme: Tenant, staff: Tenant, ada: TenantClient, mails: Mails, client_for: ClientFor) -> None:
    answer = press(ada, acme, days="3", contact_may_activate="on")
    assert (answer.status_code, answer["Location"]) == (302, page(acme))
    link = SetupLink.objects.select_related("provider").get()
    assert (link.email, link.created_by) == ("it@acme.example", ADA)
    assert link.expires_at - link.created_at == timedelta(days=3)
    assert (link.provider.slug, link.provider.status, link.provider.contact_may_activate) == ("okta", "draft", True)
    (sent,) = mails()
    found = ADDRESS.search(str(sent.body))
    assert found
    assert client_for(acme).get(found[1])["Location"] == "/setup/"
    assert logged(staff) == ["Setup link for okta sent"]
    assert found[2] not in ada.get(page(acme)).content.decode()
    acme.refresh_from_db()
    assert acme.account_manager == ADA
    assert HistoryEntry.objects.filter(kind="setup_link.sent", actor_kind="staff").exists()


def test_showing_it_once(acme: Tenant, staff: Tenant, ada: TenantClient, mails: Mails, client_for: ClientFor) -> None:
    answer = press(ada, acme, "show")
    found = ADDRESS.search(answer.content.decode())
    assert found
    assert f'data-copy="{found[0]}"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert found[2] not in ada.get(page(acme)).content.decode()
    assert mails() == []
    assert client_for(acme).get(found[1])["Location"] == "/setup/"
    assert logged(staff) == ["Setup link for okta shown to copy"]


def test_with_the_mail_server_down_the_link_is_still_there_to_copy(
    acme: Tenant, ada: TenantClient, client_for: ClientFor
) -> None:
    """The mail waits and is tried again; another link takes the place of the one in it."""
    refusing = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "127.0.0.1"}
    with override_settings(**refusing, EMAIL_PORT=1):
        assert press(ada, acme).status_code == 302
        work_off_queue()
        provider = IdentityProvider.objects.get()
        answer = press(ada, acme, "show", provider=str(provider.pk))
    found = ADDRESS.search(answer.content.decode())
    assert found
    assert client_for(acme).get(found[1]).status_code == 302
    assert Mail.objects.get().sent_at is None


def test_a_second_press_replaces_the_first(
    acme: Tenant, ada: TenantClient, mails: Mails, client_for: ClientFor
) -> None:
    press(ada, acme)
    provider = IdentityProvider.objects.get()
    second = ada.post(page(acme), {**GIVEN, "act": "send", "provider": str(provider.pk)}, follow=True)
    assert "Only this newest link opens" in second.content.decode()
    assert SetupLink.objects.standing().count() == 1
    first, newest = [ADDRESS.search(str(each.body)) for each in mails()]
    assert first
    assert newest
    assert client_for(acme).get(first[1]).status_code == 410
    assert client_for(acme).get(newest[1]).status_code == 302


def test_it_proposes_the_contact_and_the_provider_that_waits(acme: Tenant, ada: TenantClient) -> None:
    live_provider_row(acme)
    waiting = provider_of(acme, "second", "entra")
    initial = ada.get(page(acme)).context["form"].initial
    assert initial["provider"] == str(waiting.pk)
    assert initial["email"] == "it@acme.example"


def test_it_shows_how_far_each_link_is(acme: Tenant, ada: TenantClient, client_for: ClientFor) -> None:
    _link, token = make_link(acme, email='"<b>it</b>"@acme.example')
    assert "not opened yet" in ada.get(page(acme)).content.decode()
    browser = client_for(acme)
    browser.get(f"/setup/{token}/")
    browser.post("/setup/send-code/")
    shown = ada.get(page(acme)).content.decode()
    assert "1 of 5 sent" in shown
    assert "opened" in shown
    assert "<b>it</b>" not in shown
    assert token not in shown


def test_revoking(acme: Tenant, staff: Tenant, ada: TenantClient) -> None:
    link, _token = make_link(acme)
    answer = ada.post(page(acme), {"revoke": str(link.pk)}, follow=True)
    assert "Revoked." in answer.content.decode()
    link.refresh_from_db()
    assert link.end == SetupLink.End.REVOKED
    again = ada.post(page(acme), {"revoke": str(link.pk)}, follow=True)
    assert "It had ended already" in again.content.decode()
    assert logged(staff) == ["Setup link for okta revoked"]


@pytest.mark.parametrize("pk", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_revoking_what_is_not_there(acme: Tenant, ada: TenantClient, pk: str) -> None:
    answer = ada.post(page(acme), {"revoke": pk}, follow=True)
    assert "There is no such link" in answer.content.decode()


def test_a_link_of_another_tenant_is_not_revoked_here(acme: Tenant, globex: Tenant, ada: TenantClient) -> None:
    link, _token = make_link(globex)
    ada.post(page(acme), {"revoke": str(link.pk)})
    link.refresh_from_db()
    assert link.is_active


def test_an_account_manager_that_is_set_stays(acme: Tenant, ada: TenantClient) -> None:
    Tenant.objects.filter(pk=acme.pk).update(account_manager="grace@huume.example")
    press(ada, acme)
    acme.refresh_from_db()
    assert acme.account_manager == "grace@huume.example"
    link = SetupLink.objects.get()
    assert setup_links.whom_to_ask(link) == ADA
