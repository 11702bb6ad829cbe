"""A tenant whose directory is down, its user administrators, and two account managers."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django_tenants.utils import tenant_context

from accounts import emergency
from accounts.attempts import digest, new_reference
from accounts.models import SignIn, User
from accounts.oidc.requests import new_secret
from accounts.tests.fake_provider import FakeProvider
from huume.testing import TenantClient, configure_okta, make_user
from tenants.actor import Actor
from tenants.models import EmergencyAccess, IdentityProvider, Tenant

PAGE = "/emergency/"
REASON = "Their Okta has been down since 9; ticket 4711"


@dataclass(frozen=True)
class Outage:
    tenant: Tenant
    provider: IdentityProvider
    okta: FakeProvider
    # User administrators, who have both signed in lately.
    alice: User
    amir: User
    # Account managers.
    ada: Actor
    ben: Actor


def outage(tenant: Tenant, okta: FakeProvider) -> Outage:
    """In the tenant's schema."""
    provider = configure_okta(tenant, okta)
    alice, amir = administrator("Alice Reed"), administrator("Amir Haddad")
    okta.stop()
    return Outage(tenant, provider, okta, alice, amir, manager("ada@huume.example"), manager("ben@huume.example"))


def administrator(name: str) -> User:
    person = make_user(name, roles=("User administrator",))
    signed_in(person)
    return person


def signed_in(person: User, **values: Any) -> SignIn:
    given = {"outcome": "succeeded", "provider": uuid4(), "provider_label": "Okta", "reference": new_reference()}
    return SignIn.objects.create(user=person, **given | values)


def manager(email: str, *, is_superuser: bool = True, is_active: bool = True) -> Actor:
    rank = {"is_superuser": is_superuser, "is_active": is_active, "is_staff": True}
    with tenant_context(Tenant.objects.get(schema_name="staff")):
        person, _made = User.objects.get_or_create(username=email, defaults={"email": email, **rank})
    return Actor("staff", key=str(person.pk), name=email, ip_address="192.0.2.1")


def approved(there: Outage) -> tuple[EmergencyAccess, str]:
    """A request of Ada's that Ben has approved, and its token, which the mail alone has otherwise."""
    asked = emergency.ask(there.tenant, there.alice.pk, REASON, there.ada)
    decided, token = emergency.approve(asked, there.ben), new_secret()
    EmergencyAccess.objects.filter(pk=decided.pk).update(token_digest=digest(token))
    return decided, token


def follow(browser: TenantClient, token: str) -> TenantClient:
    """With the cookie that the link of the mail leaves."""
    answer = browser.get(f"{PAGE}{token}/")
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    return browser


def enter(browser: TenantClient, token: str) -> TenantClient:
    answer = follow(browser, token).post(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    return browser
