"""Why can't I sign in? Every attempt, found by its reference, in words."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import SignIn, User
from accounts.reasons import advice
from huume.testing import ClientFor, make_user
from tenants.models import Tenant


def record(reference: str, **values: Any) -> SignIn:
    return SignIn.objects.create(reference=reference, provider=uuid4(), provider_label="Okta", **values)


def references(client_for: ClientFor, tenant: Tenant, who: User, query: str = "") -> list[str]:
    answer = client_for(tenant, who).get(f"/sign-ins/{query}")
    assert answer.status_code == 200
    return re.findall(r'<small class="reference">([^<]+)</small>', answer.content.decode())


def test_it_needs_a_permission_of_its_own(acme: Tenant, client_for: ClientFor) -> None:
    manager, auditor = make_user("Mina Ng", roles=("Manager",)), make_user("Ada Tor", roles=("Auditor",))
    assert client_for(acme, manager).get("/sign-ins/").status_code == 403
    assert client_for(acme, auditor).get("/sign-ins/").status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "yesterday", "\x00", "1" * 10_000])
def test_a_day_that_is_none_gets_a_word_and_no_error_page(
    acme: Tenant, alice: User, client_for: ClientFor, day: str
) -> None:
    answer = client_for(acme, alice).get("/sign-ins/", {"day": day})
    assert answer.status_code == 200
    assert 'class="error"' in answer.content.decode()


def test_newest_first_in_pages_of_fifty(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    for number in range(60):
        record(f"acme-{number:04}", at=timezone.now() - timedelta(minutes=number))
    assert references(client_for, acme, alice)[0] == "acme-0000"
    assert references(client_for, acme, alice, "?page=2") == [f"acme-{number:04}" for number in range(50, 60)]


def test_a_reference_is_found_however_it_is_typed(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    record("acme-7K2M-QX4D-9VTR")
    record("acme-0000-0000-0000")
    assert references(client_for, acme, alice, "?q=%20ACME-7k2m-qx4d-9vtr%20") == ["acme-7K2M-QX4D-9VTR"]
    assert references(client_for, acme, alice, "?q=7k2m") == []


def test_sign_ins_are_found_by_a_part_of_the_address(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    record("acme-1", email="carol.marsh@acme.example")
    record("acme-2", email="bob.lund@acme.example")
    assert references(client_for, acme, alice, "?q=Carol.Marsh") == ["acme-1"]


def test_one_that_never_came_back_says_so_and_is_found_as_that(
    acme: Tenant, alice: User, client_for: ClientFor
) -> None:
    record("acme-old", at=timezone.now() - timedelta(minutes=11))
    record("acme-new")
    assert references(client_for, acme, alice, "?outcome=abandoned") == ["acme-old"]
    assert references(client_for, acme, alice, "?outcome=started") == ["acme-new"]
    page = client_for(acme, alice).get("/sign-ins/?outcome=abandoned").content.decode()
    assert '<span class="chip wait">Never came back</span>' in page
    assert advice("never_came_back") in page


def test_a_refusal_says_what_to_do_about_it(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    record("acme-1", outcome=SignIn.Outcome.REFUSED, reason="not_assigned", detail="User <b>is</b> not assigned")
    page = client_for(acme, alice).get("/sign-ins/?outcome=refused").content.decode()
    assert advice("not_assigned")[:40] in page
    assert '<span class="chip bad">Refused</span>' in page
    assert "User &lt;b&gt;is&lt;/b&gt; not assigned" in page


def test_who_signed_in_is_named_and_linked(acme: Tenant, alice: User, bob: User, client_for: ClientFor) -> None:
    record("acme-1", outcome=SignIn.Outcome.SUCCEEDED, user=bob, email=bob.email)
    page = client_for(acme, alice).get("/sign-ins/").content.decode()
    assert f'<a href="/people/{bob.pk}/"><bdi>Bob Lund</bdi></a>' in page


def test_a_day_is_a_day_where_the_people_are(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    """In summer, 23:30 UTC is half past midnight of the next day in London."""
    record("acme-late", at=datetime.fromisoformat("2026-07-01T23:30:00+00:00"))
    record("acme-noon", at=datetime.fromisoformat("2026-07-01T12:00:00+00:00"))
    assert references(client_for, acme, alice, "?day=2026-07-02") == ["acme-late"]
    assert references(client_for, acme, alice, "?day=2026-07-01") == ["acme-noon"]


def test_where_nothing_is_found_it_says_so(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    assert "No such sign-in" in client_for(acme, alice).get("/sign-ins/?q=nothing").content.decode()
    assert "Nobody has tried to sign in yet" in client_for(acme, alice).get("/sign-ins/").content.decode()
