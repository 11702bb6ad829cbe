"""Two things at once, in threads with connections of their own, at a tenant that is really there for as long."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django_tenants.utils import tenant_context

from accounts import access, arrive
from accounts.models import Attempt, Identity, Session, SignIn, User
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.fake_provider_cast import FakePerson, huume_client
from huume.testing import TenantClient, callback, configure_okta
from tenants.models import IdentityProvider, Tenant
from tenants.provision import provision

HOST = "rush.localhost:8000"
RUTH = FakePerson("00uRuth", "Ruth", "Vane", "ruth.vane@rush.example")
pytestmark = pytest.mark.xdist_group("rush")


@pytest.fixture(scope="module")
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[Tenant]:
    """A tenant outside any test's transaction, deleted at the end."""
    with django_db_blocker.unblock():
        tenant, _made = provision("rush", "Rush Homes")
    yield tenant
    with django_db_blocker.unblock():
        tenant.delete()
        connection.close()


@pytest.fixture
def rush(committed: Tenant, okta: FakeProvider, django_db_blocker: Any) -> Iterator[Tenant]:
    with django_db_blocker.unblock(), tenant_context(committed):
        okta.add_client(huume_client("rush"))
        okta.add_person(RUTH)
        configure_okta(committed, okta)
        yield committed
        for model in (Attempt, SignIn, Session, Identity, User):
            model.objects.all().delete()
        IdentityProvider.objects.filter(tenant=committed).delete()
        Tenant.objects.get(pk=committed.pk).resume()


class Running:
    """A function in a thread of its own, on a connection of its own, in the tenant."""

    def __init__(self, tenant: Tenant, act: Callable[[], Any]) -> None:
        self.tenant, self.act = tenant, act
        self.result: Any = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            with tenant_context(self.tenant):
                self.result = self.act()
        except Exception as error:
            self.result = error
        finally:
            connections.close_all()

    def outcome(self) -> Any:
        self.thread.join(20)
        assert not self.thread.is_alive()
        return self.result


def answered(okta: FakeProvider, person: str) -> tuple[TenantClient, str]:
    """A browser with the provider's answer in hand."""
    browser = TenantClient(HOST)
    begun = browser.get("/oidc/okta/start/")
    return browser, callback(okta.authorize(begun["Location"], person=person))


def together(rush: Tenant, okta: FakeProvider, *people: str) -> list[Any]:
    ready = [answered(okta, person) for person in people]
    running = [Running(rush, lambda pair=pair: pair[0].get(pair[1])) for pair in ready]  # type: ignore[misc]  # bound now
    return [one.outcome() for one in running]


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have looked for the identity, and found none, before either goes on."""
    barrier, look, seen = threading.Barrier(2), arrive._by_identity, threading.local()

    def look_then_wait(issuer: str, subject: str) -> User | None:
        found = look(issuer, subject)
        if not getattr(seen, "before", False):
            seen.before = True
            barrier.wait(10)
        return found

    monkeypatch.setattr(arrive, "_by_identity", look_then_wait)


def test_two_first_sign_ins_of_one_person_make_one_user(rush: Tenant, okta: FakeProvider, meeting: None) -> None:
    answers = together(rush, okta, "Ruth", "Ruth")
    assert [answer.status_code for answer in answers] == [302, 302]
    assert User.objects.count() == Identity.objects.count() == 1
    assert Session.objects.count() == 2
    assert SignIn.objects.filter(outcome="succeeded").count() == 2


def test_two_people_at_once_take_over_one_record_once(rush: Tenant, okta: FakeProvider, meeting: None) -> None:
    waiting = User.objects.add_in_advance(RUTH.email)
    okta.add_person(FakePerson("00uRuthToo", "Ruth", "Vane", RUTH.email))
    answers = together(rush, okta, "00uRuth", "00uRuthToo")
    assert [answer.status_code for answer in answers] == [302, 302]
    assert User.objects.count() == 2
    assert waiting.identities.count() == 1


def test_one_answer_sent_twice_at_once_is_good_once(rush: Tenant, okta: FakeProvider) -> None:
    browser, back = answered(okta, "Ruth")
    other = TenantClient(HOST)
    other.cookies = browser.cookies.copy()  # type: ignore[assignment]  # a SimpleCookie as well
    running = [Running(rush, lambda each=each: each.get(back)) for each in (browser, other)]  # type: ignore[misc]
    assert sorted(one.outcome().status_code for one in running) == [302, 400]
    assert Session.objects.count() == 1


# What shuts somebody out, in the middle of their sign-in.


def user(rush: Tenant) -> None:
    access.suspend(User.objects.get(), by=None)


def tenant(rush: Tenant) -> None:
    Tenant.objects.get(pk=rush.pk).suspend()


def provider(rush: Tenant) -> None:
    IdentityProvider.objects.get(tenant=rush).disable()


def deleted_provider(rush: Tenant) -> None:
    IdentityProvider.objects.get(tenant=rush).delete()


def wait_until_somebody_waits_for_a_lock() -> None:
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits for a lock")


@pytest.mark.parametrize("shut_out", [user, tenant, provider, deleted_provider])
def test_no_session_is_left_by_a_sign_in_that_was_faster(
    rush: Tenant, okta: FakeProvider, monkeypatch: pytest.MonkeyPatch, shut_out: Callable[[Tenant], None]
) -> None:
    """The sign-in has made its session and not yet committed it when somebody is shut out."""
    first, back = answered(okta, "Ruth")
    assert first.get(back).status_code == 302
    made, go_on, start = threading.Event(), threading.Event(), arrive.start_session

    def start_then_wait(*args: Any, **kwargs: Any) -> None:
        start(*args, **kwargs)
        made.set()
        go_on.wait(10)

    monkeypatch.setattr(arrive, "start_session", start_then_wait)
    browser, back = answered(okta, "Ruth")
    arriving = Running(rush, lambda: browser.get(back))
    assert made.wait(10)
    shutting = Running(rush, lambda: shut_out(rush))
    wait_until_somebody_waits_for_a_lock()
    go_on.set()

    assert shutting.outcome() is None
    assert arriving.outcome().status_code in {302, 400}
    assert not Session.objects.exists()


@pytest.mark.parametrize("shut_out", [user, tenant, provider])
def test_a_sign_in_that_was_slower_is_refused(
    rush: Tenant, okta: FakeProvider, monkeypatch: pytest.MonkeyPatch, shut_out: Callable[[Tenant], None]
) -> None:
    """Tenant, provider and user were read as good, and then somebody is shut out while the provider is asked."""
    first, back = answered(okta, "Ruth")
    assert first.get(back).status_code == 302
    require_open = arrive.require_open

    def after_shutting_out(pk: Any) -> None:
        Running(rush, lambda: shut_out(rush)).outcome()
        require_open(pk)

    monkeypatch.setattr(arrive, "require_open", after_shutting_out)
    browser, back = answered(okta, "Ruth")
    # Called while a transaction is open that holds nothing yet.
    answer = browser.get(back)
    assert answer.status_code == 403
    assert not Session.objects.exists()
    assert SignIn.objects.get(outcome="refused").reason in {"user_suspended", "tenant_suspended", "provider_not_live"}
