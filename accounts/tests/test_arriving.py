"""Who is who: the identity is the key, and an address links nothing but a record made in advance."""

from typing import Any

import pytest

from accounts.models import Identity, Role, SignIn, User
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.fake_provider_cast import FakePerson, huume_client
from huume.testing import ClientFor, arrive, configure_okta, make_user
from tenants.models import IdentityProvider, Tenant

ALICE = "alice.reed@acme.example"


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    return configure_okta(acme, okta)


@pytest.fixture
def in_advance(acme: Tenant) -> User:
    """Alice, named as user administrator before she has ever signed in."""
    user: User = User.objects.add_in_advance(ALICE)
    user.groups.set(Role.objects.filter(name="User administrator"))
    return user


def is_still_waiting_for_its_person(user: User) -> bool:
    user.refresh_from_db()
    return user.added_in_advance and not user.identities.exists()


def test_the_same_address_with_another_subject_is_somebody_else(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor
) -> None:
    arrive(client_for(acme), okta, "Alice")
    okta.people = [FakePerson("00uAnother", "Alice", "Reed", ALICE)]
    arrive(client_for(acme), okta, "00uAnother")
    assert User.objects.filter(email=ALICE).count() == 2
    assert set(Identity.objects.values_list("subject", flat=True)) == {"00uAliceReed00000001", "00uAnother"}


def test_the_same_subject_at_another_provider_is_somebody_else(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor
) -> None:
    with FakeProvider() as second:
        second.add_client(huume_client("acme", slug="northside"))
        configure_okta(acme, second, slug="northside")
        assert arrive(client_for(acme), okta, "Alice").status_code == 302
        assert arrive(client_for(acme), second, "Alice", slug="northside").status_code == 302
    assert User.objects.count() == Identity.objects.count() == 2


def test_the_same_subject_at_another_tenant_is_somebody_else(
    acme: Tenant, globex: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor
) -> None:
    configure_okta(globex, okta)
    arrive(client_for(acme), okta, "Alice")
    assert arrive(client_for(globex), okta, "Alice").status_code == 302
    assert User.objects.count() == 1, "seen from acme"


def test_a_changed_address_is_the_same_user(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor
) -> None:
    arrive(client_for(acme), okta, "Alice")
    okta.add_person(FakePerson("00uAliceReed00000001", "Alice", "Lund", "alice.lund@acme.example", phone="+44 1"))
    arrive(client_for(acme), okta, "00uAliceReed00000001")
    user = User.objects.get()
    assert (user.email, user.name, user.given_name, user.family_name, user.phone) == (
        "alice.lund@acme.example",
        "Alice Lund",
        "Alice",
        "Lund",
        "+44 1",
    )


def test_what_the_directory_does_not_say_stays(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor
) -> None:
    arrive(client_for(acme), okta, "Alice")
    silent = {"name": None, "given_name": None, "family_name": None, "email": None, "preferred_username": None}
    okta.add_person(FakePerson("00uAliceReed00000001", "", "", "", claims=silent))
    assert arrive(client_for(acme), okta, "00uAliceReed00000001").status_code == 302
    user = User.objects.get()
    assert (user.email, user.name, user.given_name, user.phone) == (ALICE, "Alice Reed", "Alice", "+441632960101")


def test_somebody_of_whom_nothing_is_said_gets_in(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor
) -> None:
    silent = {"name": None, "given_name": None, "family_name": None, "email": None, "preferred_username": None}
    okta.add_person(FakePerson("00uNobody", "", "", "", login="x", claims=silent))
    browser = client_for(acme)
    assert arrive(browser, okta, "00uNobody").status_code == 302
    assert browser.get("/").status_code == 200


# Added in advance: taken over only where all of it is right.


@pytest.mark.parametrize("verified", [False, "true", "True", 1, None, [True], {"value": True}])
def test_an_address_that_is_not_verified_takes_nothing_over(
    acme: Tenant,
    okta: FakeProvider,
    provider: IdentityProvider,
    client_for: ClientFor,
    in_advance: User,
    verified: Any,
) -> None:
    okta.add_person(FakePerson("00uX", "Alice", "Reed", ALICE, claims={"email_verified": verified}))
    assert arrive(client_for(acme), okta, "00uX").status_code == 302
    assert is_still_waiting_for_its_person(in_advance)
    assert User.objects.exclude(pk=in_advance.pk).get().is_waiting


@pytest.mark.parametrize(
    "domains", [[], ["other.example"], ["example"], ["sub.acme.example"], ["notacme.example"], ["me.example"]]
)
def test_an_address_of_a_domain_that_the_provider_is_not_trusted_for_takes_nothing_over(
    acme: Tenant,
    okta: FakeProvider,
    provider: IdentityProvider,
    client_for: ClientFor,
    in_advance: User,
    domains: list[str],
) -> None:
    IdentityProvider.objects.update(email_domains=domains)
    assert arrive(client_for(acme), okta, "Alice").status_code == 302
    assert is_still_waiting_for_its_person(in_advance)


def test_another_provider_of_the_tenant_takes_nothing_over(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor, in_advance: User
) -> None:
    with FakeProvider() as second:
        second.add_client(huume_client("acme", slug="northside"))
        configured = configure_okta(acme, second, slug="northside")
        IdentityProvider.objects.filter(pk=configured.pk).update(email_domains=["northside.example"])
        assert arrive(client_for(acme), second, "Alice", slug="northside").status_code == 302
    assert is_still_waiting_for_its_person(in_advance)


@pytest.mark.parametrize(
    "address", ["al\u0131ce.reed@acme.example", "alice.reed@acme.example.evil.example", "alice.reed+x@acme.example"]
)
def test_an_address_that_only_looks_like_it_takes_nothing_over(
    acme: Tenant,
    okta: FakeProvider,
    provider: IdentityProvider,
    client_for: ClientFor,
    in_advance: User,
    address: str,
) -> None:
    okta.add_person(FakePerson("00uX", "Alice", "Reed", address))
    assert arrive(client_for(acme), okta, "00uX").status_code == 302
    assert is_still_waiting_for_its_person(in_advance)


def test_a_user_who_has_signed_in_is_not_taken_over_by_address(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor
) -> None:
    alice = make_user("Alice Reed", roles=("User administrator",), subject="00u-alice")
    assert arrive(client_for(acme), okta, "Alice").status_code == 302
    assert User.objects.exclude(pk=alice.pk).get().is_waiting
    assert alice.identities.count() == 1


@pytest.mark.parametrize("spelling", [ALICE, "Alice.Reed@ACME.example"])
def test_whoever_is_added_in_advance_is_in_at_once(
    acme: Tenant,
    okta: FakeProvider,
    provider: IdentityProvider,
    client_for: ClientFor,
    in_advance: User,
    spelling: str,
) -> None:
    okta.add_person(FakePerson("00uX", "Alice", "Reed", spelling))
    browser = client_for(acme)
    assert arrive(browser, okta, "00uX").status_code == 302
    user = User.objects.get()
    assert user.pk == in_advance.pk
    assert (user.added_in_advance, user.name, user.email) == (False, "Alice Reed", spelling)
    assert user.may("give_access")
    assert browser.get("/people/").status_code == 200


def test_a_second_person_with_the_address_does_not_get_it_again(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor, in_advance: User
) -> None:
    arrive(client_for(acme), okta, "Alice")
    okta.people = [FakePerson("00uAnother", "Alice", "Reed", ALICE)]
    assert arrive(client_for(acme), okta, "00uAnother").status_code == 302
    assert User.objects.exclude(pk=in_advance.pk).get().is_waiting
    assert in_advance.identities.get().subject == "00uAliceReed00000001"


def test_whoever_is_suspended_in_advance_stays_out(
    acme: Tenant, okta: FakeProvider, provider: IdentityProvider, client_for: ClientFor, in_advance: User
) -> None:
    User.objects.filter(pk=in_advance.pk).update(is_active=False)
    browser = client_for(acme)
    answer = arrive(browser, okta, "Alice")
    assert answer.status_code == 403
    assert User.objects.count() == 1
    sign_in = SignIn.objects.get()
    assert (sign_in.reason, sign_in.user, sign_in.email) == ("user_suspended", in_advance, ALICE)
    assert browser.get("/")["Location"].startswith("/sign-in/")
