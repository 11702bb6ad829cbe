"""Pasted rubbish is understood or explained; nothing typed is lost but secrets."""

from html import unescape
from typing import Any

import pytest

from accounts.tests.fake_provider import FakeProvider
from huume.setup.pasted import holds_secret, looks_like_client_id, looks_like_secret, tidy
from huume.setup.tests.handing_over import (
    ADDRESS,
    SECRET,
    STORED,
    contact_at,
    domain_of,
    hand_over,
    led_to,
    nothing_stored,
    only_provider,
)
from huume.testing import ClientFor
from tenants.models import IdentityProvider, Tenant

OKTA_ID = "0oa1b2c3d4e5f6g7h8i9"
ENTRA_ID = "8f14e45f-ceea-467a-9575-6d4a1e0e9b2d"

UNDERSTOOD = [
    ("client_id", "  acme-client\n", "client_id.tidied"),
    ("client_id", '"acme-client"', "client_id.tidied"),
    ("client_id", "Client ID: acme-client", "client_id.tidied"),
    ("client_id", '"client_id": "acme-client",', "client_id.tidied"),
    ("client_id", "\ufeffacme-client\u200b", "client_id.tidied"),
    ("client_secret", f"\t{SECRET} \r\n", "client_secret.tidied"),
    ("client_secret", f"“{SECRET}”", "client_secret.tidied"),
    ("client_secret", f"Client secret: '{SECRET}'", "client_secret.tidied"),
]


@pytest.mark.parametrize(("name", "text", "noted"), UNDERSTOOD)
def test_what_stands_around_a_value_is_taken_off_and_said(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, name: str, text: str, noted: str
) -> None:
    answer = hand_over(contact_at(acme, client_for), okta, **{name: text})
    assert led_to(answer) == f"{STORED}&noted={noted}"
    provider = only_provider(acme)
    assert (provider.client_id, provider.open_client_secret()) == ("acme-client", SECRET)


DOMAINS = [
    ("{0}", ""),
    (" {0}\n", "&noted=domain.tidied"),
    ("http://{0}/", ""),
    ("Okta domain: {0}", "&noted=domain.tidied"),
    ("http://{0}/admin/apps/active", "&noted=path_dropped"),
]


@pytest.mark.parametrize(("text", "noted"), DOMAINS)
def test_a_domain_is_understood(acme: Tenant, okta: FakeProvider, client_for: ClientFor, text: str, noted: str) -> None:
    answer = hand_over(contact_at(acme, client_for), okta, domain=text.format(domain_of(okta)))
    assert led_to(answer) == STORED + noted
    assert only_provider(acme).issuer == okta.issuer


def test_an_issuer_is_understood_with_the_path_of_its_document(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    browser = contact_at(acme, client_for)
    IdentityProvider.objects.update(kind="oidc")
    answer = hand_over(browser, okta, domain=f"{okta.issuer}/.well-known/openid-configuration")
    assert led_to(answer) == STORED
    assert only_provider(acme).issuer == okta.issuer


def test_client_id_and_secret_in_one_another_s_place_are_put_right(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    answer = hand_over(contact_at(acme, client_for), okta, client_id=SECRET, client_secret=OKTA_ID)
    assert led_to(answer) == f"{STORED}&noted=swapped"
    assert (only_provider(acme).client_id, only_provider(acme).open_client_secret()) == (OKTA_ID, SECRET)


EXPLAINED = [
    ({"domain": ""}, "This field is required."),
    ({"domain": "acme"}, "Enter the whole domain"),
    ({"domain": "okta.com"}, "Enter your own Okta domain"),
    ({"domain": "it@acme.example"}, "This is an email address."),
    ({"domain": OKTA_ID}, "This looks like a client ID."),
    ({"domain": "10.0.0.1"}, "not an IP address"),
    ({"domain": "acme.okta.com\x00"}, "invisible characters"),
    ({"domain": "x" * 600 + ".example"}, "too long"),
    ({"domain": "<script>alert(1)</script>.okta.com"}, "This is not a domain name."),
    ({"client_id": ""}, "This field is required."),
    ({"client_id": SECRET, "client_secret": ""}, "This looks like the client secret."),
    ({"client_id": "acme.okta.com"}, "This is an Okta domain."),
    ({"client_id": "it@acme.example"}, "This is an email address."),
    ({"client_id": "https://portal.acme.example/x"}, "This is an address."),
    ({"client_id": "acme client"}, "There is a space within it."),
    ({"client_id": "acme\x00client"}, "characters that a client ID cannot have"),
    ({"client_id": "ä" * 20}, "characters that a client ID cannot have"),
    ({"client_id": "c" * 300}, "too long for a client ID"),
    ({"client_secret": OKTA_ID}, "This looks like the client ID."),
    ({"client_secret": "acme-client"}, "This looks like the client ID."),
    ({"client_secret": "••••••••••••"}, "dots that hide the secret"),
    ({"client_secret": f"{SECRET}\n{SECRET}"}, "There is a line break"),
    ({"client_secret": f"{SECRET}\x00"}, "There is a line break or a character"),
    ({"client_secret": f"{SECRET} and more"}, "There is a space within it."),
    ({"client_secret": "s" * 5_000}, "too long for a client secret"),
    ({"auth_method": ""}, "This field is required."),
    ({"auth_method": "<b>none</b>"}, "Choose one of the two."),
    ({"secret_expires_on": "soon"}, "Enter a valid date."),
    ({"first_administrator": "alice"}, "Enter a valid email address."),
    ({"first_administrator": "alice\x00@acme.example"}, "Null characters are not allowed."),
]


@pytest.mark.parametrize(("changed", "words"), EXPLAINED)
def test_what_is_not_understood_is_explained_beside_the_field_and_above(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, changed: dict[str, str], words: str
) -> None:
    answer = hand_over(contact_at(acme, client_for), okta, **changed)
    page = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert page.count(words) >= 2
    assert "There is something to mend" in page
    assert nothing_stored(acme)


def test_a_secret_of_4000_characters_is_stored(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    assert led_to(hand_over(contact_at(acme, client_for), okta, client_secret="s-_.~" * 800)) == STORED
    assert only_provider(acme).open_client_secret() == "s-_.~" * 800


def test_markup_stays_text(acme: Tenant, okta: FakeProvider, client_for: ClientFor) -> None:
    markup = '"><img src=x onerror=alert(1)>'
    names = ("domain", "client_id", "secret_expires_on", "first_administrator", "accepted_issuer")
    answer = hand_over(contact_at(acme, client_for), okta, **dict.fromkeys((*names, "auth_method"), markup))
    page = answer.content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_nothing_typed_is_lost_but_the_secret_and_that_is_said(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor
) -> None:
    typed = {"client_id": "acme-client-7", "first_administrator": "alice@", "secret_expires_on": "2031-05-06"}
    page = hand_over(contact_at(acme, client_for), okta, **typed).content.decode()
    assert all(f'value="{text}"' in page for text in (domain_of(okta), *typed.values()))
    assert "Paste the client secret again: it is never sent back to a page." in page
    assert SECRET not in page


@pytest.mark.parametrize("name", ["domain", "client_id", "first_administrator", "secret_expires_on"])
@pytest.mark.parametrize("form", ["{}", "Client secret: {}", "the secret is “{}”, keep it"])
def test_a_secret_in_the_wrong_field_is_not_shown_there_again(
    acme: Tenant, okta: FakeProvider, client_for: ClientFor, name: str, form: str
) -> None:
    changed: dict[str, Any] = {name: form.format(SECRET), "client_secret": ""}
    page = hand_over(contact_at(acme, client_for), okta, **changed).content.decode()
    assert SECRET not in page
    assert nothing_stored(acme)


def test_a_made_up_note_in_the_address_says_nothing(acme: Tenant, client_for: ClientFor) -> None:
    page = contact_at(acme, client_for).get(ADDRESS, {"noted": ["<b>x</b>", "Call 555", "stored"]}).content.decode()
    assert page.count('class="notice good"') == 1
    assert "555" not in page


TIDIED = [
    (OKTA_ID, OKTA_ID),
    (f" \t{OKTA_ID}\r\n", OKTA_ID),
    (f"Application (client) ID: {ENTRA_ID}", ENTRA_ID),
    (f"`{OKTA_ID}`", OKTA_ID),
    ("client_secret=abc~def", "abc~def"),
    ('"secret" : "abc",', "abc"),
    ("CLIENT SECRET\n=\nabc", "abc"),
    ("https://acme.okta.com/", "https://acme.okta.com/"),
    ("Issuer URI: https://acme.okta.com", "https://acme.okta.com"),
    ("“abc", "“abc"),
    ('"', '"'),
    ("", ""),
    ("idle", "idle"),
]


@pytest.mark.parametrize(("text", "value"), TIDIED)
def test_a_value_without_what_stands_around_it(text: str, value: str) -> None:
    assert tidy(text).value == value
    assert bool(tidy(text).taken_off) == (text != value)


@pytest.mark.parametrize("secret", [SECRET, "GOCSPX-abcdefghijklmnopqrstuvwx", "a1B8Q~" + "x" * 34])
def test_what_looks_like_a_secret(secret: str) -> None:
    assert looks_like_secret(secret)
    assert holds_secret(f"it is {secret}, he said")
    assert not looks_like_client_id(secret)


@pytest.mark.parametrize("text", [OKTA_ID, ENTRA_ID, "acme.okta.com", "https://acme.okta.com/app/oidc/" + "x" * 60])
def test_what_does_not(text: str) -> None:
    assert not holds_secret(text)
