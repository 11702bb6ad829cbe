"""Each opening of a setup link is on record, by whom and when, however many there are."""

from typing import Any

import pytest
from django.core.cache import cache

from accounts.models import HistoryEntry
from huume.setup.tests.setup_cast import make_link
from huume.testing import ClientFor
from tenants.models import SetupLink, Tenant

SCANNER, CONTACT, COLLEAGUE = "198.51.100.9", "203.0.113.7", "203.0.113.8"


def openings(link: SetupLink) -> list[Any]:
    entries = HistoryEntry.objects.filter(kind="setup_link.opened", about=str(link.pk)).order_by("pk")
    return list(entries.values_list("ip_address", flat=True))


def test_a_link_that_is_unknown_or_dead_is_not_opened(acme: Tenant, globex: Tenant, client_for: ClientFor) -> None:
    replaced, old = make_link(acme)
    link, token = make_link(acme)
    client_for(acme).get(f"/setup/{old}/")
    client_for(globex).get(f"/setup/{token}/")
    client_for(acme).post(f"/setup/{token}/")
    assert openings(replaced) == openings(link) == []


def test_each_who_opens_it_is_on_record(acme: Tenant, client_for: ClientFor) -> None:
    link, token = make_link(acme)
    for address in (SCANNER, CONTACT, COLLEAGUE):
        client_for(acme, REMOTE_ADDR=address).get(f"/setup/{token}/")
    assert openings(link) == [SCANNER, CONTACT, COLLEAGUE]


@pytest.mark.parametrize("entered", [False, True])
def test_it_is_on_record_again_when_somebody_comes_back(acme: Tenant, client_for: ClientFor, *, entered: bool) -> None:
    link, token = make_link(acme)
    browser = client_for(acme, REMOTE_ADDR=CONTACT)
    browser.get(f"/setup/{token}/")
    first = SetupLink.objects.get(pk=link.pk).opened_at
    cache.clear()
    if entered:
        SetupLink.objects.filter(pk=link.pk).update(entered_at=first)
    browser.get(f"/setup/{token}/")
    assert openings(link) == [CONTACT, CONTACT]
    assert SetupLink.objects.get(pk=link.pk).opened_at == first, "the board shows the first one"


def test_loading_it_again_and_again_does_not_fill_the_history(acme: Tenant, client_for: ClientFor) -> None:
    link, token = make_link(acme)
    browser = client_for(acme, REMOTE_ADDR=CONTACT)
    for _each in range(20):
        browser.head(f"/setup/{token}/")
        browser.get(f"/setup/{token}/")
    assert openings(link) == [CONTACT]
