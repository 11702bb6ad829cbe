"""Every address of a tenant's host, tried by everybody who has no business there: none gets in, nothing changes."""

from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.urls import URLPattern, reverse

from accounts import urls
from accounts.models import Landlord, Role, Team, User
from accounts.permissions import Permission as P
from huume.testing import ClientFor, make_user
from tenants.models import Tenant

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
# The way in: open to anybody. A new open door has to be named here.
OPEN = {"sign-in", "sign-in-start", "sign-in-initiate", "sign-in-finish", "jwks", "emergency", "emergency-open"}
# What people who wait for access may see too.
SIGNED_IN = {"home", "profile", "sign-out"}
# What an address needs by any method, and what posting to it needs besides.
NEEDS: dict[str, tuple[set[P], set[P]]] = {
    "people": ({P.SEE_PEOPLE}, set()),
    "person": ({P.SEE_PEOPLE}, {P.GIVE_ACCESS}),
    "person-suspend": ({P.SEE_PEOPLE, P.SUSPEND_PEOPLE}, set()),
    "person-resume": ({P.SEE_PEOPLE, P.SUSPEND_PEOPLE}, set()),
    "roles": ({P.SEE_GROUPS}, set()),
    "role-add": ({P.SEE_GROUPS, P.MANAGE_ROLES}, set()),
    "role": ({P.SEE_GROUPS}, {P.MANAGE_ROLES}),
    "role-delete": ({P.SEE_GROUPS, P.MANAGE_ROLES}, set()),
    "teams": ({P.SEE_GROUPS}, set()),
    "team-add": ({P.SEE_GROUPS, P.MANAGE_TEAMS}, set()),
    "team": ({P.SEE_GROUPS}, {P.MANAGE_TEAMS}),
    "team-delete": ({P.SEE_GROUPS, P.MANAGE_TEAMS}, set()),
    "landlords": ({P.SEE_GROUPS}, set()),
    "landlord-add": ({P.SEE_GROUPS, P.MANAGE_TEAMS}, set()),
    "landlord": ({P.SEE_GROUPS}, {P.MANAGE_TEAMS}),
    "landlord-delete": ({P.SEE_GROUPS, P.MANAGE_TEAMS}, set()),
    "sign-ins": ({P.SEE_SIGN_INS}, set()),
    "history": ({P.SEE_HISTORY}, set()),
}
NAMED = sorted({permission for by_any, by_post in NEEDS.values() for permission in by_any | by_post})


@pytest.fixture
def house(acme: Tenant, alice: User, bob: User) -> dict[str, int]:
    """One of each, whom the addresses below speak of."""
    landlord = Landlord.objects.create(name="Landlord A")
    spare = Role.objects.create(name="Spare role")
    return {"person": bob.pk, "role": spare.pk, "team": Team.objects.get(name="Red").pk, "landlord": landlord.pk}


def patterns(found: list[Any]) -> Iterator[URLPattern]:
    for pattern in found:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from patterns(pattern.url_patterns)


def addresses(house: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Every route's name with an address of it that leads somewhere."""
    for pattern in patterns(urls.urlpatterns):
        assert pattern.name, f"{pattern} has no name"
        values = {"slug": "okta", "token": "x" * 43, "pk": house.get(pattern.name.partition("-")[0], 1)}
        yield pattern.name, reverse(pattern.name, kwargs={name: values[name] for name in pattern.pattern.converters})


def closed_to_waiting(house: dict[str, int]) -> list[tuple[str, str]]:
    return [(name, path) for name, path in addresses(house) if name not in OPEN | SIGNED_IN]


def state() -> list[Any]:
    """All that says who may what."""
    tables: list[Any] = [Role, Landlord, Team, User.groups.through, User.teams.through, Role.permissions.through]
    tables.append(Team.additional_data_access.through)
    rows = [sorted(table.objects.values_list(), key=str) for table in tables]
    return [*rows, sorted(User.objects.values_list("pk", "name", "email", "is_active", "is_superuser", "is_staff"))]


def sent_to(method: str) -> dict[str, Any]:
    """What would change something wherever it were taken."""
    staff = str(Role.objects.get(name="Staff").pk)
    values = {"name": "Changed", "is_active": "on", "permissions": "see_people", "roles": staff, "version": "x"}
    return {"data": values} if method == "POST" else {}


def ask(browser: Any, method: str, path: str) -> Any:
    return getattr(browser, method.lower())(path, **sent_to(method))


def test_every_address_is_named_in_one_of_the_lists(house: dict[str, int]) -> None:
    assert {name for name, _path in addresses(house)} == OPEN | SIGNED_IN | set(NEEDS)


@pytest.mark.parametrize("method", METHODS)
def test_signed_out_is_sent_to_the_sign_in_page(
    acme: Tenant, house: dict[str, int], client_for: ClientFor, method: str
) -> None:
    before = state()
    for name, path in addresses(house):
        if name not in OPEN:
            answer = ask(client_for(acme), method, path)
            assert (answer.status_code, answer["Location"][:9]) == (302, "/sign-in/"), path
    assert state() == before


@pytest.mark.parametrize("method", METHODS)
def test_who_waits_for_access_is_refused_everywhere(
    acme: Tenant, house: dict[str, int], carol: User, client_for: ClientFor, method: str
) -> None:
    before, browser = state(), client_for(acme, carol)
    for _name, path in closed_to_waiting(house):
        answer = ask(browser, method, path)
        assert answer.status_code == 403, path
        assert b"Bob Lund" not in answer.content
    assert state() == before


@pytest.mark.parametrize("method", METHODS)
def test_a_cookie_of_another_tenant_is_nothing_here(
    acme: Tenant, globex: Tenant, house: dict[str, int], mallory: User, client_for: ClientFor, method: str
) -> None:
    before, at_home = state(), client_for(globex, mallory)
    assert at_home.get("/people/").status_code == 200
    stranger = client_for(acme)
    for name, path in addresses(house):
        stranger.cookies = SimpleCookie({name: cookie.value for name, cookie in at_home.cookies.items()})
        if name not in OPEN:
            answer = ask(stranger, method, path)
            assert (answer.status_code, answer["Location"][:9]) == (302, "/sign-in/"), path
    assert state() == before


@pytest.mark.parametrize("missing", NAMED)
def test_all_permissions_but_one_do_not_open_what_needs_it(
    acme: Tenant, house: dict[str, int], client_for: ClientFor, missing: P
) -> None:
    Role.objects.create(name="All but one").set_codenames(set(P) - {missing})
    browser, before = client_for(acme, make_user("Nell Nearly", roles=("All but one",))), state()
    for name, path in closed_to_waiting(house):
        by_any, by_post = NEEDS[name]
        for method in METHODS:
            if missing in by_any or (method == "POST" and missing in by_post):
                assert ask(browser, method, path).status_code == 403, (method, path)
    assert state() == before


def test_somebody_with_the_permissions_gets_in(
    acme: Tenant, house: dict[str, int], alice: User, client_for: ClientFor
) -> None:
    """So that the refusals above refuse somebody."""
    browser, before = client_for(acme, alice), state()
    for _name, path in closed_to_waiting(house):
        assert browser.get(path).status_code == 200, path
    assert state() == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_do_nothing_for_anybody(
    acme: Tenant, house: dict[str, int], alice: User, client_for: ClientFor, method: str
) -> None:
    browser, before = client_for(acme, alice), state()
    for _name, path in closed_to_waiting(house):
        assert ask(browser, method, path).status_code == 405, path
    assert state() == before


def test_nothing_is_taken_without_the_token_of_the_form(
    acme: Tenant, house: dict[str, int], alice: User, client_for: ClientFor
) -> None:
    browser, before = client_for(acme, alice, enforce_csrf_checks=True), state()
    for name, path in addresses(house):
        if name not in OPEN:
            answer = ask(browser, "POST", path)
            assert answer.status_code == 403, path
            assert b"form_expired" in answer.content
    assert state() == before
    assert browser.get("/people/").status_code == 200


@pytest.mark.parametrize("method", METHODS)
def test_back_channel_logout_is_not_there_yet(acme: Tenant, alice: User, client_for: ClientFor, method: str) -> None:
    for browser in (client_for(acme, enforce_csrf_checks=True), client_for(acme, alice)):
        assert ask(browser, method, "/oidc/okta/backchannel-logout/").status_code == 404


@pytest.mark.parametrize("kind", ["people", "roles", "teams", "landlords"])
def test_a_number_of_another_tenant_is_nobody_here(acme: Tenant, alice: User, client_for: ClientFor, kind: str) -> None:
    """Ids of globex that acme has not given, and others that no table can hold."""
    browser = client_for(acme, alice)
    for number in ("987654", "9" * 19, "9" * 5000, "0"):
        for path in (f"/{kind}/{number}/", f"/{kind}/{number}/{'suspend' if kind == 'people' else 'delete'}/"):
            assert (browser.get(path).status_code, browser.post(path).status_code) == (404, 404), path[:40]
