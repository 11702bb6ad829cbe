"""A host is a tenant's by exact match after normalising, or nobody's: one plain 404, never an error."""

import threading
import time
from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation
from django.test import Client

from huume.tests.pooled_threads import execute
from tenants import hosts
from tenants.models import Domain, Tenant
from tenants.provision import add_host

NOBODYS = [
    "",
    " ",
    ".",
    ":8000",
    "nobody.localhost",
    "evil-acme.localhost",
    "acme.localhost.evil.example",
    "acme.localhost.evil.example:8000",
    "acme.localhost:8000:1",
    "acme.localhost:",
    "acme.localhost:port",
    "acme.localhost:123456",
    "acme.localhost..",
    ".acme.localhost",
    "www.acme.localhost",
    "acme",
    "acme.",
    "acmeXlocalhost",
    "acme_localhost",
    "acme.localhost,globex.localhost",
    "acme.localhost, globex.localhost",
    "acme.localhost/",
    "acme.localhost\\",
    "acme.localhost#",
    "acme.localhost?globex.localhost",
    "user@acme.localhost",
    "http://acme.localhost",
    "acme.localhost\x00",
    "acme.localhost\x00.evil.example",
    "acme.localhost\r\nX-Injected: 1",
    "acme.localhost\t",
    " acme.localhost",
    "acme%2elocalhost",
    "acme。localhost",
    "ａcme.localhost",
    "acme.localhoſt",
    "127.0.0.1",
    "127.0.0.1:8000",
    "[::1]",
    "[::1]:8000",
    "[acme.localhost]",
    "%",
    "_",
    "'; DROP SCHEMA acme; --",
    "a" * 64 + ".localhost",
    "a." * 5_000 + "localhost",
    "public",
    "public.localhost",
]


@pytest.mark.parametrize("host", NOBODYS)
def test_what_is_nobodys_is_a_plain_404(acme: Tenant, host: str) -> None:
    answer = Client().get("/", HTTP_HOST=host)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content == b"There is nothing here.\n"


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/admin/", "/static/huume.css", "/people/", "/oidc/okta/start/"])
def test_nothing_is_served_on_an_unknown_host(acme: Tenant, path: str) -> None:
    assert Client().get(path, HTTP_HOST="nobody.localhost").content == b"There is nothing here.\n"


def test_a_request_without_a_host_is_nobodys(acme: Tenant) -> None:
    assert Client(SERVER_NAME="acme.localhost").get("/").status_code == 404


def test_nothing_of_a_tenant_is_in_the_headers_of_a_404(acme: Tenant) -> None:
    answer = Client().get("/", HTTP_HOST="evil-acme.localhost")
    assert "acme" not in str(answer.headers).lower()
    assert not answer.cookies


@pytest.mark.parametrize(
    "host", ["acme.localhost", "ACME.localhost:8000", "acme.localhost.", "acme.LOCALHOST.:8000", "Acme.Localhost:1"]
)
def test_case_port_and_final_dot_do_not_matter(acme: Tenant, host: str) -> None:
    answer = Client().get("/sign-in/", HTTP_HOST=host)
    assert answer.status_code == 200
    assert "Acme Homes" in answer.content.decode()


def test_the_forwarded_host_is_not_believed(acme: Tenant, globex: Tenant) -> None:
    forwarded = {"X-Forwarded-Host": "globex.localhost", "Forwarded": "host=globex.localhost"}
    page = Client(headers=forwarded).get("/sign-in/", HTTP_HOST="acme.localhost").content.decode()
    assert "Acme Homes" in page
    assert "Globex" not in page


def test_a_suspicious_request_is_a_400_of_the_tenants(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    def suspicious(*_arguments: Any) -> None:
        raise SuspiciousOperation("odd")

    monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_request", suspicious)
    assert Client().get("/sign-in/", HTTP_HOST="acme.localhost").status_code == 400


def test_a_customers_own_host_is_the_tenants_too(acme: Tenant) -> None:
    add_host(acme, "People.Acme.Example.")
    assert "Acme Homes" in Client().get("/sign-in/", HTTP_HOST="people.acme.example:443").content.decode()


def test_a_suspended_tenant_says_so_on_every_address(acme: Tenant) -> None:
    acme.suspend()
    for path in ("/", "/sign-in/", "/people/", "/oidc/okta/start/", "/oauth2/okta/authresp", "/nothing/"):
        answer = Client().get(path, HTTP_HOST="acme.localhost")
        assert answer.status_code == 403
        assert "closed for now" in answer.content.decode()


def test_the_page_of_a_suspended_tenant_has_its_style(acme: Tenant) -> None:
    acme.suspend()
    answer = Client().get("/static/huume.css", HTTP_HOST="acme.localhost")
    assert answer.status_code == 200
    assert answer.getvalue()


def test_a_warm_process_asks_the_database_for_no_host(acme: Tenant, django_assert_num_queries: Any) -> None:
    hosts.find("acme.localhost")
    hosts.find("nobody.localhost")
    with django_assert_num_queries(0):
        assert hosts.find("acme.localhost") is not None
        assert hosts.find("nobody.localhost") is None


def test_what_cannot_be_a_host_is_not_asked_for(acme: Tenant, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert hosts.find(hosts.from_header("acme.localhost\x00")) is None


def test_a_flood_of_unknown_hosts_fills_no_memory(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "MOST_UNKNOWN", 10)
    hosts.find("acme.localhost")
    for number in range(25):
        hosts.find(f"flood-{number}.localhost")
    assert len(hosts._unknown) <= 10
    assert list(hosts._known) == ["acme.localhost"]


def test_a_new_host_answers_at_once_where_it_was_unknown(acme: Tenant) -> None:
    assert hosts.find("new.acme.example") is None
    add_host(acme, "new.acme.example")
    found = hosts.find("new.acme.example")
    assert found is not None
    assert found.tenant == acme


def test_a_removed_host_is_nobodys_at_once(acme: Tenant) -> None:
    add_host(acme, "old.acme.example")
    assert hosts.find("old.acme.example") is not None
    Domain.objects.get(domain="old.acme.example").delete()
    assert hosts.find("old.acme.example") is None


@pytest.mark.parametrize("before", [True, False])
def test_a_change_that_nobody_announced_is_right_within_5_seconds(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    host = "people.acme.example"
    if before:
        add_host(acme, host)
    assert (hosts.find(host) is not None) is before
    insert = f"INSERT INTO tenants_domain (domain, tenant_id, is_primary) VALUES ('{host}', {acme.pk}, false)"
    execute(f"DELETE FROM tenants_domain WHERE domain = '{host}'" if before else insert)
    later = time.monotonic() + 5
    monkeypatch.setattr("tenants.hosts.time.monotonic", lambda: later)
    assert (hosts.find(host) is not None) is not before


def test_an_answer_read_before_a_change_is_not_kept_after_it(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    read = hosts._read

    def read_and_change(host: str) -> hosts.Site | None:
        site = read(host)
        hosts.forget()
        return site

    monkeypatch.setattr(hosts, "_read", read_and_change)
    hosts.find("acme.localhost")
    assert not hosts._known


def test_the_listening_thread_keeps_no_process_from_ending(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[threading.Thread] = []
    monkeypatch.setattr(hosts, "_listening_in", None)
    monkeypatch.setattr(threading.Thread, "start", lambda thread: started.append(thread))
    hosts.find("acme.localhost")
    hosts.find("nobody.localhost")
    assert [(thread.name, thread.daemon) for thread in started] == [("register-listener", True)]
