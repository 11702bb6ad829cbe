"""Which addresses are connected to, and which never."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from huume import connections
from huume.connections import Resolved, is_public
from huume.outbound import Client, OutboundError
from huume.tests.hostile_server import HostileServer


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client(allow_local=True)
    yield made
    made.close()


def refusal(client: Client, url: str) -> OutboundError:
    with pytest.raises(OutboundError) as caught:
        client.get(url)
    return caught.value


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104  # an address to refuse, nothing is bound to it
        "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "168.63.129.16", "169.254.169.254",
        "172.16.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1",
        "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_open_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "52.1.2.3", "2606:4700::1111", "2a00:1450:4001::1"])
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "0x7f.1", "2130706433", "0", "localhost", "LOCALHOST", "localhost.", "acme.localhost",
        "169.254.169.254", "10.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[fd00:ec2::254]", "[64:ff9b::7f00:1]",
    ],
)  # fmt: skip
def test_a_host_that_leads_inside_is_blocked(host: str) -> None:
    assert refusal(Client(), f"https://{host}/").reason == "blocked"


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[fd00:ec2::254]", "192.168.0.1"])
def test_local_mode_opens_loopback_only(client: Client, host: str) -> None:
    assert refusal(client, f"https://{host}/").reason == "blocked"


@pytest.mark.parametrize("url", ["http://8.8.8.8/", "https://8.8.8.8:8443/"])
def test_local_mode_opens_plain_http_and_other_ports_on_loopback_only(client: Client, url: str) -> None:
    assert refusal(client, url).reason == "blocked"


def answers_with(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def look_up(host: str, port: int) -> list[Resolved]:
        return [(socket.AF_INET, (address, port)) for address in addresses]

    monkeypatch.setattr(connections, "look_up", look_up)


def test_a_name_with_one_forbidden_address_is_blocked(
    client: Client, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers_with(monkeypatch, "127.0.0.1", "10.0.0.1")
    assert refusal(client, f"http://acme.example:{server.port}/ok").reason == "blocked"
    assert server.connections == 0


def test_the_next_address_is_tried_where_one_does_not_connect(
    client: Client, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers_with(monkeypatch, "127.0.0.2", "127.0.0.1")
    assert client.get_json(f"http://acme.example:{server.port}/ok") == {"ok": True}


def test_a_name_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    def look_up(host: str, port: int) -> list[Resolved]:
        done.wait(5)
        return []

    monkeypatch.setattr(connections, "look_up", look_up)
    error = refusal(Client(total_timeout=0.2), "https://acme.example/")
    done.set()
    assert error.reason == "too_late"
    assert "name server" in error.detail


@pytest.mark.parametrize("name", ["none.invalid", "a" * 70 + ".example"])
def test_a_name_that_does_not_exist_is_unreachable(name: str) -> None:
    assert refusal(Client(), f"https://{name}/").reason == "unreachable"


def test_a_closed_port_is_unreachable(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert refusal(client, f"http://127.0.0.1:{port}/").reason == "unreachable"


def test_a_name_under_localhost_is_loopback_in_local_mode(client: Client, server: HostileServer) -> None:
    assert client.get_json(f"http://acme.localhost:{server.port}/ok") == {"ok": True}


def test_a_connection_idle_for_long_is_not_used_again(
    client: Client, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get(server.url + "/ok")
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0.0)
    client.get(server.url + "/ok")
    assert server.connections == 2
