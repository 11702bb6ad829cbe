"""Who is told that only a former secret works, what stands in the log, and what a rotation costs those who sign in."""

import logging
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.fake_provider import FakeProvider
from accounts.tests.rotation_cast import CANDIDATE, FORMER, LIVE, Rig
from accounts.tests.test_client_keys import Listener
from huume.logs import JsonFormatter
from huume.testing import ClientFor
from tenants.models import IdentityProvider, Tenant
from tenants.signals import settings_failing


@pytest.fixture
def rig(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> Rig:
    return Rig(acme, okta, client_for(acme))


@pytest.fixture
def failing() -> Iterator[Listener]:
    listener = Listener(settings_failing)
    yield listener
    listener.close()


def test_it_is_told_once_that_only_a_former_one_works(rig: Rig, failing: Listener) -> None:
    rig.keep("former", FORMER)
    rig.takes(FORMER)
    for _again in range(3):
        rig.sign_in()
    assert [heard["provider"].pk for heard in failing.heard] == [rig.provider.pk]


def test_a_candidate_that_works_already_is_no_failure(rig: Rig, failing: Listener) -> None:
    rig.keep("candidate", CANDIDATE)
    rig.takes(CANDIDATE)
    rig.sign_in()
    assert not failing.heard


def test_logs_say_so_without_a_secret(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    rig.keep("former", FORMER)
    rig.takes(FORMER)
    rig.sign_in()
    written = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    assert "another credential than the live one works" in written
    assert not [secret for secret in (LIVE, FORMER, rig.provider.client_secret.ciphertext) if secret in written]


def statements(rig: Rig) -> int:
    rig.browser.cookies.clear()
    location = rig.browser.get(reverse("sign-in-start", args=["okta"]))["Location"]
    back = rig.okta.authorize(location, person="Alice")
    with CaptureQueriesContext(connection) as made:
        assert rig.browser.get("/oauth2/okta/authresp?" + back.partition("?")[2]).status_code == 302
    return len(made)


def test_settings_beside_it_cost_a_normal_sign_in_no_statement(rig: Rig) -> None:
    rig.sign_in()
    without = statements(rig)
    rig.keep("candidate", CANDIDATE)
    rig.keep("former", FORMER)
    assert statements(rig) == without


def test_what_is_remembered_costs_one(rig: Rig) -> None:
    rig.sign_in()
    without = statements(rig)
    kept = rig.keep("former", FORMER)
    IdentityProvider.objects.filter(pk=rig.provider.pk).update(worked_with=kept.pk)
    rig.takes(FORMER)
    assert statements(rig) == without + 1
