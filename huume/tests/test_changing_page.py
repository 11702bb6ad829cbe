"""The staff's page of changing a live provider: what differs, what a swap still wants, and grave buttons."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django_tenants.utils import tenant_context

from accounts.models import HistoryEntry, User
from accounts.swap import swap
from accounts.tests.swap_cast import ADA, ELSEWHERE, NEW_SECRET, candidate_of, passed
from huume.staff.confirmation import CONFIRMED_AT
from huume.testing import ClientFor, TenantClient, live_provider_row
from huume.tests.staff_desk import add_manager, enter
from tenants.models import IdentityProvider, ProviderSettings, Tenant

LIVE_SECRET = "a secret of acme's directory"


@pytest.fixture
def ada(staff: Tenant, client_for: ClientFor) -> TenantClient:
    return enter(client_for(staff), add_manager("ada@huume.example", "--superuser"))


def page_of(provider: IdentityProvider) -> str:
    return f"/admin/changing/{provider.pk}/"


def press(browser: TenantClient, provider: IdentityProvider, act: str, **more: str) -> Any:
    candidate = ProviderSettings.objects.filter(provider=provider, state="candidate").first()
    return browser.post(page_of(provider), {"act": act, "candidate": str(candidate.pk if candidate else ""), **more})


def shown(browser: TenantClient, provider: IdentityProvider) -> str:
    answer = browser.get(page_of(provider))
    assert answer.status_code == 200
    return str(answer.content.decode())


def said(answer: Any, browser: TenantClient) -> str:
    assert answer.status_code == 302
    return str(browser.get(answer["Location"]).content.decode())


def kept(state: str) -> bool:
    return ProviderSettings.objects.filter(state=state).exists()


def test_signed_out_it_is_closed(client_for: ClientFor, staff: Tenant, acme_provider: IdentityProvider) -> None:
    answer = client_for(staff).get(page_of(acme_provider))
    assert (answer.status_code, answer["Location"][:13]) == (302, "/admin/login/")


def test_a_tenants_host_has_no_such_page(
    client_for: ClientFor, acme: Tenant, mallory: User, globex: Tenant, acme_provider: IdentityProvider
) -> None:
    assert client_for(acme).get(page_of(acme_provider)).status_code in {302, 403, 404}
    assert client_for(globex, mallory).get(page_of(acme_provider)).status_code in {403, 404}


def test_without_permission_nothing_is_shown_or_done(
    staff: Tenant, client_for: ClientFor, acme_provider: IdentityProvider
) -> None:
    person = add_manager("bea@huume.example")
    with tenant_context(staff):
        person.groups.clear()
        person.user_permissions.clear()
    browser = enter(client_for(staff), person)
    passed(candidate_of(acme_provider))
    assert browser.get(page_of(acme_provider)).status_code == 403
    assert press(browser, acme_provider, "swap").status_code == 403
    assert kept("candidate")


def test_a_provider_that_is_not_there(ada: TenantClient) -> None:
    assert ada.get("/admin/changing/00000000-0000-0000-0000-000000000000/").status_code == 404


@pytest.mark.parametrize("act", ["swap", "drop", "give-back", "confirm-people"])
def test_it_asks_who_you_are_first(ada: TenantClient, acme_provider: IdentityProvider, act: str) -> None:
    passed(candidate_of(acme_provider))
    swap(acme_provider, ADA)
    candidate_of(acme_provider, secret="another")
    before = list(ProviderSettings.objects.order_by("pk").values())
    session = ada.session
    with tenant_context(Tenant.objects.get(schema_name="staff")):
        session[CONFIRMED_AT] = 0
        session.save()
    answer = press(ada, acme_provider, act, compared="on")
    assert answer["Location"].startswith("/admin/confirm/?next=")
    assert list(ProviderSettings.objects.order_by("pk").values()) == before


def test_a_swap_that_is_not_ready_is_refused_in_words(
    ada: TenantClient, acme_provider: IdentityProvider, staff: Tenant
) -> None:
    candidate_of(acme_provider)
    assert "Swap now" not in shown(ada, acme_provider)
    assert "The live check has not run" in said(press(ada, acme_provider, "swap"), ada)
    assert kept("candidate")
    with tenant_context(staff):
        assert not LogEntry.objects.exists()


@pytest.mark.parametrize("act", ["swap", "drop", "confirm-people"])
def test_a_candidate_that_was_replaced_since_is_left_alone(
    ada: TenantClient, acme_provider: IdentityProvider, act: str
) -> None:
    seen = candidate_of(acme_provider)
    newer = passed(candidate_of(acme_provider, issuer=ELSEWHERE), rekey_confirmed_by="ada")
    answer = ada.post(page_of(acme_provider), {"act": act, "candidate": str(seen.pk), "compared": "on"})
    assert "has changed since you looked" in said(answer, ada)
    assert ProviderSettings.objects.get().pk == newer.pk


def test_an_unknown_button_does_nothing(ada: TenantClient, acme_provider: IdentityProvider) -> None:
    candidate_of(acme_provider)
    assert press(ada, acme_provider, "explode").status_code == 200
    assert kept("candidate")


def test_no_secret_is_ever_shown_nor_its_ciphertext(ada: TenantClient, acme_provider: IdentityProvider) -> None:
    candidate = candidate_of(acme_provider)
    page = shown(ada, acme_provider)
    assert "stored, another one than the live one" in page
    for secret in (NEW_SECRET, LIVE_SECRET, candidate.client_secret.ciphertext):
        assert secret not in page


def test_without_candidate_it_says_how_one_comes(ada: TenantClient, acme_provider: IdentityProvider) -> None:
    page = shown(ada, acme_provider)
    assert "There is no candidate" in page
    assert "Go back to the former" not in page


def test_what_differs_and_what_is_missing(ada: TenantClient, acme_provider: IdentityProvider, bob: User) -> None:
    candidate = passed(candidate_of(acme_provider, issuer=ELSEWHERE), check_failed=["client"])
    answer = ada.get(page_of(acme_provider))
    assert {fact.label for fact in answer.context["facts"] if fact.differs} >= {"Issuer", "Client secret"}
    assert {one.code: one.done for one in answer.context["conditions"]} == {
        "not_live": True,
        "incomplete": True,
        "issuer_taken": True,
        "check_failed": False,
        "not_tested": True,
        "rekey_unproven": False,
    }
    page = answer.content.decode()
    assert f"/admin/check/{acme_provider.pk}/?settings={candidate.pk}" in page
    assert "bob.lund@acme.example" in page


def test_swap_and_back_by_buttons_are_logged(ada: TenantClient, acme_provider: IdentityProvider, staff: Tenant) -> None:
    passed(candidate_of(acme_provider, client_id="new-client"))
    assert "Swapped." in said(press(ada, acme_provider, "swap"), ada)
    acme_provider.refresh_from_db()
    assert acme_provider.client_id == "new-client"
    assert "Gone back." in said(press(ada, acme_provider, "give-back"), ada)
    acme_provider.refresh_from_db()
    assert acme_provider.client_id == "client-of-okta"
    with tenant_context(staff):
        assert LogEntry.objects.filter(object_id=str(acme_provider.pk)).count() == 2
    swapped = HistoryEntry.objects.get(kind="provider.swapped")
    assert swapped.actor_kind == "staff"


def test_dropping(ada: TenantClient, acme_provider: IdentityProvider) -> None:
    candidate_of(acme_provider)
    assert "The candidate was dropped." in said(press(ada, acme_provider, "drop"), ada)
    assert not kept("candidate")


def test_a_list_is_confirmed_only_where_it_was_compared(
    ada: TenantClient, acme_provider: IdentityProvider, bob: User
) -> None:
    passed(candidate_of(acme_provider, issuer=ELSEWHERE))
    answer = press(ada, acme_provider, "confirm-people")
    assert "Compare the list first" in answer.content.decode()
    assert not ProviderSettings.objects.get().rekey_confirmed_by


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("00u-bob", "Line 1 is not"), ("00u-nobody, x", "Nobody is known here by the subject “00u-nobody”.")],
)
def test_a_wrong_list_is_shown_again_with_what_is_wrong(
    ada: TenantClient, acme_provider: IdentityProvider, bob: User, typed: str, sentence: str
) -> None:
    passed(candidate_of(acme_provider, issuer=ELSEWHERE))
    page = press(ada, acme_provider, "confirm-people", subjects=typed, compared="on").content.decode()
    assert sentence in page
    assert typed in page


def test_a_confirmed_list_makes_it_ready(ada: TenantClient, acme_provider: IdentityProvider, bob: User) -> None:
    passed(candidate_of(acme_provider, issuer=ELSEWHERE))
    said(press(ada, acme_provider, "confirm-people", subjects="00u-bob, n-bob", compared="on"), ada)
    page = shown(ada, acme_provider)
    assert "ada@huume.example has confirmed the list of people." in page
    assert "n-bob" in page
    assert "Swap now" in page


def test_the_list_to_compare_with_holds_no_formula(
    ada: TenantClient, acme_provider: IdentityProvider, bob: User
) -> None:
    User.objects.filter(pk=bob.pk).update(name="=cmd|' /C calc'!A0")
    passed(candidate_of(acme_provider, issuer=ELSEWHERE))
    lines = ada.get(page_of(acme_provider), {"people": "csv"}).content.decode().splitlines()
    assert lines == ["subject,name,email", "00u-bob,'=cmd|' /C calc'!A0,bob.lund@acme.example"]


def test_markup_in_settings_and_names_stays_text(ada: TenantClient, acme: Tenant, bob: User) -> None:
    provider = IdentityProvider.objects.get(tenant=acme)
    User.objects.filter(pk=bob.pk).update(name="<script>alert(1)</script>")
    passed(candidate_of(provider, issuer=ELSEWHERE, client_id="<img src=x>"), check_failed=["<b>"])
    page = shown(ada, provider)
    assert "<script>alert(1)" not in page
    assert "<img src=x>" not in page


def test_another_tenants_candidate_is_not_touched(
    ada: TenantClient, acme_provider: IdentityProvider, globex: Tenant
) -> None:
    theirs = live_provider_row(globex)
    candidate = passed(candidate_of(theirs))
    answer = ada.post(page_of(acme_provider), {"act": "drop", "candidate": str(candidate.pk)})
    assert "has changed since you looked" in said(answer, ada)
    assert kept("candidate")


def test_the_way_back_is_offered_once(ada: TenantClient, acme_provider: IdentityProvider) -> None:
    passed(candidate_of(acme_provider))
    swap(acme_provider, ADA)
    assert shown(ada, acme_provider).count('value="give-back"') == 1
