"""The History page: what was changed, by whom, from where, from what to what, in words."""

import ast
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts import history
from accounts.history_words import SENTENCES, changes, in_words, sentence
from accounts.models import HistoryEntry, HistoryName, Role, User
from accounts.permissions import Permission
from huume.testing import ClientFor, make_user
from tenants.actor import COMMAND, Actor
from tenants.models import IdentityProvider, Tenant

ADA = Actor("staff", key="7", name="ada@huume.example", ip_address="192.0.2.1")


def show(client_for: ClientFor, tenant: Tenant, who: User, **query: str) -> str:
    answer = client_for(tenant, who).get("/history/", query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def whats(page: str) -> list[str]:
    return re.findall(r'<td data-label="What"><div><strong>([^<]+)</strong>', page)


def added(kind: str, at: datetime, **values: Any) -> None:
    HistoryEntry.objects.create(kind=kind, at=at, actor_kind="command", **values)


def test_it_needs_a_permission_of_its_own(acme: Tenant, client_for: ClientFor) -> None:
    Role.objects.create(name="All but one").set_codenames(set(Permission) - {Permission.SEE_HISTORY})
    nearly, auditor = make_user("Nell Nearly", roles=("All but one",)), make_user("Ada Tor", roles=("Auditor",))
    refused = client_for(acme, nearly).get("/history/")
    assert refused.status_code == 403
    assert 'href="/history/"' not in client_for(acme, nearly).get("/").content.decode()
    assert 'href="/history/"' in client_for(acme, auditor).get("/").content.decode()
    assert client_for(acme, auditor).get("/history/").status_code == 200


def test_mallory_sees_her_own_tenants_history_alone(
    acme: Tenant, globex: Tenant, mallory: User, client_for: ClientFor
) -> None:
    history.write("setup_link.sent", ADA, after={"email": "it@acme.example"})
    with tenant_context(globex):
        page = show(client_for, globex, mallory)
    assert "Nothing has been changed yet" in page
    assert "acme.example" not in page
    stranger = client_for(acme)
    stranger.cookies = client_for(globex, mallory).cookies
    assert stranger.get("/history/").status_code == 302


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_for_reading_alone(acme: Tenant, alice: User, client_for: ClientFor, method: str) -> None:
    history.write("setup_link.sent", ADA)
    assert getattr(client_for(acme, alice), method)("/history/").status_code == 405
    assert HistoryEntry.objects.count() == 1


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "yesterday", "\x00", "1" * 10_000])
def test_a_day_that_is_none_gets_a_word_and_no_error_page(
    acme: Tenant, alice: User, client_for: ClientFor, day: str
) -> None:
    assert 'class="error"' in show(client_for, acme, alice, day=day)


def test_a_kind_that_is_none_finds_everything(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    history.write("setup_link.sent", ADA)
    assert whats(show(client_for, acme, alice, kind="' OR 1=1")) == ["Setup link sent"]


def test_markup_is_shown_as_it_was_written(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    evil = "<script>alert(1)</script>"
    by = Actor("staff", key="7", name=evil)
    history.write(evil[:50], by, before={evil: evil}, after={evil: [evil, {evil: "x"}]})
    page = show(client_for, acme, alice)
    assert evil not in page
    assert page.count("&lt;script&gt;") >= 4


def test_where_there_is_nothing_it_says_so(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    assert "Nothing has been changed yet" in show(client_for, acme, alice)
    assert "Nothing of that kind has happened" in show(client_for, acme, alice, kind="provider.swapped")


def test_newest_first_in_pages_of_fifty(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    now = timezone.now()
    for number in range(60):
        added(f"number.{number:02}", now - timedelta(minutes=number))
    assert whats(show(client_for, acme, alice))[:2] == ["Number: 00", "Number: 01"]
    assert whats(show(client_for, acme, alice, page="2")) == [f"Number: {number}" for number in range(50, 60)]


def test_by_kind_and_by_day_where_the_people_are(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    """In summer, 23:30 UTC is half past midnight of the next day in London."""
    added("provider.checked", datetime.fromisoformat("2026-07-01T23:30:00+00:00"))
    added("provider.swapped", datetime.fromisoformat("2026-07-01T12:00:00+00:00"))
    assert whats(show(client_for, acme, alice, kind="provider.checked")) == ["Provider checked"]
    assert whats(show(client_for, acme, alice, day="2026-07-02")) == ["Provider checked"]
    assert whats(show(client_for, acme, alice, day="2026-07-01", kind="provider.checked")) == []


def test_an_entry_in_words(acme: Tenant, acme_provider: IdentityProvider, alice: User, client_for: ClientFor) -> None:
    before, after = (
        {"issuer": "https://a", "client_id": "unchanged"},
        {"issuer": "https://b", "client_id": "unchanged", "people": 3},
    )
    history.write("provider.swapped", ADA, str(acme_provider.pk), before, after)
    text = text_of(show(client_for, acme, alice))
    assert "Provider’s new settings put in place · Okta" in text
    assert "Issuer: https://a → https://b" in text
    assert "People: 3" in text
    assert "unchanged" not in text
    for words in ("ada@huume.example", "Huume", "192.0.2.1", "Today "):
        assert words in text


def test_people_are_named_as_they_are_called_today(acme: Tenant, alice: User, bob: User, client_for: ClientFor) -> None:
    by = Actor("user", key=str(bob.pk), name="Bob Lund")
    history.write("emergency.redeemed", by, about=f"user:{alice.pk}", after={"person": f"user:{bob.pk}"})
    User.objects.filter(pk=bob.pk).update(name="Bob Lund-Reed")
    page = show(client_for, acme, alice)
    assert f'<a href="/people/{bob.pk}/"><bdi>Bob Lund-Reed</bdi></a>' in page
    assert "Person: Bob Lund-Reed" in text_of(page)
    assert "Signed in by an emergency link · Alice Reed" in text_of(page)


def test_an_auditor_without_people_gets_names_and_no_links(acme: Tenant, bob: User, client_for: ClientFor) -> None:
    Role.objects.create(name="Historian").set_codenames({Permission.SEE_HISTORY})
    history.write("provider.swapped", Actor("user", key=str(bob.pk), name="Bob Lund"))
    page = show(client_for, acme, make_user("Hal Ives", roles=("Historian",)))
    assert "<strong><bdi>Bob Lund</bdi></strong>" in page
    assert f"/people/{bob.pk}/" not in page


def test_addresses_are_put_back_and_erased_ones_are_not(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    history.write("setup_link.sent", ADA, after={"email": "it@acme.example"})
    assert "Email: it@acme.example" in text_of(show(client_for, acme, alice))
    HistoryName.objects.all().delete()
    text = text_of(show(client_for, acme, alice))
    assert "Email: a name that was erased" in text
    assert "ada@huume.example" not in text
    assert "address:" not in text


def test_what_no_person_did_says_what_did_it(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    history.write("provider.checked", COMMAND)
    assert "Huume’s operators" in show(client_for, acme, alice)


def test_fifty_entries_cost_no_more_than_one(
    acme: Tenant, acme_provider: IdentityProvider, alice: User, client_for: ClientFor
) -> None:
    browser, counts = client_for(acme, alice), []
    for _round in range(2):
        for number in range(25):
            by = Actor("staff", key=str(number), name=f"{number}@huume.example")
            history.write("setup_link.sent", by, str(acme_provider.pk), after={"email": f"it{number}@acme.example"})
        browser.get("/history/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get("/history/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"),
        (None, "nothing"),
        ([], "nothing"),
        (7, "7"),
        (["redirect_uri", "scopes"], "sign-in redirect URI, scopes"),
        ({"tries": 3}, "Tries so far: 3"),
        ("2026-07-01", "1 July 2026"),
        ("2026-07-01T23:30:00+00:00", "2 July 2026, 00:30"),
        ("9999-99-99", "9999-99-99"),
        ("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00"),
    ],
)
def test_values_in_words(value: Any, words: str) -> None:
    assert in_words(value, {}) == words


def test_only_what_changed_is_told() -> None:
    before, after = {"slug": "okta", "tries": 1, "days": 2}, {"slug": "okta", "tries": 2, "mails": 1, "email": ""}
    told = changes(before, after, {})
    assert told == [("Tries so far", "1 → 2"), ("Days", "2 (before)"), ("Mails so far", "1")]


def recorded() -> set[str]:
    """The kinds that our code puts on record: "what.happened" as an argument of a call."""
    root = Path(__file__).resolve().parents[2]
    files = [path for app in ("accounts", "huume", "tenants") for path in (root / app).rglob("*.py")]
    calls = [
        call
        for path in files
        if not {"tests", "migrations"} & set(path.parts)
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func).lstrip("_") in {"record", "on_record", "make"}
    ]
    values = [argument.value for call in calls for argument in call.args if isinstance(argument, ast.Constant)]
    return {value for value in values if isinstance(value, str) and re.fullmatch(r"[a-z_]+\.[a-z_]+", value)}


def test_every_kind_that_we_record_has_a_sentence() -> None:
    assert recorded() == set(SENTENCES)


def test_a_kind_without_a_sentence_is_shown_all_the_same() -> None:
    assert sentence("teapot.boiled_over") == "Teapot: boiled over"
    assert "teapot.boiled_over" not in SENTENCES
