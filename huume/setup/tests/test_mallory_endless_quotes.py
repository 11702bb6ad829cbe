"""A megabyte of quotes, each pair taken off by itself, would keep the whole process busy for minutes."""

from accounts.tests.fake_provider import FakeProvider
from huume.setup.pasted import MOST_LAYERS, tidy
from huume.setup.tests.handing_over import contact_at, hand_over, nothing_stored
from huume.testing import ClientFor
from tenants.models import Tenant


def wrapped(times: int) -> str:
    return '"' * times + "acme-client" + '"' * times


def test_as_many_layers_as_people_paste_are_taken_off() -> None:
    assert tidy(wrapped(MOST_LAYERS)).value == "acme-client"


def test_more_are_left_as_they_are() -> None:
    assert tidy(wrapped(MOST_LAYERS + 1)).value == '"acme-client"'
    assert len(tidy('"' * 2000).value) == 2000 - 2 * MOST_LAYERS


def test_the_form_refuses_them(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    contact = contact_at(acme, client_for)
    for name in ("domain", "client_id"):
        assert hand_over(contact, okta, **{name: '"' * 2000}).status_code == 200
    assert nothing_stored(acme)
