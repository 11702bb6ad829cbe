"""Operators add and remove account managers; what these may do is their group's, and no more."""

import io

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tenants.utils import tenant_context

from accounts.models import Session, User
from huume.testing import ClientFor
from huume.tests.staff_desk import ADA, PASSWORD, add_manager, enter, show_password
from tenants.models import Tenant


def remove_manager(email: str = ADA) -> str:
    said = io.StringIO()
    call_command("remove_account_manager", email, stdout=said)
    return said.getvalue()


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        ("not an address", PASSWORD, "valid email"),
        (ADA, "short", "too short"),
        (ADA, "qwerty123456", "too common"),
        (ADA, "ada@huume.exampl", "too similar"),
        (ADA, "", "No password"),
    ],
)
def test_bad_input_is_one_clear_line(staff: Tenant, email: str, password: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        add_manager(email, password=password)
    with tenant_context(staff):
        assert not User.objects.exists()


def test_a_password_comes_on_standard_input_only(staff: Tenant) -> None:
    with pytest.raises(CommandError, match="--password-stdin"):
        call_command("add_account_manager", ADA)


def test_removing_nobody_is_refused(staff: Tenant) -> None:
    with pytest.raises(CommandError, match="no account manager"):
        remove_manager()


def test_they_are_users_of_the_staff_schema_with_argon2(staff: Tenant, acme: Tenant) -> None:
    ada = add_manager("Ada@Huume.Example")
    assert (ada.username, ada.email, ada.is_staff, ada.is_superuser) == (ADA, ADA, True, False)
    assert ada.password.startswith("argon2$argon2id$")
    assert not User.objects.exists()


def test_twice_is_once_and_the_password_is_the_last_one(staff: Tenant, client_for: ClientFor) -> None:
    first, same = add_manager(), add_manager()
    assert (first.pk, first.password) == (same.pk, same.password)
    changed = add_manager(ADA, "--superuser", password="another walk by the canal")
    assert (changed.pk, changed.is_superuser) == (first.pk, True)
    assert show_password(client_for(staff)).status_code == 200
    assert not add_manager().is_superuser


def test_the_group_may_do_daily_work_and_no_more(staff: Tenant) -> None:
    add_manager()
    with tenant_context(staff):
        allowed = Group.objects.get(name="Account managers").permissions.values_list("codename", flat=True)
        models = ("tenant", "domain", "identityprovider")
        assert set(allowed) == {f"{verb}_{model}" for verb in ("view", "add", "change", "delete") for model in models}


def test_a_member_of_staff_without_the_group_sees_nothing(staff: Tenant, client_for: ClientFor) -> None:
    ada = add_manager()
    browser = enter(client_for(staff), ada)
    with tenant_context(staff):
        ada.groups.clear()
    for page in ("/admin/tenants/tenant/", "/admin/tenants/identityprovider/", "/admin/sign-ins/"):
        assert browser.get(page).status_code == 403


def test_one_who_is_removed_is_out_at_once(staff: Tenant, client_for: ClientFor) -> None:
    ada = add_manager()
    browser = enter(client_for(staff), ada)
    assert "Left: 0" in remove_manager()
    assert browser.get("/admin/").status_code == 302
    assert show_password(client_for(staff)).status_code == 200
    with tenant_context(staff):
        ada.refresh_from_db()
        assert (ada.is_active, ada.is_staff, ada.has_usable_password()) == (False, False, False)
        assert not Session.objects.exists()
        assert not TOTPDevice.objects.exists()


def test_one_who_comes_back_sets_a_new_second_factor_up(staff: Tenant, client_for: ClientFor) -> None:
    browser = client_for(staff)
    enter(browser)
    remove_manager()
    add_manager()
    show_password(browser)
    assert browser.get("/admin/", follow=True).request["PATH_INFO"] == "/admin/second-step/set-up/"
