"""Threads that share a pool of connections never read another tenant's rows."""

from collections.abc import Iterator
from typing import Any

import pytest

from huume.database.base import DatabaseWrapper
from huume.tests import wrong_tenant_reads
from huume.tests.pooled_threads import answer_of, in_thread, pooled_connections
from huume.tests.wrong_tenant_reads import count_reads, throw_away_tenants
from tenants.models import Tenant

TENANTS = [f"t{number:02}" for number in range(1, 21)]


@pytest.fixture
def _tenants_and_views(db: None, settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = wrong_tenant_reads.__name__
    with throw_away_tenants(TENANTS):
        yield


@pytest.mark.usefixtures("_tenants_and_views")
@pytest.mark.parametrize("is_reported", [True, False], ids=["reported", "as below PostgreSQL 18"])
@pytest.mark.parametrize("connections", [4, 8])
def test_8_threads_over_20_tenants_read_their_own(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch, connections: int, is_reported: bool
) -> None:
    if not is_reported:
        monkeypatch.setattr(DatabaseWrapper, "_reported_search_path", lambda self: None)
    with pooled_connections(connections):
        seen = count_reads(TENANTS, reads=1_000, threads=8)
    assert seen["wrong"] == 0
    assert seen["right"] == 1_000
    assert seen["refused"] > 10


@pytest.mark.usefixtures("_tenants_and_views")
def test_what_counts_wrong_reads_can_see_one(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the guard, and with a library that believes its memory, the same reads are wrong."""
    monkeypatch.setattr(DatabaseWrapper, "_handle_search_path", lambda self, cursor=None: None)
    monkeypatch.setattr(wrong_tenant_reads, "TROUBLE", (wrong_tenant_reads.READ,))
    with pooled_connections(1) as pool:
        with pool.connection() as pooled:
            pooled.execute("SET search_path = t01, public")
        seen = count_reads(TENANTS, reads=200, threads=2)
    assert seen["wrong"] > 100


@pytest.mark.usefixtures("_tenants_and_views")
def test_a_lost_connection_is_a_503_and_the_next_request_works(acme: Tenant) -> None:
    with pooled_connections(1):
        assert in_thread(lambda: answer_of("/lost/", "t01.localhost")).status == 503
        assert in_thread(lambda: answer_of("/read/", "t01.localhost")).text == "t01"
