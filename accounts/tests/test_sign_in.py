"""A person signs in by the tenant's own provider, and arrives with no access."""

from accounts.models import Identity, SignIn, User
from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, arrive, configure_okta
from tenants.models import Tenant


def test_first_sign_in_makes_a_user_without_access(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    browser = client_for(acme)

    answer = arrive(browser, okta, "Carol")

    assert (answer.status_code, answer["Location"]) == (302, "/")
    user = User.objects.get()
    assert (user.email, user.name, user.phone) == ("carol.marsh@acme.example", "Carol Marsh", "")
    assert user.is_waiting
    assert not user.permissions
    assert "carol.marsh@acme.example" in browser.get("/").content.decode()


def test_the_same_identity_is_the_same_user(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    for _again in range(2):
        assert arrive(client_for(acme), okta, "Alice").status_code == 302
    assert Identity.objects.count() == User.objects.count() == 1
    assert set(SignIn.objects.values_list("outcome", flat=True)) == {"succeeded"}


def test_a_warm_sign_in_makes_two_calls_and_myaccount(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    configure_okta(acme, okta)
    arrive(client_for(acme), okta, "Alice")
    okta.calls.clear()
    arrive(client_for(acme), okta, "Alice")
    assert [len(okta.calls_to(name)) for name in ("discovery", "jwks", "token", "userinfo", "myaccount")] == [
        0,
        0,
        1,
        1,
        3,
    ]
