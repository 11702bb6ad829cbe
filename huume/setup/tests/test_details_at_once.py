"""Two submissions at once go one after the other: the second sees what the first left."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from accounts.tests.fake_provider import FakeProvider
from huume.setup.tests.handing_over import SECRET
from tenants import candidates, setup_links
from tenants.actor import Actor
from tenants.configure import look_up
from tenants.handover import HandedOver, submit
from tenants.models import IdentityProvider, Tenant
from tenants.provision import provision

CONTACT = Actor("contact", key="1", name="it@twice.example")
pytestmark = pytest.mark.xdist_group("twice")


@pytest.fixture(scope="module")
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[Tenant]:
    """A tenant outside any test's transaction, deleted at the end."""
    with django_db_blocker.unblock():
        tenant, _made = provision("twice", "Twice Homes")
    yield tenant
    with django_db_blocker.unblock():
        tenant.delete()
        connection.close()


@pytest.fixture
def draft(committed: Tenant, django_db_blocker: Any) -> Iterator[IdentityProvider]:
    with django_db_blocker.unblock(), tenant_context(committed):
        provider = setup_links.draft(committed, "okta", "okta")
        yield provider
        IdentityProvider.objects.filter(tenant=committed).delete()


class Submission:
    """One by a thread of its own, on a connection of its own."""

    def __init__(self, provider: IdentityProvider, handed: HandedOver) -> None:
        self.provider, self.handed = provider, handed
        self.refused = ""
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            with tenant_context(self.provider.tenant):
                submit(self.provider, self.handed, by=CONTACT)
        except ValidationError as error:
            self.refused = error.messages[0]
        finally:
            connection.close()

    def wait(self) -> None:
        self.thread.join(timeout=20)
        assert not self.thread.is_alive()


def handed(okta: FakeProvider, client_id: str, secret: str) -> HandedOver:
    found = look_up("okta", issuer=okta.issuer, client_id=client_id)
    return HandedOver(found=found, client_id=client_id, client_secret=secret)


def until_waiting() -> None:
    """Until the other connection waits for the row."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%%identityprovider%%'"
    for _try in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(asked)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize(("client_id", "refused"), [("acme-client", False), ("another-client", True)])
def test_the_second_sees_the_first(draft: IdentityProvider, okta: FakeProvider, client_id: str, refused: bool) -> None:
    first, second = handed(okta, "acme-client", SECRET), handed(okta, client_id, "")
    with transaction.atomic():
        candidates.held(draft)
        running = Submission(draft, second)
        until_waiting()
        submit(draft, first, by=CONTACT)
    running.wait()
    assert bool(running.refused) is refused
    draft.refresh_from_db()
    assert (draft.client_id, draft.open_client_secret(), draft.status) == ("acme-client", SECRET, "submitted")


def test_one_that_went_live_meanwhile_gets_a_candidate(draft: IdentityProvider, okta: FakeProvider) -> None:
    submit(draft, handed(okta, "acme-client", SECRET), by=CONTACT)
    IdentityProvider.objects.filter(pk=draft.pk).update(status="live")
    submitted = submit(draft, handed(okta, "acme-client", "the-next-secret"), by=CONTACT)
    assert submitted.candidate is not None
    draft.refresh_from_db()
    assert draft.open_client_secret() == SECRET
