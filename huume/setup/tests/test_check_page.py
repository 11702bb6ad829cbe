"""The live check among the setup pages: asked for by a button, shown while it runs, good for that provider only."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.live_check import CHECKS
from accounts.tests.fake_provider import FakeProvider
from huume.setup.tests.setup_cast import enter_setup
from huume.testing import ClientFor, TenantClient, configure_okta
from tenants.actor import Actor
from tenants.candidates import propose
from tenants.configure import look_up
from tenants.models import AuthMethod, IdentityProvider, ProviderCheck, Tenant

CHECK = "/setup/check/"


@pytest.fixture
def contact(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> TenantClient:
    provider = configure_okta(acme, okta)
    IdentityProvider.objects.filter(pk=provider.pk).update(status=IdentityProvider.Status.SUBMITTED, live_at=None)
    client = client_for(acme)
    enter_setup(client, acme)
    return client


def run_by(client: TenantClient) -> tuple[str, str]:
    """Address and whole text of the page of a new run."""
    asked = client.post(CHECK)
    assert asked.status_code == 302, asked.content
    answer = client.get(asked["Location"])
    return asked["Location"], text_of(answer)


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    body: bytes = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode()


def test_every_line_is_shown_and_nothing_is_wrong(contact: TenantClient) -> None:
    _address, page = run_by(contact)
    assert page.count('class="outcome ') == len(CHECKS)
    assert "Nothing is wrong" in page
    assert "Go on to the test sign-in" in page
    assert page.endswith("</html>\n")


def test_the_lines_come_one_by_one(contact: TenantClient) -> None:
    answer: Any = contact.get(contact.post(CHECK)["Location"])
    assert answer.streaming
    pieces = [piece.decode() for piece in answer.streaming_content]
    assert sum('class="outcome ' in piece for piece in pieces) == len(CHECKS)
    assert all(piece.count('class="outcome ') <= 1 for piece in pieces)
    assert answer["X-Accel-Buffering"] == "no"
    assert "no-store" in answer["Cache-Control"]


def test_a_wrong_secret_is_named_with_where_to_mend_it(contact: TenantClient, okta: FakeProvider) -> None:
    client = okta.client("acme-client")
    assert client
    okta.add_client(replace(client, secrets=["another secret altogether"]))
    _address, page = run_by(contact)
    assert "One thing to fix before anyone can sign in" in page
    assert "Client Credentials" in page
    assert "Change what was handed over" in page


def test_loading_the_page_again_shows_the_result_and_runs_nothing(contact: TenantClient, okta: FakeProvider) -> None:
    address, first = run_by(contact)
    calls = len(okta.calls)
    again = contact.get(address)
    assert not again.streaming
    assert again.content.decode().count('class="outcome ') == first.count('class="outcome ')
    assert len(okta.calls) == calls


def test_the_first_page_asks_and_runs_nothing(contact: TenantClient, okta: FakeProvider) -> None:
    calls = len(okta.calls)
    assert "Check now" in contact.get(CHECK).content.decode()
    assert not ProviderCheck.objects.exists()
    assert len(okta.calls) == calls


def test_head_begins_no_run(contact: TenantClient) -> None:
    address = contact.post(CHECK)["Location"]
    assert contact.head(address).status_code == 200
    assert ProviderCheck.objects.get().started_at is None


def test_a_second_click_waits_for_the_first(contact: TenantClient) -> None:
    contact.post(CHECK)
    second = contact.post(CHECK)
    assert second.status_code == 429
    assert "under way" in second.content.decode()


def test_a_run_under_way_is_shown_so_far_and_the_page_looks_again(contact: TenantClient) -> None:
    address = contact.post(CHECK)["Location"]
    ProviderCheck.objects.update(started_at=timezone.now())
    page = text_of(contact.get(address))
    assert "still running" in page
    assert 'http-equiv="refresh"' in page


def test_a_run_that_died_says_so_and_may_be_made_again(contact: TenantClient) -> None:
    address = contact.post(CHECK)["Location"]
    ProviderCheck.objects.update(started_at=timezone.now() - timedelta(minutes=5))
    page = text_of(contact.get(address))
    assert "interrupted" in page
    assert 'http-equiv="refresh"' not in page
    assert contact.post(CHECK).status_code == 302


def test_a_browser_that_leaves_half_way_leaves_what_was_found(contact: TenantClient) -> None:
    answer: Any = contact.get(contact.post(CHECK)["Location"])
    for _number in range(3):
        next(answer._iterator)
    # As the server does; closing the answer itself would close the test's own connection.
    answer._iterator.close()
    check = ProviderCheck.objects.get()
    assert check.finished_at is not None
    assert 0 < len(check.lines) < len(CHECKS)


def test_checks_are_limited(contact: TenantClient) -> None:
    provider = IdentityProvider.objects.get()
    done = timezone.now() - timedelta(minutes=5)
    ProviderCheck.objects.bulk_create(
        ProviderCheck(provider=provider, asked_at=done, started_at=done, finished_at=done) for _number in range(20)
    )
    answer = contact.post(CHECK)
    assert answer.status_code == 429
    assert "Try again later" in answer.content.decode()


def test_without_a_session_nothing_is_checked(acme: Tenant, client_for: ClientFor, contact: TenantClient) -> None:
    address = contact.post(CHECK)["Location"]
    stranger = client_for(acme)
    assert stranger.post(CHECK)["Location"] == "/setup/"
    assert stranger.get(address)["Location"] == "/setup/"
    assert ProviderCheck.objects.get().started_at is None


def test_the_run_of_another_provider_is_not_found(
    contact: TenantClient, globex: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    address, _page = run_by(contact)
    configure_okta(globex, okta)
    mallory = client_for(globex)
    enter_setup(mallory, globex, email="mallory@globex.example")
    assert mallory.get(address).status_code == 404


def test_nothing_handed_over_leads_to_the_details(acme: Tenant, client_for: ClientFor) -> None:
    client = client_for(acme)
    enter_setup(client, acme)
    assert "/setup/details/" in client.get(CHECK).content.decode()
    assert client.post(CHECK).status_code == 200
    assert not ProviderCheck.objects.exists()


def test_of_a_live_provider_the_candidate_is_checked(contact: TenantClient, acme: Tenant, okta: FakeProvider) -> None:
    provider = IdentityProvider.objects.get()
    IdentityProvider.objects.filter(pk=provider.pk).update(status=IdentityProvider.Status.LIVE)
    provider.refresh_from_db()
    found = look_up("okta", issuer=okta.issuer, client_id="acme-client")
    candidate = propose(
        provider,
        found=found,
        client_id="acme-client",
        auth_method=AuthMethod.SECRET,
        client_secret="not the right one",
        by=Actor("contact"),
    )
    _address, page = run_by(contact)
    assert "One thing to fix" in page
    assert ProviderCheck.objects.get().settings == candidate.pk
    provider.refresh_from_db()
    assert provider.check_failed == []
