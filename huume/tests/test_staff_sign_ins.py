"""“Why can't I sign in?”: an account manager finds the attempt, in one tenant at a time, and what to do."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django_tenants.utils import tenant_context

from accounts.models import SignIn
from huume.staff.sign_ins import parse_reference
from huume.testing import ClientFor, TenantClient, live_provider_row
from huume.tests.staff_desk import enter
from tenants.models import Tenant

PAGE = "/admin/sign-ins/"
REFERENCE = "acme-7F3K-2QMD-8XY0"


@pytest.fixture
def ada(staff: Tenant, client_for: ClientFor) -> TenantClient:
    return enter(client_for(staff))


@pytest.fixture
def refused(acme: Tenant) -> SignIn:
    return record(acme, REFERENCE, email="bob.lund@acme.example")


def record(tenant: Tenant, reference: str, *, email: str, reason: str = "not_assigned") -> SignIn:
    with tenant_context(tenant):
        provider = tenant.providers.first() or live_provider_row(tenant)
        return SignIn.objects.create(
            reference=reference,
            provider=provider.pk,
            provider_label=provider.button_label,
            outcome="refused",
            reason=reason,
            email=email,
            ip_address="192.0.2.7",
            user_agent="Firefox <b>",
            at=datetime(2026, 6, 30, 22, 59, tzinfo=UTC),
        )


@pytest.mark.parametrize("typed", ["acme", "7F3K-2QMD-8XYZ", "acme-7F3K", "acme-7F3K-2QMU-8XYZ", "—", "x" * 200])
def test_no_reference_is_refused_in_words(ada: TenantClient, refused: SignIn, typed: str) -> None:
    answer = ada.get(PAGE, {"reference": typed})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not answer.context["rows"]


def test_seven_groups_are_no_reference() -> None:
    with pytest.raises(ValidationError):
        parse_reference("7F3K-2QMD-8XYZ")


@pytest.mark.parametrize("query", [{"tenant": "acme"}, {"email": "bob.lund@acme.example"}, {"day": "2026-06-30"}])
def test_too_wide_a_question_is_refused(ada: TenantClient, refused: SignIn, query: dict[str, str]) -> None:
    answer = ada.get(PAGE, query)
    assert answer.context["form"].non_field_errors()
    assert not answer.context["rows"]


@pytest.mark.parametrize("tenant", ["staff", "public", "nobody"])
def test_only_customers_are_looked_up(ada: TenantClient, tenant: str) -> None:
    assert "tenant" in ada.get(PAGE, {"tenant": tenant, "email": "ada@huume.example"}).context["form"].errors


@pytest.mark.parametrize(
    "typed",
    [REFERENCE, REFERENCE.lower(), "ACME 7f3k 2qmd 8xy0", "acme7F3K2QMD8XYO", f"  {REFERENCE}.", "acme–7F3K–2QMD–8XYO"],
)
def test_a_reference_is_found_however_it_is_typed(ada: TenantClient, refused: SignIn, typed: str) -> None:
    page = ada.get(PAGE, {"reference": typed}).content.decode()
    for words in (
        REFERENCE,
        "bob.lund@acme.example",
        "192.0.2.7",
        "did not let you through",
        "Assignments",
        "Firefox &lt;b&gt;",
    ):
        assert words in page


def test_a_subdomain_with_hyphens_is_found(ada: TenantClient, acme: Tenant) -> None:
    assert parse_reference("north-side-7F3K-2QMD-8XYZ") == ("northside", "7F3K-2QMD-8XYZ")


def test_a_reference_is_looked_for_in_its_own_tenant_only(ada: TenantClient, globex: Tenant, acme: Tenant) -> None:
    record(globex, REFERENCE, email="mallory@globex.example")
    answer = ada.get(PAGE, {"reference": REFERENCE})
    assert "No sign-in is on record" in answer.content.decode()


def test_by_tenant_and_email(ada: TenantClient, refused: SignIn, globex: Tenant) -> None:
    record(globex, "globex-0000-0000-0001", email="bob.lund@acme.example")
    rows = ada.get(PAGE, {"tenant": "acme", "email": "BOB.Lund@acme.example "}).context["rows"]
    assert [row.sign_in.reference for row in rows] == [REFERENCE]


@pytest.mark.parametrize(("day", "found"), [("2026-06-29", 0), ("2026-06-30", 1), ("2026-07-01", 0)])
def test_by_tenant_and_day_of_the_readers_zone(ada: TenantClient, refused: SignIn, day: str, found: int) -> None:
    assert len(ada.get(PAGE, {"tenant": "acme", "day": day}).context["rows"]) == found


def test_an_attempt_that_never_came_back_says_so(ada: TenantClient, refused: SignIn) -> None:
    refused.outcome, refused.reason = "started", ""
    refused.save()
    page = ada.get(PAGE, {"reference": REFERENCE}).content.decode()
    assert "Never came back" in page
    assert "redirect URI is not registered" in page


def test_the_index_leads_there(ada: TenantClient) -> None:
    assert f'href="{PAGE}"' in ada.get("/admin/").content.decode()
