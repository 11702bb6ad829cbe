"""Cookies of nobody's making are nobody's session, and break nothing."""

import pytest
from django.conf import settings

from huume.testing import ClientFor
from huume.tests.staff_desk import add_manager, show_password
from tenants.models import Tenant


@pytest.mark.parametrize("value", ["\0" * 32, "a" * 31 + "\0", "x" * 5_000, "é" * 32, "A" * 32, "'" * 32])
@pytest.mark.parametrize("path", ["/", "/sign-in/"])
def test_a_session_key_that_is_none_signs_nobody_in(acme: Tenant, client_for: ClientFor, path: str, value: str) -> None:
    browser = client_for(acme)
    browser.cookies[settings.SESSION_COOKIE_NAME] = value
    assert browser.get(path).status_code in {200, 302}


def test_a_session_key_that_is_none_is_no_error_on_the_staff_host(staff: Tenant, client_for: ClientFor) -> None:
    browser = client_for(staff)
    browser.cookies[settings.SESSION_COOKIE_NAME] = "\0" * 32
    assert browser.get("/admin/").status_code == 302


def test_a_session_key_that_is_none_does_not_stand_in_the_way_of_signing_in(
    staff: Tenant, client_for: ClientFor
) -> None:
    add_manager()
    browser = client_for(staff)
    browser.cookies[settings.SESSION_COOKIE_NAME] = "\0" * 32
    assert show_password(browser).status_code == 302
