"""The readiness board: every customer, how far it is, whose turn it is, what comes next; a thousand on one page."""

import gzip
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format
from django_tenants.utils import tenant_context

from huume.staff.situation import Turn, age_in_words
from huume.testing import ClientFor, TenantClient
from huume.tests.readiness_cast import (
    SITUATIONS,
    SUBMITTED,
    ago,
    cast,
    link_row,
    live_row,
    provider_row,
    tenant_row,
)
from huume.tests.staff_desk import ADA, add_manager, enter
from tenants.models import Domain, IdentityProvider, SetupLink, Tenant

BOARD = "/admin/readiness/"


@pytest.fixture
def ada(staff: Tenant, client_for: ClientFor) -> TenantClient:
    return enter(client_for(staff))


@pytest.fixture
def none(acme: Tenant, globex: Tenant) -> None:
    """No customer but those of the test."""
    Domain.objects.filter(tenant__in=[acme, globex]).delete()
    # Not delete(), which drops the schema.
    Tenant.objects.filter(pk__in=[acme.pk, globex.pk])._raw_delete("default")


def rows_of(answer: Any) -> dict[str, Any]:
    """By the customer's name, in the order of the page."""
    assert answer.status_code == 200
    return {row.tenant.name: row for _heading, _turn, rows in answer.context["groups"] for row in rows}


def row_of(ada: TenantClient, name: str, **asked: str) -> Any:
    return rows_of(ada.get(BOARD, asked))[name]


def viewer(staff: Tenant, *codenames: str) -> Any:
    """Of Huume's staff, with these permissions of `tenants` alone."""
    person = add_manager("grace@huume.example")
    with tenant_context(staff):
        person.groups.clear()
        group = Group.objects.create(name="view only")
        group.permissions.set(Permission.objects.filter(content_type__app_label="tenants", codename__in=codenames))
        person.groups.add(group)
    return person


def test_nobody_without_the_permission(staff: Tenant, client_for: ClientFor) -> None:
    assert enter(client_for(staff), viewer(staff)).get(BOARD).status_code == 403


def test_signed_out_nobody_sees_it(staff: Tenant, client_for: ClientFor) -> None:
    assert client_for(staff).get(BOARD)["Location"].startswith("/admin/login/")


def test_view_only_staff_sees_no_button(staff: Tenant, client_for: ClientFor, acme: Tenant) -> None:
    page = enter(client_for(staff), viewer(staff, "view_tenant")).get(BOARD).content.decode()
    assert "Acme Homes" in page
    assert "Send the link" not in page


@pytest.mark.parametrize(
    ("name", "turn", "words", "button", "address"),
    [
        ("Nothing Yet", Turn.OURS, "No provider yet", "Send the link", "/admin/setup-links/"),
        ("Draft Only", Turn.OURS, "Nobody has a setup link", "Send the link", "/admin/setup-links/"),
        ("Sent Lately", Turn.THEIRS, "not opened yet", "Look at the link", "/admin/setup-links/"),
        ("Run Out", Turn.OURS, "has run out", "Send it again", "/admin/setup-links/"),
        ("Guessed At", Turn.OURS, "too many wrong codes", "Send it again", "/admin/setup-links/"),
        ("Opened Once", Turn.THEIRS, "code not typed in", "Look at the link", "/admin/setup-links/"),
        ("In Guide", Turn.THEIRS, "3 of ", "Look at the link", "/admin/setup-links/"),
        ("Not Checked", Turn.OURS, "not checked yet", "Check it", "/admin/check/"),
        ("Check Failed", Turn.THEIRS, "redirect URI is not registered", "Look at the check", "/admin/check/"),
        ("Not Tested", Turn.OURS, "test sign-in", "Send it again", "/admin/setup-links/"),
        ("All Ready", Turn.OURS, "can go live", "Switch live", "/admin/going-live/"),
        ("Not Used", Turn.THEIRS, "Nobody has signed in", "Look at it", "/admin/tenants/identityprovider/"),
        ("No Administrator", Turn.OURS, "nobody can let people in", "Name an administrator", "/admin/going-live/"),
        ("Waiting Administrator", Turn.THEIRS, "alice@acme.example", "Look at it", "/admin/going-live/"),
        ("Sign In Failing", Turn.OURS, "signing in has failed", "Check it", "/admin/check/"),
        ("Broken Live", Turn.OURS, "live check failed", "Look at the check", "/admin/check/"),
        ("Secret Ends", Turn.OURS, "runs out on", "Change the settings", "/admin/changing/"),
        ("In Use", Turn.DONE, "in use", "", ""),
        ("Suspended One", Turn.OFF, "Suspended", "Look at the tenant", "/admin/tenants/tenant/"),
        ("Switched Off", Turn.OFF, "switched off", "Look at the provider", "/admin/tenants/identityprovider/"),
    ],
)
def test_each_situation_has_words_and_a_button(
    ada: TenantClient, none: None, name: str, turn: Turn, words: str, button: str, address: str
) -> None:
    tenant = tenant_row(name)
    SITUATIONS[name](tenant)
    row = row_of(ada, name)
    assert (row.situation.turn, row.situation.button) == (turn, button)
    assert words in row.situation.words
    assert row.address.startswith(address)


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("Nothing Yet", "→        "),
        ("In Guide", "✓✓→      "),
        ("Not Checked", "✓✓✓✓→    "),
        ("Check Failed", "✓✓✓✓✗    "),
        ("All Ready", "––✓✓✓✓→  "),
        ("No Administrator", "––✓✓✓✓✓✓→"),
        ("Broken Live", "––✓✓✗✓✓✓✓"),
    ],
)
def test_a_mark_for_each_milestone(ada: TenantClient, none: None, name: str, marks: str) -> None:
    SITUATIONS[name](tenant_row(name))
    assert "".join(mark.sign or " " for mark in row_of(ada, name).marks) == marks


def test_a_mark_is_a_word_too(ada: TenantClient, none: None) -> None:
    SITUATIONS["Check Failed"](tenant_row("Check Failed"))
    page = ada.get(BOARD).content.decode()
    day = date_format(timezone.localtime(ago(2)), "j M Y")
    assert f'data-of="Check" title="{day}"><b aria-hidden="true">✗</b><i>failed</i>' in page


def test_what_was_checked_before_a_new_handing_over_counts_no_more(ada: TenantClient, none: None) -> None:
    times: dict[str, Any] = {"submitted_at": ago(1), "checked_at": ago(2), "tested_at": ago(2)}
    provider_row(tenant_row("Acme Again"), SUBMITTED, **times)
    assert "not checked yet" in row_of(ada, "Acme Again").situation.words


def test_the_last_error_comes_with_what_to_do(ada: TenantClient, none: None) -> None:
    SITUATIONS["Sign In Failing"](tenant_row("Sign In Failing"))
    assert "client" in row_of(ada, "Sign In Failing").error.lower()


def test_an_error_before_a_good_check_is_over(ada: TenantClient, none: None) -> None:
    tenant = tenant_row("Mended", first_administrator_at=ago(3))
    live_row(tenant, last_error="client_refused", last_error_at=ago(2), checked_at=ago(1))
    row = row_of(ada, "Mended")
    assert (row.error, row.situation.turn) == ("", Turn.DONE)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than an hour"), (3_600, "1 hour"), (7_300, "2 hours"), (86_400, "1 day"), (12 * 86_400 + 5, "12 days")],
)
def test_ages_in_words(seconds: float, words: str) -> None:
    assert age_in_words(seconds) == words


def test_stuck_since_the_last_milestone(ada: TenantClient, none: None) -> None:
    SITUATIONS["Run Out"](tenant_row("Run Out"))
    assert row_of(ada, "Run Out").stuck == "11 days"


def test_a_daily_check_is_no_progress(ada: TenantClient, none: None) -> None:
    SITUATIONS["Not Used"](tenant_row("Not Used"))
    assert row_of(ada, "Not Used").stuck == "20 days"


def test_ours_first_then_whoever_is_stuck_longest(ada: TenantClient, none: None) -> None:
    cast()
    rows = list(rows_of(ada.get(BOARD)).values())
    turns = [row.situation.turn for row in rows]
    assert turns == sorted(turns)
    ours = [row for row in rows if row.situation.turn == Turn.OURS]
    assert [row.progress.last_moved_at for row in ours] == sorted(row.progress.last_moved_at for row in ours)
    assert ours[0].tenant.name == "Nothing Yet"


def test_of_several_providers_the_least_far_one_is_shown(ada: TenantClient, none: None) -> None:
    tenant = tenant_row("Two Directories")
    live_row(tenant)
    provider_row(tenant, slug="second")
    provider_row(tenant, IdentityProvider.Status.DISABLED, slug="third")
    row = row_of(ada, "Two Directories")
    assert (row.progress.provider.slug, row.providers) == ("second", 2)
    assert "2 providers, this is" in ada.get(BOARD).content.decode()


def test_a_live_provider_in_trouble_is_not_hidden_by_a_draft(ada: TenantClient, none: None) -> None:
    tenant = tenant_row("Two Directories")
    live_row(tenant, check_failed=["client"])
    provider_row(tenant, slug="second")
    assert row_of(ada, "Two Directories").progress.provider.slug == "okta"


def test_the_newest_link_counts(ada: TenantClient, none: None) -> None:
    provider = provider_row(tenant_row("Sent Twice"))
    link_row(provider, days=9, ended_at=ago(1), end=SetupLink.End.REPLACED, opened_at=ago(8))
    link_row(provider, days=1)
    assert "not opened yet" in row_of(ada, "Sent Twice").situation.words


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "DRAFT"}, {"Draft Only"}),
        ({"q": "draft-only"}, {"Draft Only"}),
        ({"q": "only xyz"}, set()),
        ({"stage": "live"}, {"All Ready"}),
        ({"stage": "done"}, {"In Use"}),
        ({"manager": "mine"}, {"In Use"}),
        ({"manager": "bo@huume.example"}, {"All Ready"}),
        ({"manager": "nobody"}, {"Draft Only"}),
        ({"manager": "mine", "stage": "live"}, set()),
        ({"stage": "made-up"}, {"Draft Only", "In Use", "All Ready"}),
    ],
)
def test_narrowing(ada: TenantClient, none: None, asked: dict[str, str], found: set[str]) -> None:
    for name, manager in (("Draft Only", ""), ("In Use", ADA.upper()), ("All Ready", "bo@huume.example")):
        SITUATIONS[name](tenant_row(name, account_manager=manager))
    assert set(rows_of(ada.get(BOARD, asked))) == found


def test_no_customer_at_all_offers_the_first_step(ada: TenantClient, none: None) -> None:
    page = ada.get(BOARD).content.decode()
    assert "No customer yet" in page
    assert "/admin/tenants/tenant/add/" in page


def test_nobody_found_says_so(ada: TenantClient, acme: Tenant) -> None:
    assert "Nobody fits that" in ada.get(BOARD, {"q": "xyz"}).content.decode()


def test_huumes_own_staff_are_no_customer(ada: TenantClient, staff: Tenant) -> None:
    assert staff.name not in rows_of(ada.get(BOARD))


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_markup_in_names_stays_text(ada: TenantClient, none: None, name: str) -> None:
    tenant = tenant_row("Plain")
    Tenant.objects.filter(pk=tenant.pk).update(name=name, account_manager="<b>x</b>@huume.example")
    live_row(tenant, label="<i>Okta</i>", first_administrator="<u>a</u>@acme.example")
    provider_row(tenant, slug="second", label="<i>Okta</i>")
    page = ada.get(BOARD).content.decode()
    assert "&lt;i&gt;Okta" in page
    for markup in (name, "<i>Okta", "<b>x", "<u>a"):
        assert markup not in page


def test_it_comes_first_in_the_admin(ada: TenantClient) -> None:
    answer = ada.get("/admin/")
    assert answer.context["app_list"][0]["app_url"] == BOARD
    assert f'href="{BOARD}"' in answer.content.decode()


def test_a_thousand_on_one_page(ada: TenantClient, none: None) -> None:
    makers = list(SITUATIONS.values())
    rows = [
        Tenant(schema_name=f"made-up-{number}", name=f"Housing {number:04} of {number % 37}") for number in range(1000)
    ]
    for number, tenant in enumerate(Tenant.objects.bulk_create(rows)):
        makers[number % len(makers)](tenant)
    ada.get(BOARD, {"q": "nobody"})
    with CaptureQueriesContext(connection) as queries:
        answer = ada.get(BOARD)
    assert len(rows_of(answer)) == 1000
    assert len(queries) < 10, [query["sql"] for query in queries]
    assert len(gzip.compress(answer.content, 6)) < 100_000
    schemas = [
        query["sql"] for query in queries if "made-up-" in query["sql"] and "search_path" in query["sql"].lower()
    ]
    assert not schemas
