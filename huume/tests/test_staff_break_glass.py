"""Break-glass in the account managers' admin: who may ask and who approve, and what each of them sees."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts import emergency
from accounts.models import SignIn, User
from accounts.tests.emergency_cast import REASON, Outage, outage
from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, Mails, TenantClient
from huume.tests.staff_desk import add_manager, enter
from tenants.models import EmergencyAccess, Tenant

PAGE = "/admin/break-glass/"
ASK = f"{PAGE}?tenant=acme"
BUTTONS = ("approve", "turn-down")


@pytest.fixture
def there(acme: Tenant, okta: FakeProvider) -> Outage:
    return outage(acme, okta)


@pytest.fixture
def ada(there: Outage, staff: Tenant, client_for: ClientFor) -> TenantClient:
    return enter(client_for(staff), add_manager("ada@huume.example"))


@pytest.fixture
def ben(there: Outage, staff: Tenant, client_for: ClientFor) -> TenantClient:
    return enter(client_for(staff), add_manager("ben@huume.example"))


def ask(browser: TenantClient, there: Outage, **changes: Any) -> Any:
    return browser.post(ASK, {"person": there.alice.pk, "reason": REASON, **changes})


def asked(there: Outage) -> EmergencyAccess:
    return emergency.ask(there.tenant, there.alice.pk, REASON, there.ada)


def press_raw(browser: TenantClient, what: str, found: EmergencyAccess) -> Any:
    return browser.post(f"{PAGE}{found.pk}/{what}")


def press(browser: TenantClient, what: str, found: EmergencyAccess) -> str:
    """What the page says after the button."""
    answer = browser.post(f"{PAGE}{found.pk}/{what}", follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    return str(answer.content.decode())


def tire(browser: TenantClient) -> None:
    """The confirmation is over five minutes old."""
    with tenant_context(Tenant.objects.get(schema_name="staff")):
        session = browser.session
        session["confirmed_at"] -= 301
        session.save()


# Refused.


def test_without_the_permission_nothing_is_there(there: Outage, staff: Tenant, client_for: ClientFor) -> None:
    person = add_manager("eve@huume.example")
    with tenant_context(staff):
        person.groups.clear()
    eve, found = enter(client_for(staff), person), asked(there)
    answers = [eve.get(PAGE), eve.get(ASK), ask(eve, there), *(press_raw(eve, what, found) for what in BUTTONS)]
    assert {answer.status_code for answer in answers} == {403}
    assert EmergencyAccess.objects.get().decided_at is None


def test_signed_out_nobody_gets_there(there: Outage, staff: Tenant, client_for: ClientFor) -> None:
    browser, found = client_for(staff), asked(there)
    answers = [browser.get(PAGE), ask(browser, there), *(press_raw(browser, what, found) for what in BUTTONS)]
    assert {answer["Location"].partition("?")[0] for answer in answers} == {"/admin/login/"}
    assert EmergencyAccess.objects.get().decided_at is None


def test_it_is_not_there_on_a_tenants_host(there: Outage, client_for: ClientFor) -> None:
    assert client_for(there.tenant, there.alice).get(PAGE).status_code == 404


def test_asking_and_deciding_want_a_fresh_confirmation(there: Outage, ada: TenantClient, ben: TenantClient) -> None:
    tire(ada)
    assert ask(ada, there)["Location"] == "/admin/confirm/?next=%2Fadmin%2Fbreak-glass%2F%3Ftenant%3Dacme"
    found = asked(there)
    tire(ben)
    for what in BUTTONS:
        assert press_raw(ben, what, found)["Location"].startswith("/admin/confirm/")
    found.refresh_from_db()
    assert found.decided_at is None


@pytest.mark.parametrize("what", BUTTONS)
def test_a_decision_is_posted(there: Outage, ben: TenantClient, what: str) -> None:
    found = asked(there)
    assert ben.get(f"{PAGE}{found.pk}/{what}").status_code == 405
    assert press_raw(ben, what, EmergencyAccess(pk=uuid4())).status_code == 404


@pytest.mark.parametrize("tenant", ["staff", "public", "nobody", "\x00"])
def test_only_customers_are_offered(ada: TenantClient, tenant: str) -> None:
    answer = ada.get(PAGE, {"tenant": tenant})
    assert answer.context["chosen"].errors
    assert "form" not in answer.context


@pytest.mark.parametrize("changes", [{"reason": "short"}, {"reason": ""}, {"person": ""}, {"person": "987654"}])
def test_what_is_missing_is_asked_for(there: Outage, ada: TenantClient, changes: dict[str, str]) -> None:
    assert ask(ada, there, **changes).context["form"].errors
    assert not EmergencyAccess.objects.exists()


def test_while_the_directory_answers_it_says_so_and_keeps_what_was_typed(there: Outage, ada: TenantClient) -> None:
    there.okta.start()
    page = ask(ada, there).content.decode()
    assert "Okta answers, so people can sign in" in page
    assert REASON in page
    assert not EmergencyAccess.objects.exists()


def test_who_asked_finds_no_button_to_approve(there: Outage, ada: TenantClient) -> None:
    ask(ada, there)
    found = EmergencyAccess.objects.get()
    page = ada.get(PAGE).content.decode()
    assert f"{PAGE}{found.pk}/approve" not in page
    assert "You asked for it, so somebody else approves it." in page
    assert "You asked for this link yourself" in press(ada, "approve", found)
    assert EmergencyAccess.objects.get().token_digest is None


def test_a_superuser_is_no_exception(there: Outage, staff: Tenant, client_for: ClientFor) -> None:
    root = enter(client_for(staff), add_manager("root@huume.example", "--superuser"))
    ask(root, there)
    assert "You asked for this link yourself" in press(root, "approve", EmergencyAccess.objects.get())


def test_once_the_directory_is_back_it_is_not_approved(there: Outage, ben: TenantClient) -> None:
    found = asked(there)
    there.okta.start()
    assert "Okta answers, so people can sign in" in press(ben, "approve", found)


def test_administrators_who_cannot_have_one_are_there_with_the_reason(there: Outage, ada: TenantClient) -> None:
    SignIn.objects.filter(user=there.amir).update(at=timezone.now() - timedelta(days=31))
    page = ada.get(ASK).content.decode()
    assert re.search(r"Amir Haddad</strong>: This person has not signed in", page)
    assert f'value="{there.amir.pk}"' not in page
    assert ask(ada, there, person=there.amir.pk).context["form"].errors


def test_a_tenant_without_administrators_says_so(there: Outage, ada: TenantClient) -> None:
    User.objects.update(is_active=False)
    assert "has no active user administrator" in ada.get(ASK).content.decode()


def test_markup_in_a_reason_or_a_name_stays_text(there: Outage, ada: TenantClient) -> None:
    User.objects.filter(pk=there.alice.pk).update(name="<b>Alice</b>")
    ask(ada, there, reason="<script>alert(1)</script>")
    for page in (ada.get(PAGE), ada.get(ASK)):
        assert "<script>alert" not in page.content.decode()
        assert "<b>Alice" not in page.content.decode()


# The way of a request.


def test_the_page_is_empty_at_first(ada: TenantClient) -> None:
    assert "No emergency link has ever been asked for." in ada.get(PAGE).content.decode()


def test_ada_asks_and_ben_approves(there: Outage, ada: TenantClient, ben: TenantClient, mails: Mails) -> None:
    assert ask(ada, there)["Location"] == PAGE
    found = EmergencyAccess.objects.get()
    page = ben.get(PAGE).content.decode()
    for words in ("Alice Reed", "Acme Homes", REASON, "ada@huume.example", "Okta: "):
        assert words in page
    assert all(words in page for words in found.findings[0]["said"])
    assert "Approved. The link is on its way" in press(ben, "approve", found)
    assert "Approved by ben@huume.example · the link works until" in ada.get(PAGE).content.decode()
    assert [mail.to for mail in mails() if "/emergency/" in mail.body] == [[there.alice.email]]


def test_ben_turns_it_down(there: Outage, ben: TenantClient, mails: Mails) -> None:
    assert "Turned down by ben@huume.example" in press(ben, "turn-down", asked(there))
    assert not [mail for mail in mails() if "/emergency/" in mail.body]


def test_the_list_says_how_each_ended(there: Outage, ada: TenantClient) -> None:
    found = asked(there)
    long_ago = {"asked_at": timezone.now() - timedelta(hours=2)}
    approved = long_ago | {"decided_at": timezone.now(), "decided_by": "ben", "approved": True}
    over = approved | {"expires_at": timezone.now() - timedelta(minutes=1)}
    for values, words in (
        (long_ago, "Nobody decided within the hour"),
        (over, "the link ran out unused at"),
        (over | {"used_at": timezone.now()}, "used at"),
    ):
        EmergencyAccess.objects.filter(pk=found.pk).update(**values)
        assert words in ada.get(PAGE).content.decode()
