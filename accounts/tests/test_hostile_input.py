"""Markup, invisible characters, NUL and far too much of anything, in every field of the portal's pages."""

from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Landlord, Role, SignIn, Team, User
from accounts.standard_roles import STANDARD_ROLES
from huume.testing import ClientFor
from tenants.models import Tenant

HOSTILE = ["\x00", "a\x00b", "x" * 10_000, "9" * 10_000, "\u202eevil", "-1", "' OR 1=1 --", "\ud7ff\uffff", "%00", "[]"]
FIELDS = {
    "people": ("roles", "teams", "version"),
    "roles": ("name", "description", "is_active", "permissions"),
    "teams": ("name", "description", "landlord", "additional_data_access"),
    "landlords": ("name", "description"),
}
PARAMETERS = {
    "/people/": ("q", "show", "role", "team", "page"),
    "/sign-ins/": ("q", "outcome", "day", "page"),
    "/roles/": ("q",),
}
MODELS: dict[str, Any] = {"roles": Role, "teams": Team, "landlords": Landlord}
MARKUP = "<script>alert('x')</script>\"><img src=x>"


def one_of_each(person: User) -> dict[str, int]:
    """Numbers of a person, a role, a team and a landlord, by the first part of their addresses."""
    return {
        "people": person.pk,
        "roles": Role.objects.create(name="Spare").pk,
        "teams": Team.objects.get_or_create(name="Red")[0].pk,
        "landlords": Landlord.objects.create(name="Landlord A").pk,
    }


def post(browser: Client, path: str, sent: dict[str, Any]) -> None:
    answer = browser.post(path, sent)
    assert answer.status_code in {200, 302}, (path, sorted(sent))


@pytest.mark.parametrize("kind", FIELDS)
def test_no_field_breaks_a_page(acme: Tenant, alice: User, bob: User, client_for: ClientFor, kind: str) -> None:
    browser, number = client_for(acme, alice), one_of_each(bob)[kind]
    for field, value in product(FIELDS[kind], HOSTILE):
        post(browser, f"/{kind}/{number}/", {"name": "A name", field: value})
        if kind != "people":
            post(browser, f"/{kind}/add/", {"name": "Another name", field: value})
            MODELS[kind].objects.filter(name="Another name").delete()


@pytest.mark.parametrize("path", PARAMETERS)
def test_no_query_parameter_breaks_a_page(acme: Tenant, alice: User, client_for: ClientFor, path: str) -> None:
    browser = client_for(acme, alice)
    for name, value in product(PARAMETERS[path], HOSTILE):
        assert browser.get(path, {name: value}).status_code == 200, (name, value[:20])


def test_markup_in_names_is_text_on_every_page(acme: Tenant, alice: User, bob: User, client_for: ClientFor) -> None:
    numbers = one_of_each(bob)
    User.objects.filter(pk=bob.pk).update(name=MARKUP, phone="<b>1</b>")
    for model in MODELS.values():
        model.objects.exclude(name__in=STANDARD_ROLES).update(name=MARKUP, description=MARKUP)
    Team.objects.update(landlord=numbers["landlords"])
    SignIn.objects.create(
        reference="acme-1", provider=uuid4(), provider_label=MARKUP, user=bob, email=MARKUP, detail=MARKUP, reason="x"
    )
    browser = client_for(acme, alice)
    lists = ["/people/", "/roles/", "/teams/", "/landlords/", "/sign-ins/"]
    single = [f"/{kind}/{number}/" for kind, number in numbers.items()]
    asking = [f"{path}{'suspend' if path.startswith('/people') else 'delete'}/" for path in single]
    for path in [*lists, *single, *asking]:
        page = browser.get(path).content.decode()
        assert "&lt;script&gt;" in page, path
        assert "<script>alert" not in page, path
        assert "<img" not in page, path


@pytest.mark.parametrize("kind", MODELS)
def test_what_cannot_be_seen_is_not_stored(acme: Tenant, alice: User, client_for: ClientFor, kind: str) -> None:
    browser = client_for(acme, alice)
    post(browser, f"/{kind}/add/", {"name": "\u202eGr\u200been\x00 \u2066one", "description": "\u202eBackwards"})
    assert MODELS[kind].objects.filter(name="Green one", description="Backwards").exists()


def test_more_fields_than_anybody_ticks_are_refused(
    acme: Tenant, alice: User, bob: User, client_for: ClientFor
) -> None:
    answer = client_for(acme, alice).post(f"/people/{bob.pk}/", {"roles": ["1"] * 2_500})
    assert answer.status_code == 400
    assert set(bob.groups.values_list("name", flat=True)) == {"Staff"}
