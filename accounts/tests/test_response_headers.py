"""What every answer tells the browser about safety, whatever kind of page it is."""

from typing import Any

import pytest

from accounts.models import User
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.own_domain import CUSTOMERS_HOST, HOST, own_domain
from huume.testing import ClientFor, TenantClient, arrive, configure_okta
from huume.tests.staff_desk import add_manager, enter
from tenants.models import Tenant

__all__ = ["own_domain"]
YEAR = 365 * 24 * 3600


def sign_in_page(browser: TenantClient) -> Any:
    return browser.get("/sign-in/")


def waiting_page(browser: TenantClient) -> Any:
    return browser.get("/")


def refused_page(browser: TenantClient) -> Any:
    return browser.get("/oauth2/okta/authresp")


def page_not_open(browser: TenantClient) -> Any:
    return browser.get("/people/")


def not_found(browser: TenantClient) -> Any:
    return browser.get("/nowhere/")


def form_too_old(browser: TenantClient) -> Any:
    return browser.post("/sign-out/")


def wrong_method(browser: TenantClient) -> Any:
    return browser.get("/sign-out/")


def redirect(browser: TenantClient) -> Any:
    return TenantClient("acme.localhost:8000").get("/people/")


def too_large(browser: TenantClient) -> Any:
    return browser.post("/sign-out/", CONTENT_LENGTH="3000000")


def tenant_suspended(browser: TenantClient) -> Any:
    Tenant.objects.get(schema_name="acme").suspend()
    return browser.get("/")


def unknown_host(browser: TenantClient) -> Any:
    return TenantClient("nobody.localhost:8000").get("/")


PAGES = {
    sign_in_page: 302,
    waiting_page: 200,
    refused_page: 400,
    page_not_open: 403,
    not_found: 404,
    form_too_old: 403,
    wrong_method: 405,
    redirect: 302,
    too_large: 413,
    tenant_suspended: 403,
    unknown_host: 404,
}


def policy_of(answer: Any) -> dict[str, set[str]]:
    parts = [part.split() for part in answer["Content-Security-Policy"].split(";")]
    return {name: set(sources) for name, *sources in parts}


def check_every_answer(answer: Any) -> None:
    policy = policy_of(answer)
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == {"'none'"}
    assert policy["script-src"] == policy["style-src"] == {"'self'"}
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_every_kind_of_page(acme: Tenant, okta: FakeProvider, client_for: ClientFor, page: Any) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme, enforce_csrf_checks=True)
    arrive(browser, okta, "Carol")
    answer = page(browser)
    assert answer.status_code == PAGES[page]
    check_every_answer(answer)
    assert "no-store" in answer["Cache-Control"]


def test_the_page_for_anybody(acme: Tenant, client_for: ClientFor) -> None:
    answer = client_for(acme).get("/sign-in/")
    assert answer.status_code == 200
    check_every_answer(answer)
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/", "/admin/tenants/identityprovider/add/", "/nowhere/"])
def test_the_staff_host(staff: Tenant, client_for: ClientFor, path: str) -> None:
    for browser in (client_for(staff), enter(client_for(staff), add_manager())):
        answer = browser.get(path)
        check_every_answer(answer)
        assert "no-store" in answer["Cache-Control"]


def test_static_files(acme: Tenant, client_for: ClientFor) -> None:
    answer: Any = client_for(acme).get("/static/huume.css")
    assert answer.status_code == 200
    check_every_answer(answer)
    assert b"".join(answer.streaming_content)
    answer.close()


def test_a_crash_of_ours(acme: Tenant, carol: User, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_args: object) -> None:
        raise RuntimeError("what only the log is told")

    monkeypatch.setattr("accounts.views.home.who_lets_in", crash)
    browser = client_for(acme, carol)
    browser.raise_request_exception = False
    answer = browser.get("/")
    assert answer.status_code == 500
    assert b"only the log" not in answer.content
    check_every_answer(answer)
    assert "no-store" in answer["Cache-Control"]


def test_no_page_runs_or_loads_what_is_not_ours(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    pages = [browser.get("/sign-in/"), arrive(browser, okta, "Dan")]
    arrive(browser, okta, "Carol")
    pages.append(browser.get("/"))
    for page in pages:
        text = page.content.decode()
        assert "<style" not in text
        assert " style=" not in text
        assert 'src="http' not in text
        assert text.count("<script") == text.count("<script src=")


# Transport.


def test_nothing_is_said_of_transport_on_localhost(acme: Tenant, client_for: ClientFor) -> None:
    assert "Strict-Transport-Security" not in client_for(acme).get("/sign-in/").headers


@pytest.mark.parametrize("path", ["/sign-in/", "/nowhere/", "/static/huume.css", "/"])
def test_our_own_domain_is_bound_whole(own_domain: Tenant, path: str) -> None:
    answer = TenantClient(HOST).get(path, secure=True)
    assert answer["Strict-Transport-Security"] == f"max-age={YEAR}; includeSubDomains; preload"
    answer.close()


@pytest.mark.parametrize("path", ["/sign-in/", "/nowhere/", "/static/huume.css", "/"])
def test_a_customers_host_is_bound_alone(own_domain: Tenant, path: str) -> None:
    answer = TenantClient(CUSTOMERS_HOST).get(path, secure=True)
    assert answer["Strict-Transport-Security"] == f"max-age={YEAR}"
    answer.close()


@pytest.mark.parametrize("host", [HOST, CUSTOMERS_HOST])
def test_without_tls_there_is_but_the_way_to_it(own_domain: Tenant, host: str) -> None:
    answer = TenantClient(host).get("/sign-in/?next=/x/")
    assert (answer.status_code, answer["Location"]) == (301, f"https://{host}/sign-in/?next=/x/")
    assert "Strict-Transport-Security" not in answer.headers
