"""Where a person lands after signing in: the page they asked for, on this very host, and never anywhere else."""

from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.models import Attempt, User
from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, arrive, callback, configure_okta
from tenants.models import IdentityProvider, Tenant

OFF_SITE = {
    "two slashes": "//evil.example/",
    "three slashes": "///evil.example/",
    "slash and backslash": "/\\evil.example/",
    "backslashes": "\\\\evil.example/",
    "a backslash further on": "/people/\\..\\..\\evil.example",
    "a scheme without slashes": "https:evil.example",
    "an absolute address": "https://evil.example/",
    "a scheme with one slash": "https:/evil.example/",
    "slashes encoded once more": "/%2f%2fevil.example",
    "slash and an encoded slash": "/%2fevil.example",
    "slash and an encoded backslash": "/%5Cevil.example",
    "a tab inside": "/\t/evil.example/",
    "a line feed inside": "/\n/evil.example/",
    "a carriage return and a header": "/people/\r\nSet-Cookie: session=planted",
    "a leading space": " //evil.example/",
    "a leading control character": "\x01//evil.example/",
    "NUL": "/\x00/evil.example/",
    "javascript": "javascript:alert(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "userinfo": "//acme.localhost:8000@evil.example/",
    "userinfo of an absolute address": "http://acme.localhost:8000@evil.example/",
    "our own host, absolute": "http://acme.localhost:8000/people/",
    "another tenant's host": "http://globex.localhost:8000/people/",
    "fullwidth slashes": "/\uff0f\uff0fevil.example/",
    "division slashes": "/\u2215\u2215evil.example/",
    "a line separator": "/\u2028/evil.example/",
    "a lone surrogate": "/\udcff/evil.example",
    "no slash at all": "evil.example",
    "a bare query": "?next=//evil.example",
    "a longer path than any page's": "/" + "a" * 2000,
    "nothing": "",
}


@pytest.mark.parametrize("spelling", OFF_SITE.values(), ids=OFF_SITE.keys())
def test_an_address_elsewhere_ends_at_the_start_page(
    acme: Tenant, acme_provider: IdentityProvider, client_for: ClientFor, spelling: str
) -> None:
    IdentityProvider.objects.update(metadata_fetched_at="2099-01-01T00:00Z")
    browser = client_for(acme)
    spelling = spelling.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    page = browser.get("/sign-in/", {"next": spelling})
    assert page.status_code == 200
    assert b"evil" not in page.content
    assert b'?next=%2F"' in page.content
    assert browser.get("/oidc/okta/start/", {"next": spelling}).status_code == 302
    assert Attempt.objects.get().next_path == "/"


@pytest.mark.parametrize("spelling", OFF_SITE.values(), ids=OFF_SITE.keys())
def test_nobody_who_is_signed_in_is_sent_elsewhere(
    acme: Tenant, carol: User, client_for: ClientFor, spelling: str
) -> None:
    spelling = spelling.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    answer = client_for(acme, carol).get("/sign-in/", {"next": spelling})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_a_whole_sign_in_with_an_address_elsewhere_ends_at_the_start_page(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    assert arrive(client_for(acme), okta, "Alice", next_path="//evil.example/")["Location"] == "/"


def test_a_deep_link_survives_the_sign_in(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    deep = "/people/?q=%C3%A9l+%2B%26x&page=2"

    to_sign_in = browser.get(deep)
    assert to_sign_in.status_code == 302
    page = browser.get(to_sign_in["Location"])
    (button,) = [part for part in page.content.decode().split('"') if part.startswith("/oidc/okta/start/")]
    begun = browser.get(button)
    back = browser.get(callback(okta.authorize(begun["Location"], person="Alice")))

    assert (back.status_code, back["Location"]) == (302, deep)


def test_a_deep_link_survives_a_refusal(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    page = arrive(browser, okta, "Dan", next_path="/people/?q=x").content.decode()
    assert "/oidc/okta/start/?next=%2Fpeople%2F%3Fq%3Dx&amp;prompt=login" in page


def test_two_tabs_come_back_each_to_its_own_page(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)
    begun = [browser.get("/oidc/okta/start/", {"next": path})["Location"] for path in ("/people/", "/roles/")]
    landed = [browser.get(callback(okta.authorize(url, person="Alice")))["Location"] for url in reversed(begun)]
    assert landed == ["/roles/", "/people/"]


def test_a_form_that_met_a_lost_session_is_not_asked_for_by_get(
    acme: Tenant, acme_provider: IdentityProvider, client_for: ClientFor
) -> None:
    answer = client_for(acme).post("/people/1/suspend/")
    assert answer["Location"] == "/sign-in/?next=%2F"


@pytest.mark.parametrize("path", ["/people/?q=" + "%25" * 3000, "//people/", "/people/?q=\u2028"])
def test_an_odd_deep_link_is_let_go(acme: Tenant, client_for: ClientFor, path: str) -> None:
    answer = client_for(acme).get(path)
    assert answer.status_code in {302, 404}
    if answer.status_code == 302:
        assert urlsplit(answer["Location"]).netloc == ""
        (landing,) = parse_qs(urlsplit(answer["Location"]).query)["next"]
        assert landing == "/" or landing.startswith("/people/")
