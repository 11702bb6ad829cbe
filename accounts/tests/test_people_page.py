"""The list of people: who waits comes first, who is looked for is found."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role, Team, User
from huume.testing import ClientFor, make_user
from tenants.models import Tenant


def names_on(page: str) -> list[str]:
    return re.findall(r'<td[^>]*><a href="/people/\d+/"><bdi>([^<]*)</bdi>', page)


def read(client_for: ClientFor, tenant: Tenant, reader: User, path: str = "/people/") -> str:
    answer = client_for(tenant, reader).get(path)
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def waits_since(person: User, **ago: int) -> None:
    User.objects.filter(pk=person.pk).update(created_at=timezone.now() - timedelta(**ago))


def test_who_waits_comes_first_and_the_others_by_name(
    acme: Tenant, alice: User, bob: User, carol: User, client_for: ClientFor
) -> None:
    make_user("Aaron Early", roles=("Staff",))
    page = read(client_for, acme, alice)
    assert names_on(page) == ["Carol Marsh", "Aaron Early", "Alice Reed", "Bob Lund"]
    assert "4 people, 1 waiting for access." in page


def test_it_says_how_long_somebody_has_waited(acme: Tenant, alice: User, carol: User, client_for: ClientFor) -> None:
    waits_since(carol, days=2, hours=3)
    assert "Waiting 2\xa0days" in read(client_for, acme, alice)


def test_a_role_that_is_switched_off_lets_nobody_in(
    acme: Tenant, alice: User, bob: User, client_for: ClientFor
) -> None:
    Role.objects.filter(name="Staff").update(is_active=False)
    assert names_on(read(client_for, acme, alice, "/people/?show=waiting")) == ["Bob Lund"]


def test_suspended_and_added_in_advance_are_said(acme: Tenant, alice: User, bob: User, client_for: ClientFor) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    User.objects.add_in_advance("erin@acme.example")
    page = read(client_for, acme, alice)
    assert "Suspended</span>" in page
    assert "Added in advance</span>" in page
    assert names_on(read(client_for, acme, alice, "/people/?show=suspended")) == ["Bob Lund"]
    assert names_on(read(client_for, acme, alice, "/people/?show=advance")) == ["erin@acme.example"]


@pytest.mark.parametrize("words", ["bob", "LUND", "bob.lund@acme", "red", "staff"])
def test_people_are_found_by_name_email_role_and_team(
    acme: Tenant, alice: User, bob: User, carol: User, client_for: ClientFor, words: str
) -> None:
    assert names_on(read(client_for, acme, alice, f"/people/?q={words}")) == ["Bob Lund"]


def test_people_are_narrowed_to_a_role_and_a_team(acme: Tenant, alice: User, bob: User, client_for: ClientFor) -> None:
    make_user("Dev Patel", roles=("Staff",))
    staff, red = Role.objects.get(name="Staff"), Team.objects.get(name="Red")
    assert names_on(read(client_for, acme, alice, f"/people/?role={staff.pk}")) == ["Bob Lund", "Dev Patel"]
    assert names_on(read(client_for, acme, alice, f"/people/?role={staff.pk}&team={red.pk}")) == ["Bob Lund"]


@pytest.mark.parametrize("query", ["q=nobody%25of_this", "q=%25", "q=_"])
def test_where_nobody_is_found_it_says_so(acme: Tenant, alice: User, client_for: ClientFor, query: str) -> None:
    page = read(client_for, acme, alice, f"/people/?{query}")
    assert names_on(page) == []
    assert "Nobody is found" in page


def test_pages_of_fifty_keep_what_was_searched(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    User.objects.bulk_create(User(name=f"Person {number:03}", email=f"p{number}@acme.example") for number in range(60))
    first = read(client_for, acme, alice, "/people/?q=person")
    assert len(names_on(first)) == 50
    assert "?q=person&amp;page=2" in first
    assert names_on(read(client_for, acme, alice, "/people/?q=person&page=2"))[-1] == "Person 059"


@pytest.mark.parametrize("page", ["0", "-1", "999999999999999999999", "x", "1" * 5000, quote("²")])
def test_a_page_out_of_range_is_the_nearest_there_is(
    acme: Tenant, alice: User, client_for: ClientFor, page: str
) -> None:
    assert names_on(read(client_for, acme, alice, f"/people/?page={page}")) == ["Alice Reed"]


def test_the_number_of_statements_does_not_grow_with_the_people(
    acme: Tenant, alice: User, client_for: ClientFor
) -> None:
    browser = client_for(acme, alice)
    browser.get("/people/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/people/")
    for number in range(30):
        make_user(f"Person {number:03}", roles=("Staff", "Manager"), teams=("Red", "Blue"))
    with CaptureQueriesContext(connection) as many:
        browser.get("/people/")
    assert len(many) == len(few) <= 8
