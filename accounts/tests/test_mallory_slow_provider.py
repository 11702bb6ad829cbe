"""One tenant's provider that never answers takes no other tenant's portal away."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.tests.fake_provider import FakeProvider
from huume.tests.portal_process import PortalProcess

MANY = 24
pytestmark = pytest.mark.xdist_group("portal process")


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[PortalProcess]:
    with PortalProcess(tmp_path, OIDC_ALLOW_LOCAL_PROVIDERS="true") as running:
        for tenant in ("acme", "globex"):
            running.manage("provision_tenant", tenant, "--name", tenant.title())
        yield running


def configure(portal: PortalProcess, provider: FakeProvider) -> None:
    options = ["--issuer", provider.issuer, "--client-id", "globex-client", "--client-secret-stdin", "--activate"]
    portal.manage("configure_provider", "globex", "okta", *options, stdin="globex-secret\n")


def come_back(portal: PortalProcess) -> bytes:
    """The request of a browser of globex that comes back with a code of no worth."""
    begun = portal.get("globex.localhost", "/oidc/okta/start/")
    state = parse_qs(urlsplit(begun.headers["Location"]).query)["state"][0]
    cookie = begun.headers["Set-Cookie"].partition(";")[0]
    path = f"/oauth2/okta/authresp?state={state}&code=x"
    return f"GET {path} HTTP/1.1\r\nHost: globex.localhost\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n".encode()


def test_other_tenants_are_served_while_many_wait_for_a_slow_provider(portal: PortalProcess) -> None:
    with FakeProvider() as provider, ExitStack() as waiting:
        configure(portal, provider)
        requests = [come_back(portal) for _browser in range(MANY)]
        provider.delay = 60.0
        for request in requests:
            browser = waiting.enter_context(socket.create_connection(("127.0.0.1", portal.port)))
            browser.sendall(request)
        served = threading.Event()

        def look() -> None:
            if portal.get("acme.localhost", "/sign-in/").status == 200:
                served.set()

        threading.Thread(target=look, daemon=True).start()
        # Far under the ten seconds for which each of those that wait is waited for.
        assert served.wait(5)
