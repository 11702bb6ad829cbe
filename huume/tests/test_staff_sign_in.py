"""Staff sign in with a password and a second factor, and reach nothing between the two."""

import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tenants.utils import tenant_context

from accounts.models import User
from huume.testing import ClientFor, TenantClient
from huume.tests.staff_desk import ADA, add_manager, code_of, enter, give_app, show_password
from huume.tests.test_staff_host import PAGES
from tenants.models import Tenant


@pytest.fixture
def ada(staff: Tenant) -> User:
    return add_manager()


@pytest.fixture
def counter(staff: Tenant, client_for: ClientFor) -> TenantClient:
    return client_for(staff)


def follow(browser: TenantClient, path: str) -> Any:
    return browser.get(path, follow=True)


@pytest.mark.parametrize("page", [page for page in PAGES if not page.endswith("set-up/")])
def test_a_password_alone_reaches_nothing(ada: User, counter: TenantClient, page: str) -> None:
    give_app(ada)
    show_password(counter)
    answer = follow(counter, page)
    assert answer.request["PATH_INFO"] == "/admin/second-step/"


def test_a_password_alone_puts_no_other_phone_in_place(staff: Tenant, ada: User, counter: TenantClient) -> None:
    device = give_app(ada)
    show_password(counter)
    assert counter.get("/admin/second-step/set-up/")["Location"].startswith("/admin/second-step/?")
    assert counter.post("/admin/second-step/set-up/", {"code": "000000"}).status_code == 302
    with tenant_context(staff):
        assert TOTPDevice.objects.get() == device


def test_a_wrong_password_is_refused_in_words(ada: User, counter: TenantClient) -> None:
    answer = show_password(counter, password="not her password")
    assert "do not go together" in answer.content.decode()
    assert settings.SESSION_COOKIE_NAME not in answer.cookies


def test_somebody_without_is_staff_is_refused(staff: Tenant, ada: User, counter: TenantClient) -> None:
    with tenant_context(staff):
        User.objects.update(is_staff=False)
    assert show_password(counter).status_code == 200


def test_guessing_is_slowed_down_however_the_address_is_spelt(ada: User, counter: TenantClient) -> None:
    for spelling in (ADA, ADA.upper(), f" {ADA}", ADA.title(), "aDA@huume.example"):
        answer = show_password(counter, spelling, "not her password")
    assert answer.status_code == 429
    answer = show_password(counter)
    assert answer.status_code == 429
    assert "Too many wrong passwords" in answer.content.decode()


def test_another_address_is_not_slowed_down(ada: User, staff: Tenant, client_for: ClientFor) -> None:
    for _guess in range(5):
        show_password(client_for(staff, REMOTE_ADDR="192.0.2.1"), password="not her password")
    assert show_password(client_for(staff, REMOTE_ADDR="192.0.2.2")).status_code == 302


def test_a_wrong_code_is_refused_and_the_next_one_has_to_wait(ada: User, counter: TenantClient) -> None:
    device = give_app(ada)
    show_password(counter)
    wrong = f"{(int(code_of(device)) + 500_000) % 1_000_000:06d}"
    assert "is not right" in counter.post("/admin/second-step/", {"code": wrong}).content.decode()
    answer = counter.post("/admin/second-step/", {"code": code_of(device)})
    assert "Too many wrong codes" in answer.content.decode()
    assert counter.get("/admin/").status_code == 302


def test_a_code_is_good_once(ada: User, staff: Tenant, client_for: ClientFor) -> None:
    device = give_app(ada)
    code = code_of(device)
    first, second = client_for(staff), client_for(staff)
    for browser in (first, second):
        show_password(browser)
    assert first.post("/admin/second-step/", {"code": code}).status_code == 302
    assert "has been used" in second.post("/admin/second-step/", {"code": code}).content.decode()


def test_a_recovery_code_is_good_once(ada: User, staff: Tenant, client_for: ClientFor) -> None:
    give_app(ada)
    with tenant_context(staff):
        token = StaticToken.objects.values_list("token", flat=True)[0]
    typed = f"{token[:4]}-{token[4:]}".upper()
    first, second = client_for(staff), client_for(staff)
    for browser in (first, second):
        show_password(browser)
    assert first.post("/admin/second-step/", {"code": typed}).status_code == 302
    assert first.get("/admin/").status_code == 200
    assert second.post("/admin/second-step/", {"code": typed}).status_code == 200


def test_somebody_elses_code_is_refused(ada: User, counter: TenantClient) -> None:
    give_app(ada)
    other = give_app(add_manager("grace@huume.example"))
    show_password(counter)
    assert counter.post("/admin/second-step/", {"code": code_of(other)}).status_code == 200


def test_both_factors_open_the_admin_under_new_session_keys(ada: User, counter: TenantClient) -> None:
    device = give_app(ada)
    show_password(counter)
    after_password = counter.cookies[settings.SESSION_COOKIE_NAME].value
    answer = counter.post("/admin/second-step/?next=/admin/tenants/", {"code": code_of(device)})
    assert answer["Location"] == "/admin/tenants/"
    assert counter.cookies[settings.SESSION_COOKIE_NAME].value != after_password
    assert counter.get("/admin/").status_code == 200


def test_signing_in_again_asks_for_the_second_factor_again(ada: User, counter: TenantClient) -> None:
    enter(counter, ada)
    show_password(counter)
    assert follow(counter, "/admin/").request["PATH_INFO"] == "/admin/second-step/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/admin/", "//evil.example/", "/\\evil.example", "/people/"])
def test_next_stays_in_the_admin(ada: User, counter: TenantClient, elsewhere: str) -> None:
    device = give_app(ada)
    show_password(counter)
    answer = counter.post("/admin/second-step/", {"code": code_of(device), "next": elsewhere})
    assert answer["Location"] == "/admin/"


def test_the_first_sign_in_sets_a_second_factor_up(staff: Tenant, ada: User, counter: TenantClient) -> None:
    show_password(counter)
    page = follow(counter, "/admin/")
    assert page.request["PATH_INFO"] == "/admin/second-step/set-up/"
    assert 'src="data:image/svg+xml' in page.content.decode()
    with tenant_context(staff):
        device = TOTPDevice.objects.get(confirmed=False)
        assert page.context["secret"].replace(" ", "") in unquote(device.config_url)

    answer = counter.post("/admin/second-step/set-up/", {"code": code_of(device)})

    codes = re.findall(r"<code>([a-z2-7]{4}-[a-z2-7]{4})</code>", answer.content.decode())
    assert len(set(codes)) == 10
    assert counter.get("/admin/").status_code == 200
    with tenant_context(staff):
        assert set(StaticToken.objects.values_list("token", flat=True)) == {code.replace("-", "") for code in codes}


def test_an_unproven_phone_counts_for_nothing(staff: Tenant, ada: User, counter: TenantClient) -> None:
    show_password(counter)
    follow(counter, "/admin/")
    assert "is not right" in counter.post("/admin/second-step/set-up/", {"code": "no code"}).content.decode()
    with tenant_context(staff):
        assert not TOTPDevice.objects.filter(confirmed=True).exists()
        assert not StaticDevice.objects.exists()
    assert counter.get("/admin/").status_code == 302


def test_new_recovery_codes_end_the_former_ones(staff: Tenant, counter: TenantClient) -> None:
    enter(counter)
    with tenant_context(staff):
        former = set(StaticToken.objects.values_list("token", flat=True))
    assert "10 recovery codes left" in counter.get("/admin/second-factor/").content.decode()
    counter.post("/admin/second-factor/")
    with tenant_context(staff):
        now = set(StaticToken.objects.values_list("token", flat=True))
    assert len(now) == 10
    assert not now & former


def test_a_new_phone_takes_the_place_of_the_former(staff: Tenant, counter: TenantClient) -> None:
    enter(counter)
    counter.get("/admin/second-step/set-up/")
    with tenant_context(staff):
        device = TOTPDevice.objects.get(confirmed=False)
    assert counter.post("/admin/second-step/set-up/", {"code": code_of(device)}).status_code == 200
    with tenant_context(staff):
        assert TOTPDevice.objects.get() == device
    assert counter.get("/admin/").status_code == 200


def test_signing_out_ends_the_session(staff: Tenant, counter: TenantClient) -> None:
    enter(counter)
    assert counter.get("/admin/logout/").status_code == 405
    assert counter.post("/admin/logout/").status_code == 200
    assert counter.get("/admin/").status_code == 302


def test_a_password_alone_may_sign_out(ada: User, counter: TenantClient) -> None:
    show_password(counter)
    assert counter.post("/admin/logout/").status_code == 200
    assert follow(counter, "/admin/").request["PATH_INFO"] == "/admin/login/"


def test_the_demo_goes_without_a_second_factor(ada: User, counter: TenantClient, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    show_password(counter)
    assert counter.get("/admin/").status_code == 200
    assert counter.get("/admin/second-step/set-up/")["Location"] == "/admin/"
