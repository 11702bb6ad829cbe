"""Providers in the admin: what is typed is checked, the secret never comes out, grave changes confirmed."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tenants.utils import tenant_context

from accounts.going_live import fingerprint
from accounts.models import Session
from accounts.tests.fake_provider import FakeProvider
from huume.staff.confirmation import FRESH_SECONDS
from huume.testing import ClientFor, TenantClient, configure_okta, live_provider_row
from huume.tests.staff_desk import PASSWORD, add_manager, code_of, enter
from tenants.models import IdentityProvider, ProviderSettings, Tenant

BASE = "/admin/tenants/identityprovider/"
SECRET = "hunter2-and-then-some-more"


@pytest.fixture
def ada(staff: Tenant, client_for: ClientFor) -> TenantClient:
    return enter(client_for(staff))


@pytest.fixture
def live(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    return configure_okta(acme, okta)


@pytest.fixture
def submitted(live: IdentityProvider) -> IdentityProvider:
    """Not live yet, so that its settings are changed directly."""
    IdentityProvider.objects.filter(pk=live.pk).update(status="submitted", live_at=None)
    live.refresh_from_db()
    return live


def page_of(provider: IdentityProvider, what: str = "change") -> str:
    return f"{BASE}{provider.pk}/{what}/"


def new_data(tenant: Tenant, **typed: Any) -> dict[str, Any]:
    data = {"tenant": tenant.pk, "kind": "okta", "slug": "okta", "label": "", "client_id": "acme-client"}
    data |= {"auth_method": "client_secret"}
    return data | {"secret": SECRET, "email_domains": "Acme.Example\r\n@acme.test", "domain": ""} | typed


def change_data(provider: IdentityProvider, **typed: Any) -> dict[str, Any]:
    data = {
        "kind": provider.kind,
        "label": provider.label,
        "domain": provider.issuer,
        "auth_method": provider.auth_method,
    }
    data |= {"client_id": provider.client_id, "secret": "", "email_domains": "\n".join(provider.email_domains)}
    return data | typed


def grow_stale(browser: TenantClient) -> None:
    with tenant_context(Tenant.objects.get(schema_name="staff")):
        session = browser.session
        session["confirmed_at"] -= FRESH_SECONDS
        session.save()


def assert_unchanged(live: IdentityProvider) -> None:
    live.refresh_from_db()
    assert live.client_id == "acme-client"
    assert not ProviderSettings.objects.exists()


def log() -> str:
    with tenant_context(Tenant.objects.get(schema_name="staff")):
        return json.dumps([[str(entry), entry.change_message, entry.object_repr] for entry in LogEntry.objects.all()])


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"domain": ""}, "Type the domain or the issuer"),
        ({"domain": "not a domain"}, "not a domain"),
        ({"domain": "10.0.0.1"}, "10.0.0.1"),
        ({"domain": "acme.okta.com", "client_id": ""}, "required"),
        ({"domain": "acme.okta.com", "slug": "Not a slug"}, "Small letters"),
        ({"domain": "acme.okta.com", "email_domains": "no domain"}, "not a host name"),
    ],
)
def test_what_cannot_be_is_refused_in_words(ada: TenantClient, acme: Tenant, typed: dict[str, str], words: str) -> None:
    answer = ada.post(f"{BASE}add/", new_data(acme, **typed))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not IdentityProvider.objects.exists()


def test_a_provider_that_does_not_answer_is_named_at_the_field(ada: TenantClient, acme: Tenant) -> None:
    answer = ada.post(f"{BASE}add/", new_data(acme, domain="http://localhost:9"))
    said = answer.context["adminform"].form.errors["domain"]
    assert said[0].startswith("localhost: no")


def test_adding_a_provider_configures_it(ada: TenantClient, acme: Tenant, okta: FakeProvider) -> None:
    answer = ada.post(f"{BASE}add/", new_data(acme, domain=okta.issuer))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    provider = IdentityProvider.objects.get()
    assert (provider.issuer, provider.status) == (okta.issuer, "submitted")
    assert provider.open_client_secret() == SECRET
    assert provider.email_domains == ["acme.example", "acme.test"]
    assert provider.metadata.token_endpoint.startswith(okta.issuer)


def test_the_secret_never_comes_out(ada: TenantClient, acme: Tenant, okta: FakeProvider) -> None:
    ada.post(f"{BASE}add/", new_data(acme, domain=okta.issuer))
    provider = IdentityProvider.objects.get()
    refused = ada.post(page_of(provider), change_data(provider, secret="another-secret", client_id=""))
    pages = [
        ada.get(page_of(provider)),
        ada.get(page_of(provider, "history")),
        ada.get(BASE),
        refused,
        ada.get("/admin/"),
    ]
    text = "".join(page.content.decode() for page in pages) + log() + repr(vars(provider))
    assert "One is stored" in text
    for hidden in (SECRET, "another-secret", provider.client_secret.ciphertext):
        assert hidden not in text


def test_the_log_names_the_fields_and_not_how_it_was_confirmed(ada: TenantClient, live: IdentityProvider) -> None:
    ada.post(page_of(live), change_data(live, secret=SECRET, label="Acme staff"))
    assert "Client secret" in log()
    assert "password" not in log().lower()


def test_an_empty_secret_keeps_the_stored_one(ada: TenantClient, submitted: IdentityProvider) -> None:
    before = submitted.open_client_secret()
    assert ada.post(page_of(submitted), change_data(submitted, client_id="another-client")).status_code == 302
    submitted.refresh_from_db()
    assert (submitted.client_id, submitted.open_client_secret()) == ("another-client", before)


def test_a_label_needs_no_answer_from_the_provider(
    ada: TenantClient, live: IdentityProvider, okta: FakeProvider
) -> None:
    okta.calls.clear()
    ada.post(page_of(live), change_data(live, label="Acme staff", email_domains="acme.test"))
    live.refresh_from_db()
    assert (live.label, live.email_domains, okta.calls) == ("Acme staff", ["acme.test"], [])


def test_another_issuer_clears_the_secret_and_says_so(ada: TenantClient, submitted: IdentityProvider) -> None:
    with FakeProvider() as other:
        answer = ada.post(page_of(submitted), change_data(submitted, domain=other.issuer), follow=True)
    submitted.refresh_from_db()
    assert submitted.issuer == other.issuer
    assert not submitted.client_secret
    assert "belonged to the former issuer" in answer.content.decode()


def test_tenant_and_slug_stay(ada: TenantClient, live: IdentityProvider, globex: Tenant) -> None:
    ada.post(page_of(live), change_data(live, tenant=globex.pk, slug="other"))
    live.refresh_from_db()
    assert (live.tenant.schema_name, live.slug) == ("acme", "okta")


def test_adding_never_takes_over_a_provider_that_is_there(
    ada: TenantClient, acme: Tenant, live: IdentityProvider
) -> None:
    with FakeProvider() as other:
        answer = ada.post(f"{BASE}add/", new_data(acme, domain=other.issuer))
    assert "a provider with that slug already" in answer.content.decode()
    live.refresh_from_db()
    assert live.issuer != other.issuer


def test_one_provider_for_an_issuer(ada: TenantClient, acme: Tenant, live: IdentityProvider) -> None:
    answer = ada.post(f"{BASE}add/", new_data(acme, domain=live.issuer, slug="second"))
    assert "has a provider for" in answer.content.decode()


def test_another_issuer_than_typed_wants_a_tick(ada: TenantClient, acme: Tenant, okta: FakeProvider) -> None:
    typed = okta.issuer.replace("127.0.0.1", "localhost")
    assert typed != okta.issuer
    answer = ada.post(f"{BASE}add/", new_data(acme, domain=typed))
    assert f'value="{okta.issuer}"' in answer.content.decode()
    assert (
        ada.post(f"{BASE}add/", new_data(acme, domain=typed, accepted_issuer="https://other.example")).status_code
        == 200
    )
    assert not IdentityProvider.objects.exists()
    assert ada.post(f"{BASE}add/", new_data(acme, domain=typed, accepted_issuer=okta.issuer)).status_code == 302
    assert IdentityProvider.objects.get().issuer == okta.issuer


def test_a_change_without_confirmation_is_refused(ada: TenantClient, live: IdentityProvider) -> None:
    grow_stale(ada)
    answer = ada.post(page_of(live), change_data(live, client_id="mallorys-client", secret=SECRET))
    assert answer.status_code == 200
    assert answer.context["adminform"].form["client_id"].value() == "mallorys-client"
    assert_unchanged(live)


@pytest.mark.parametrize("typed", [{"your_password": PASSWORD}, {"your_password": PASSWORD, "your_code": "000000"}])
def test_a_password_alone_confirms_nothing(ada: TenantClient, live: IdentityProvider, typed: dict[str, str]) -> None:
    grow_stale(ada)
    ada.post(page_of(live), change_data(live, client_id="mallorys-client", secret=SECRET, **typed))
    assert_unchanged(live)


def test_confirming_in_the_form_saves_it(staff: Tenant, live: IdentityProvider, client_for: ClientFor) -> None:
    person = add_manager()
    browser = enter(client_for(staff), person)
    grow_stale(browser)
    with tenant_context(staff):
        code = code_of(TOTPDevice.objects.get(user=person), steps=1)
    confirmed = {"your_password": PASSWORD, "your_code": code, "client_id": "another-client", "secret": SECRET}
    assert browser.post(page_of(live), change_data(live, **confirmed)).status_code == 302
    assert ProviderSettings.objects.get().client_id == "another-client"
    assert browser.post(page_of(live), change_data(live, client_id="a-third", secret=SECRET)).status_code == 302
    assert ProviderSettings.objects.get().client_id == "a-third"


def test_colleagues_credentials_confirm_nothing(ada: TenantClient, live: IdentityProvider) -> None:
    grow_stale(ada)
    add_manager("grace@huume.example", password="a password of her own")
    hers = {"your_password": "a password of her own", "your_code": "1"}
    ada.post(page_of(live), change_data(live, client_id="x", secret=SECRET, **hers))
    assert_unchanged(live)


def test_disabling_wants_a_confirmation(ada: TenantClient, live: IdentityProvider) -> None:
    grow_stale(ada)
    answer = ada.post(page_of(live, "disable"))
    assert answer["Location"].startswith("/admin/confirm/?next=")
    live.refresh_from_db()
    assert live.is_live


def test_switching_off_and_on_is_logged(ada: TenantClient, live: IdentityProvider) -> None:
    assert ada.get(page_of(live, "disable")).status_code == 405
    ada.post(page_of(live, "disable"))
    live.refresh_from_db()
    assert live.status == "disabled"
    ada.post(f"/admin/going-live/{live.pk}/", {"anyway": "1", "seen": fingerprint(live)})
    live.refresh_from_db()
    assert live.is_live
    assert "Switched live" in log()
    assert "Disabled" in log()


def test_there_is_no_switch_but_the_one_that_looks_first(ada: TenantClient, live: IdentityProvider) -> None:
    live.disable()
    ada.post(page_of(live, "activate"))
    live.refresh_from_db()
    assert live.status == "disabled"
    assert f'href="/admin/going-live/{live.pk}/"' in ada.get(page_of(live)).content.decode()


def test_the_page_shows_what_the_directory_needs(ada: TenantClient, acme: Tenant) -> None:
    provider = live_provider_row(acme)
    page = ada.get(page_of(provider)).content.decode()
    assert ">http://acme.localhost:8000/oauth2/okta/authresp<" in page
    assert ">http://acme.localhost:8000<" in page
    assert "Okta API Scopes" not in page


def test_refused_scopes_come_with_what_to_do(ada: TenantClient, acme: Tenant) -> None:
    provider = live_provider_row(acme)
    IdentityProvider.objects.filter(pk=provider.pk).update(scopes_refused_at=timezone.now())
    page = ada.get(page_of(provider)).content.decode()
    for words in ("Okta API Scopes", "Only a Super Admin can", "okta.myAccount.profile.read"):
        assert words in page


def test_deleting_a_provider_ends_its_sessions(ada: TenantClient, acme: Tenant, live: IdentityProvider) -> None:
    Session.objects.create(session_key="a" * 32, provider=live.pk, expire_date=timezone.now() + timedelta(hours=1))
    assert ada.post(page_of(live, "delete"), {"post": "yes"}).status_code == 302
    assert not IdentityProvider.objects.exists()
    assert not Session.objects.exists()


def test_deleting_a_provider_without_a_confirmation_is_refused(ada: TenantClient, live: IdentityProvider) -> None:
    grow_stale(ada)
    assert ada.post(page_of(live, "delete"), {"post": "yes"})["Location"].startswith("/admin/confirm/")
    assert IdentityProvider.objects.exists()
