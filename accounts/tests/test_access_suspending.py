"""Who is suspended is out at once, and gets in no more until resumed."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.access import AccessRefused, resume, suspend
from accounts.arrive import find_user
from accounts.models import Identity, Session, User
from accounts.oidc.claims import Person
from accounts.tests.access_cast import apart, make_role, on_own_connection, wait_for_waiting
from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, arrive, configure_okta, make_user
from tenants.models import IdentityProvider, Tenant

ISSUER = "https://race.okta.example"


def test_nobody_suspends_themselves(alice: User, client_for: ClientFor, acme: Tenant) -> None:
    make_user("Second Admin", roles=("User administrator",))
    client_for(acme, alice)
    with pytest.raises(AccessRefused) as refused:
        suspend(alice, by=alice)
    assert refused.value.code == "own_suspension"
    assert User.objects.get(pk=alice.pk).is_active
    assert Session.objects.filter(user=alice).exists()


def test_who_may_not_suspend_neither_suspends_nor_resumes(alice: User, bob: User) -> None:
    make_role("Front desk", "give_access")
    dana = make_user("Dana Holt", roles=("Front desk",))
    for change in (suspend, resume):
        with pytest.raises(AccessRefused) as refused:
            change(bob, by=dana)
        assert refused.value.code == "no_permission"
    assert User.objects.get(pk=bob.pk).is_active


def test_a_refused_suspension_leaves_the_sessions(alice: User, acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme, alice)
    with pytest.raises(AccessRefused) as refused:
        suspend(alice, by=None)
    assert refused.value.code == "last_administrator"
    assert browser.get("/").status_code == 200


def test_open_sessions_end_in_every_browser(alice: User, bob: User, acme: Tenant, client_for: ClientFor) -> None:
    browsers = [client_for(acme, bob), client_for(acme, bob)]
    suspend(bob, by=alice)
    for browser in browsers:
        assert browser.get("/")["Location"].startswith("/sign-in/")


def test_the_sessions_of_others_stay(alice: User, bob: User, acme: Tenant, client_for: ClientFor) -> None:
    other = client_for(acme, alice)
    suspend(bob, by=alice)
    assert other.get("/").status_code == 200


def test_a_suspended_person_is_refused_at_sign_in(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    arrive(client_for(acme), okta, "Carol")
    suspend(User.objects.get(), by=None)
    assert arrive(client_for(acme), okta, "Carol").status_code == 403
    assert not Session.objects.exists()


def test_a_suspended_person_holds_nothing(alice: User) -> None:
    make_user("Second Admin", roles=("User administrator",))
    assert alice.may("give_access")
    suspend(alice, by=None)
    assert not alice.permissions


def test_suspending_twice_is_suspending_once(alice: User, bob: User) -> None:
    for _again in range(2):
        suspend(bob, by=alice)
    assert not User.objects.get(pk=bob.pk).is_active


def test_nobody_brings_back_more_than_they_hold(alice: User) -> None:
    make_role("Front desk", "see_people", "suspend_people")
    dana = make_user("Dana Holt", roles=("Front desk",))
    second = make_user("Second Admin", roles=("User administrator",))
    suspend(second, by=alice)
    with pytest.raises(AccessRefused) as refused:
        resume(second, by=dana)
    assert refused.value.code == "more_than_held"
    assert not User.objects.get(pk=second.pk).is_active


def test_who_is_resumed_has_the_roles_and_teams_of_before(alice: User, bob: User) -> None:
    suspend(bob, by=alice)
    resume(bob, by=alice)
    there = User.objects.get(pk=bob.pk)
    assert there.is_active
    assert ([role.name for role in there.roles], [team.name for team in there.teams.all()]) == (["Staff"], ["Red"])


@pytest.fixture
def arriving(acme: Tenant) -> Iterator[User]:
    """Somebody who is really there, for connections other than the test's."""

    def make() -> User:
        user: User = User.objects.create(name="Rae Quick", email="rae.quick@acme.example")
        Identity.objects.create(user=user, issuer=ISSUER, subject="00u-rae", provider=IdentityProvider().pk)
        return user

    user: User = apart(acme, make)
    try:
        yield user
    finally:
        apart(acme, user.delete)


def test_a_sign_in_that_finishes_meanwhile_leaves_no_session(acme: Tenant, arriving: User) -> None:
    has_the_row, may_finish = threading.Event(), threading.Event()

    def finish_a_sign_in() -> None:
        with transaction.atomic():
            user = find_user(IdentityProvider(issuer=ISSUER), Person(subject="00u-rae"))
            assert user.is_active
            has_the_row.set()
            may_finish.wait(10)
            Session.objects.create(session_key="meanwhile", user=user, expire_date=timezone.now(), session_data="")

    with ThreadPoolExecutor(2) as threads:
        sign_in = threads.submit(on_own_connection, acme, finish_a_sign_in)
        assert has_the_row.wait(10)
        suspension = threads.submit(on_own_connection, acme, lambda: suspend(arriving, by=None))
        wait_for_waiting(1)
        may_finish.set()
        sign_in.result(), suspension.result()

    assert not User.objects.get(pk=arriving.pk).is_active
    assert not Session.objects.filter(user=arriving).exists()
