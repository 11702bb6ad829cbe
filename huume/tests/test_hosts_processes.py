"""Two workers of the real server: what one process changes holds for the next request of every other."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from huume import postgres
from huume.tests.portal_process import PortalProcess

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'huume register listener'"
pytestmark = pytest.mark.xdist_group("portal process")
LISTENERS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'huume register listener'"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    with PortalProcess(tmp_path_factory.mktemp("portal")) as running:
        running.manage("provision_tenant", "acme", "--name", "Acme Homes")
        yield running


@pytest.fixture(autouse=True)
def warm(portal: PortalProcess) -> Iterator[None]:
    """Every worker knows the tenant and listens; afterwards the tenant is as before."""
    assert portal.statuses("acme.localhost", "/sign-in/") == [200, 200]
    eventually(lambda: portal.sql(LISTENERS) == [(2,)])
    yield
    portal.sql(
        "UPDATE tenants_tenant SET suspended_at = NULL",
        "DELETE FROM tenants_domain WHERE domain LIKE '%.example'",
    )
    eventually(lambda: portal.statuses("acme.localhost", "/sign-in/") == [200, 200])


def eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.1)


def insert_host(host: str) -> str:
    return f"INSERT INTO tenants_domain (domain, tenant_id, is_primary) SELECT '{host}', id, false FROM tenants_tenant WHERE schema_name = 'acme'"  # noqa: E501


def test_a_provisioned_host_is_there_in_every_worker(portal: PortalProcess) -> None:
    assert portal.statuses("people.acme.example", "/sign-in/") == [404, 404]
    portal.manage("provision_tenant", "acme", "--name", "Acme Homes", "--host", "people.acme.example")
    assert portal.statuses("people.acme.example", "/sign-in/") == [200, 200]


def test_a_suspended_tenant_is_closed_and_resumed_in_every_worker(portal: PortalProcess) -> None:
    portal.manage("suspend_tenant", "acme")
    assert portal.statuses("acme.localhost", "/sign-in/") == [403, 403]
    portal.manage("resume_tenant", "acme")
    assert portal.statuses("acme.localhost", "/sign-in/") == [200, 200]


def test_a_host_removed_in_the_database_is_gone_in_every_worker(portal: PortalProcess) -> None:
    portal.sql(insert_host("old.acme.example"))
    eventually(lambda: portal.statuses("old.acme.example", "/sign-in/") == [200, 200], 5)
    portal.sql("DELETE FROM tenants_domain WHERE domain = 'old.acme.example'")
    eventually(lambda: portal.statuses("old.acme.example", "/sign-in/") == [404, 404], 5)


def test_a_change_while_the_listeners_are_cut_off_is_right_within_5_seconds(portal: PortalProcess) -> None:
    assert portal.statuses("cut.acme.example", "/sign-in/") == [404, 404]
    portal.sql(CUT, insert_host("cut.acme.example"))
    eventually(lambda: portal.statuses("cut.acme.example", "/sign-in/") == [200, 200], 5)


def test_the_next_request_after_a_restart_of_the_database_works(portal: PortalProcess) -> None:
    killed = postgres.answering_pid(portal.data_dir / "postgres")
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: postgres.answering_pid(portal.data_dir / "postgres") not in (None, killed))
    assert portal.statuses("acme.localhost", "/sign-in/") == [200, 200]
    assert portal.statuses("acme.localhost", "/healthz") == [200, 200]


def test_changes_are_heard_again_after_a_restart_of_the_database(portal: PortalProcess) -> None:
    portal.sql(CUT)
    eventually(lambda: portal.sql(LISTENERS) == [(2,)])
    portal.manage("suspend_tenant", "acme")
    assert portal.statuses("acme.localhost", "/sign-in/") == [403, 403]


@pytest.mark.parametrize(
    "request_line",
    ["GET http://elsewhere.localhost/sign-in/ HTTP/1.1", "GET //elsewhere.localhost/sign-in/ HTTP/1.1"],
)
def test_a_target_that_names_a_host_changes_nothing_about_whose_page_it_is(
    portal: PortalProcess, request_line: str
) -> None:
    answer = portal.send(f"{request_line}\r\nHost: acme.localhost\r\nConnection: close\r\n\r\n".encode())
    head, _blank, page = answer.decode().partition("\r\n\r\n")
    assert head.split()[1] in {"200", "302", "404"}
    assert "elsewhere" not in page
    assert "elsewhere" not in head.partition("Location:")[2].partition("\r\n")[0].partition("?")[0]


@pytest.mark.parametrize(
    "hosts",
    ["", "Host:\r\n", "Host: acme.localhost\r\nHost: nobody.localhost\r\n", "Host: acme.localhost, x.localhost\r\n"],
)
def test_requests_without_one_good_host_are_nobodys(portal: PortalProcess, hosts: str) -> None:
    answer = portal.send(f"GET /sign-in/ HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode()).decode()
    assert answer.split()[1] in {"400", "404"}
    assert "Acme" not in answer


def test_a_worker_that_listens_still_ends_when_told(portal: PortalProcess) -> None:
    told = portal.worker_pids[0]
    os.kill(told, signal.SIGTERM)
    eventually(lambda: not Path(f"/proc/{told}").exists())
    eventually(lambda: len(portal.worker_pids) == 2 and portal.statuses("acme.localhost", "/healthz") == [200, 200])


def test_a_request_has_an_id_that_no_client_chooses(portal: PortalProcess) -> None:
    first = portal.get("acme.localhost", "/sign-in/", X_Request_Id="chosen").headers["X-Request-Id"]
    second = portal.get("nobody.localhost", "/sign-in/").headers["X-Request-Id"]
    assert len({first, second, "chosen", None}) == 4
