"""Secrets with every character that one may have reach the provider as they were pasted, and no page."""

from dataclasses import replace

import pytest

from accounts.tests.fake_provider import FakeProvider
from accounts.tests.fake_provider_cast import huume_client
from huume.setup.tests.handing_over import contact_at, hand_over, only_provider
from huume.setup.tests.test_rehearsal import rehearse
from huume.testing import ClientFor
from tenants.models import Tenant

ODD = {
    "quotes within": "ab'cd\"ef`gh0123456789",
    "markup": "<script>alert(1)</script>&amp;0123456789",
    "what forms and addresses encode": "a+b%2B&c=d;e#f?g/h\\i@j:k,l|m^n{o}p[q]~",
    "a comma at the end": "abcdefghijklmnopqrst,",
    "padding of base64": "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo==",
    "4,000 characters": "s%&+" * 1000,
}


@pytest.mark.parametrize("secret", ODD.values(), ids=ODD.keys())
def test_it_is_sent_as_it_was_pasted(acme: Tenant, okta: FakeProvider, client_for: ClientFor, secret: str) -> None:
    okta.add_client(replace(huume_client("acme"), secrets=[secret]))
    browser = contact_at(acme, client_for)
    answer = hand_over(browser, okta, client_secret=f"  {secret}\r\n")
    assert answer.status_code == 302, answer.content.decode()
    assert only_provider(acme).open_client_secret() == secret
    page = browser.get(answer["Location"]).getvalue().decode()
    assert only_provider(acme).check_failed == []
    assert secret not in page
    assert rehearse(browser, okta)["Location"] == "/setup/test/"
    assert only_provider(acme).tested_at
