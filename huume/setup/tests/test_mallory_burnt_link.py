"""Whoever is in by a link closes it herself, by wrong codes, so that nobody can take it back: the session must end."""

import pytest
from django.conf import settings

from huume.setup.tests.setup_cast import ADA, make_link, make_session, provider_of, set_code
from huume.testing import ClientFor, TenantClient
from tenants import setup_codes, setup_links
from tenants.models import SetupLink, Tenant
from tenants.setup_links import SetupRefused

DETAILS = "/setup/details/"


@pytest.fixture
def link(acme: Tenant) -> SetupLink:
    made, _token = make_link(acme)
    return made


@pytest.fixture
def mallory_in(acme: Tenant, link: SetupLink, client_for: ClientFor) -> TenantClient:
    """In a session of the link, which she then burns from another browser."""
    browser = client_for(acme)
    browser.cookies[settings.SETUP_COOKIE_NAME] = make_session(link)
    setup_codes.send_code(link)
    set_code(link, "123456")
    for _each in range(SetupLink.MOST_TRIES):
        with pytest.raises(SetupRefused):
            setup_codes.enter(link, "654321")
    assert link.end == SetupLink.End.GUESSED
    assert browser.get(DETAILS).status_code == 200
    return browser


def test_a_burnt_link_can_be_taken_back(link: SetupLink, mallory_in: TenantClient) -> None:
    assert setup_links.revoke(link, ADA)
    assert mallory_in.get(DETAILS)["Location"] == "/setup/"


def test_a_new_link_for_somebody_else_takes_its_place(acme: Tenant, mallory_in: TenantClient) -> None:
    make_link(acme, email="another@acme.example")
    assert mallory_in.get(DETAILS)["Location"] == "/setup/"


def test_going_live_ends_it_too(acme: Tenant, mallory_in: TenantClient) -> None:
    setup_links.finish(provider_of(acme))
    assert mallory_in.get(DETAILS)["Location"] == "/setup/"


def test_it_is_told_once_that_it_was_guessed(link: SetupLink, mallory_in: TenantClient) -> None:
    assert not setup_links.close_guessed(link, "")
