"""What is held against guessing of staff's passwords is held against nobody who signs in with a directory."""

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django_tenants.utils import tenant_context

from accounts.tests.fake_provider import FakeProvider
from huume.testing import ClientFor, arrive, configure_okta
from huume.tests.staff_desk import add_manager, show_password
from tenants.models import Tenant


@pytest.mark.parametrize("fault", ["wrong_nonce", "tampered", "userinfo_other_sub"])
def test_failed_sign_ins_at_a_directory_lock_nobody(
    acme: Tenant, staff: Tenant, okta: FakeProvider, client_for: ClientFor, fault: str
) -> None:
    configure_okta(acme, okta)
    add_manager()
    okta.break_rule(fault)
    for _again in range(settings.AXES_FAILURE_LIMIT + 1):
        assert arrive(client_for(acme), okta, "Alice").status_code == 403
    okta.mend()

    for tenant in (acme, staff):
        with tenant_context(tenant):
            assert not AccessAttempt.objects.exists()
    assert arrive(client_for(acme), okta, "Alice").status_code == 302
    assert show_password(client_for(staff)).status_code == 302, "from the same address"


def test_a_locked_out_account_manager_keeps_nobody_from_a_directory(
    acme: Tenant, staff: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    configure_okta(acme, okta)
    for _again in range(settings.AXES_FAILURE_LIMIT):
        answer = show_password(client_for(staff), "alice.reed@acme.example", "not a password of anybody")
    assert answer.status_code == 429
    assert arrive(client_for(acme), okta, "Alice").status_code == 302
