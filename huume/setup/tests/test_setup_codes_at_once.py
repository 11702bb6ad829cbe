"""Guesses, presses and links in parallel, each thread on a connection of its own, at a tenant that is really there."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django_tasks_db.models import DBTaskResult
from django_tenants.utils import tenant_context

from huume.setup.tests.setup_cast import ADA, make_link, provider_of, set_code
from huume.testing import TenantClient
from tenants import setup_codes, setup_links
from tenants.models import IdentityProvider, Mail, SetupLink, SetupSession, Tenant
from tenants.provision import provision

HOST = "throng.localhost:8000"
AT_ONCE = 16
pytestmark = pytest.mark.xdist_group("throng")


@pytest.fixture(scope="module")
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[Tenant]:
    """A tenant outside any test's transaction, deleted at the end."""
    with django_db_blocker.unblock():
        tenant, _made = provision("throng", "Throng Homes", contact="it@throng.example")
    yield tenant
    with django_db_blocker.unblock():
        tenant.delete()
        connection.close()


@pytest.fixture
def throng(committed: Tenant, django_db_blocker: Any) -> Iterator[Tenant]:
    with django_db_blocker.unblock(), tenant_context(committed):
        yield committed
        IdentityProvider.objects.filter(tenant=committed).delete()
        Mail.objects.filter(tenant=committed).delete()
        DBTaskResult.objects.all().delete()


def all_at_once(tenant: Tenant, acts: list[Callable[[], Any]]) -> list[Any]:
    """What each returned or raised; none begins before all are there."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int) -> None:
        try:
            with tenant_context(tenant):
                connection.ensure_connection()
                barrier.wait(20)
                results[number] = acts[number]()
        except Exception as error:
            results[number] = error  # type: ignore[call-overload]  # whatever came of it
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return results


def with_code(tenant: Tenant, code: str) -> tuple[SetupLink, str]:
    link, token = make_link(tenant)
    SetupLink.objects.filter(pk=link.pk).update(code_sent_at=timezone.now())
    set_code(link, code)
    return link, token


def test_of_guesses_at_once_ten_are_tried(throng: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    link, token = with_code(throng, "123456")
    compared: list[str] = []

    def noted(one: str, other: str) -> bool:
        compared.append(other)
        return constant_time_compare(one, other)

    monkeypatch.setattr(setup_codes, "constant_time_compare", noted)
    browsers = [TenantClient(HOST) for _each in range(AT_ONCE)]
    for browser in browsers:
        browser.get(f"/setup/{token}/")

    def guess(number: int) -> Any:
        return browsers[number].post("/setup/code/", {"code": f"{number:06d}"})

    answers = all_at_once(throng, [partial(guess, number) for number in range(AT_ONCE)])
    link.refresh_from_db()
    assert (link.tries, link.end) == (SetupLink.MOST_TRIES, SetupLink.End.GUESSED)
    assert len(compared) == SetupLink.MOST_TRIES
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [410] * (AT_ONCE - 9)
    assert Mail.objects.filter(name="setup_link_closed", recipient=link.email).count() == 1


def test_a_right_code_at_once_starts_one_session(throng: Tenant) -> None:
    link, _token = with_code(throng, "123456")

    def enter() -> Any:
        return setup_codes.enter(SetupLink.objects.select_related("provider__tenant").get(pk=link.pk), "123456")

    results = all_at_once(throng, [enter] * 6)
    refused = [result for result in results if isinstance(result, setup_links.SetupRefused)]
    assert {refusal.code for refusal in refused} == {"setup_code_late"}
    assert len(refused) == 5
    assert SetupSession.objects.filter(link=link).count() == 1


def test_presses_at_once_send_one_mail(throng: Tenant) -> None:
    link, _token = make_link(throng)

    def press() -> Any:
        return setup_codes.send_code(SetupLink.objects.select_related("provider__tenant").get(pk=link.pk))

    assert sorted(all_at_once(throng, [press] * 6)) == [False] * 5 + [True]
    assert Mail.objects.filter(tenant=throng, name="setup_code").count() == 1


def test_links_made_at_once_leave_one_standing(throng: Tenant) -> None:
    provider = provider_of(throng)
    made = all_at_once(throng, [lambda: setup_links.make(provider, "it@throng.example", by=ADA)] * 6)
    assert all(isinstance(result, tuple) for result in made), made
    links = SetupLink.objects.filter(provider=provider)
    assert links.count() == 6
    assert links.standing().count() == 1
    assert links.filter(end=SetupLink.End.REPLACED).count() == 5
