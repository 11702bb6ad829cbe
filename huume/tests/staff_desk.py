"""Ada, account manager of Huume, and how she gets into the admin."""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.core.management import call_command
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tenants.utils import tenant_context

from accounts.models import User
from huume.staff.second_factor import new_recovery_codes
from huume.testing import TenantClient
from tenants.models import Tenant

ADA = "ada@huume.example"
PASSWORD = "a long walk by the canal"


@contextmanager
def standard_input(text: str) -> Iterator[None]:
    with patch("sys.stdin", io.StringIO(text)):
        yield


def add_manager(email: str = ADA, *arguments: str, password: str = PASSWORD) -> User:
    with standard_input(f"{password}\n"):
        call_command("add_account_manager", email, "--password-stdin", *arguments, stdout=io.StringIO())
    with tenant_context(Tenant.objects.get(schema_name="staff")):
        person: User = User.objects.get(username=email.lower())
    return person


def give_app(person: User) -> TOTPDevice:
    """An authenticator that has been proven before, with recovery codes."""
    with tenant_context(Tenant.objects.get(schema_name="staff")):
        device: TOTPDevice = TOTPDevice.objects.create(user=person, name="phone", confirmed=True)
        new_recovery_codes(person)
    return device


def code_of(device: TOTPDevice, *, steps: int = 0) -> str:
    """What the app shows now, or so many steps of 30 seconds later."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time() + steps * device.step
    return f"{totp.token():06d}"


def show_password(browser: TenantClient, email: str = ADA, password: str = PASSWORD, **more: str) -> Any:
    return browser.post("/admin/login/", {"username": email, "password": password, "next": "/admin/", **more})


def enter(browser: TenantClient, person: User | None = None) -> TenantClient:
    """A browser that has shown both factors, just now."""
    person = person or add_manager()
    device = give_app(person)
    show_password(browser, person.username)
    answer = browser.post("/admin/second-step/", {"code": code_of(device)})
    assert answer.status_code == 302, answer.content.decode()
    return browser
