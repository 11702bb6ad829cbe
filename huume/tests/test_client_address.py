"""The client's address is the peer's, or what the n-th proxy of ours saw; never what the client says of itself."""

from typing import Any

import pytest
from django.test import RequestFactory

from huume.client_address import client_address

PEER = "10.0.0.1"


def address(settings: Any, proxies: int, forwarded: str | None = None, peer: str = PEER) -> str:
    settings.BEHIND_PROXY = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


@pytest.mark.parametrize("forwarded", ["203.0.113.9", "127.0.0.1", "203.0.113.9, 198.51.100.7"])
def test_without_a_proxy_the_header_is_not_believed(settings: Any, forwarded: str) -> None:
    assert address(settings, 0, forwarded) == PEER


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "127.0.0.1, 203.0.113.9", "203.0.113.9"),
        (1, "127.0.0.1,203.0.113.9 ", "203.0.113.9"),
        (2, "203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "127.0.0.1, 203.0.113.9, 198.51.100.7", "203.0.113.9"),
    ],
)
def test_behind_proxies_what_the_farthest_of_ours_saw_counts(
    settings: Any, proxies: int, forwarded: str, expected: str
) -> None:
    assert address(settings, proxies, forwarded) == expected


@pytest.mark.parametrize("forwarded", [None, "", ",", "203.0.113.9"])
def test_fewer_entries_than_proxies_leave_the_peer(settings: Any, forwarded: str | None) -> None:
    assert address(settings, 2, forwarded) == PEER


@pytest.mark.parametrize(
    "odd", ["unknown", "_hidden", "203.0.113.9:443", "1.2.3", "<script>", "a" * 5_000, "1.2.3.4\x00"]
)
def test_what_is_no_address_is_none(settings: Any, odd: str) -> None:
    assert address(settings, 1, odd) == ""


def test_a_server_on_a_socket_file_sees_none(settings: Any) -> None:
    assert address(settings, 0, peer="") == ""


@pytest.mark.parametrize("spelled", ["2001:DB8::1", "[2001:db8::1]", "2001:db8:0:0:0:0:0:1"])
def test_addresses_have_one_spelling(settings: Any, spelled: str) -> None:
    assert address(settings, 1, spelled) == "2001:db8::1"
