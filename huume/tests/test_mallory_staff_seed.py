"""Whoever has a password alone learns no seed that its owner sets up; whoever has a session changes no password."""

from huume.testing import ClientFor
from huume.tests.staff_desk import PASSWORD, add_manager, enter, show_password
from tenants.models import Tenant
from tenants.tests.test_admin_providers import grow_stale

SET_UP = "/admin/second-step/set-up/"
CHANGE = "/admin/password_change/"
NEW = "another long walk by the canal"


def test_two_sessions_are_never_shown_the_same_seed(staff: Tenant, client_for: ClientFor) -> None:
    add_manager()
    seeds = []
    for browser in (client_for(staff), client_for(staff)):
        show_password(browser)
        seeds.append(browser.get(SET_UP).context["secret"])
    assert seeds[0] != seeds[1]


def test_a_seed_stays_while_its_session_sets_it_up(staff: Tenant, client_for: ClientFor) -> None:
    add_manager()
    browser = client_for(staff)
    show_password(browser)
    assert browser.get(SET_UP).context["secret"] == browser.post(SET_UP, {"code": "000000"}).context["secret"]


def test_a_password_is_changed_only_after_a_confirmation(staff: Tenant, client_for: ClientFor) -> None:
    """Else a session that lies open is enough to guess the password, as often as one likes, and to take it over."""
    browser = enter(client_for(staff))
    grow_stale(browser)
    answer = browser.post(CHANGE, {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert answer["Location"].startswith("/admin/confirm/?")
    assert show_password(client_for(staff), password=NEW).status_code == 200
