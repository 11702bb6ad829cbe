"""A live provider's page in the admin changes no live credential: what is typed becomes the candidate."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import HistoryEntry, Session
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.swap_cast import ADA, NEW_SECRET, propose_at
from huume.testing import TenantClient
from tenants.models import IdentityProvider, ProviderSettings, Tenant
from tenants.provider_forms import IdentityProviderForm
from tenants.tests.test_admin_providers import ada, change_data, live, log, page_of

__all__ = ["ada", "live"]
STAYS = "People go on signing in with the settings in use."


def settings_of(provider: IdentityProvider) -> list[Any]:
    fresh = IdentityProvider.objects.get(pk=provider.pk)
    return [fresh.status, *(getattr(fresh, name) for name in IdentityProvider.COPIED)]


def test_another_client_wants_its_secret(ada: TenantClient, live: IdentityProvider) -> None:
    before = settings_of(live)
    answer = ada.post(page_of(live), change_data(live, client_id="another-client"))
    assert "belongs to another client or issuer" in answer.context["adminform"].form.errors["secret"][0]
    assert settings_of(live) == before
    assert not ProviderSettings.objects.exists()


def test_another_issuer_wants_its_secret_and_the_live_one_stays(ada: TenantClient, live: IdentityProvider) -> None:
    before = settings_of(live)
    with FakeProvider() as other:
        answer = ada.post(page_of(live), change_data(live, domain=other.issuer))
    assert "secret" in answer.context["adminform"].form.errors
    assert settings_of(live) == before
    assert live.open_client_secret() == "acme-secret"


def test_another_issuer_waits_beside_and_ends_no_session(
    ada: TenantClient, live: IdentityProvider, acme: Tenant
) -> None:
    Session.objects.create(session_key="a" * 32, provider=live.pk, expire_date=timezone.now() + timedelta(hours=1))
    before = settings_of(live)
    with FakeProvider() as other:
        typed = {"domain": other.issuer, "client_id": "new-client", "secret": NEW_SECRET}
        answer = ada.post(page_of(live), change_data(live, **typed), follow=True)
    candidate = ProviderSettings.objects.get()
    assert (candidate.issuer, candidate.client_id) == (other.issuer, "new-client")
    assert candidate.open_client_secret() == NEW_SECRET
    assert settings_of(live) == before
    assert Session.objects.filter(provider=live.pk).exists()
    assert "was deleted" not in answer.content.decode()


def test_after_saving_the_page_says_where_it_went(ada: TenantClient, live: IdentityProvider) -> None:
    page = ada.post(page_of(live), change_data(live, secret=NEW_SECRET), follow=True).content.decode()
    assert STAYS in page
    assert f'href="/admin/changing/{live.pk}/"' in page
    assert NEW_SECRET not in page + log()
    assert "Added candidate" in log()


@pytest.mark.parametrize(
    "typed", [{"auth_method": "private_key_jwt"}, {"secret_expires_on": "2031-03-01"}, {"secret": NEW_SECRET}]
)
def test_each_of_the_credentials_waits_beside(ada: TenantClient, live: IdentityProvider, typed: dict[str, str]) -> None:
    before = settings_of(live)
    assert ada.post(page_of(live), change_data(live, **typed)).status_code == 302
    candidate = ProviderSettings.objects.get()
    assert settings_of(live) == before
    kept = {"auth_method": candidate.auth_method, "secret_expires_on": str(candidate.secret_expires_on)}
    assert typed.items() <= (kept | {"secret": candidate.open_client_secret()}).items()


def test_an_empty_secret_keeps_the_live_one_of_the_same_client(ada: TenantClient, live: IdentityProvider) -> None:
    ada.post(page_of(live), change_data(live, secret_expires_on="2031-03-01"))
    assert ProviderSettings.objects.get().open_client_secret() == live.open_client_secret()


def test_its_kind_is_read_only(ada: TenantClient, live: IdentityProvider) -> None:
    assert ada.post(page_of(live), change_data(live, kind="entra", secret=NEW_SECRET)).status_code == 302
    live.refresh_from_db()
    assert live.kind == "okta"
    assert 'name="kind"' not in ada.get(page_of(live)).content.decode()


def test_all_else_is_stored_at_once_and_proposes_nothing(ada: TenantClient, live: IdentityProvider) -> None:
    typed = {"label": "Acme staff", "email_domains": "acme.test", "contact_may_activate": "on"}
    page = ada.post(page_of(live), change_data(live, **typed), follow=True).content.decode()
    live.refresh_from_db()
    assert (live.label, live.email_domains, live.contact_may_activate) == ("Acme staff", ["acme.test"], True)
    assert not ProviderSettings.objects.exists()
    assert STAYS not in page


def test_both_at_once(ada: TenantClient, live: IdentityProvider) -> None:
    ada.post(page_of(live), change_data(live, label="Acme staff", secret=NEW_SECRET))
    live.refresh_from_db()
    assert (live.label, live.open_client_secret()) == ("Acme staff", "acme-secret")
    assert ProviderSettings.objects.get().open_client_secret() == NEW_SECRET


def test_the_same_again_leaves_the_candidate_that_waits(
    ada: TenantClient, live: IdentityProvider, okta: FakeProvider
) -> None:
    """Its domain typed another way leads to the very same settings."""
    waiting = propose_at(live, okta)
    assert ada.post(page_of(live), change_data(live, domain=f"{okta.issuer}/")).status_code == 302
    assert ProviderSettings.objects.get() == waiting


def test_the_form_shows_what_is_live_and_that_a_candidate_waits(
    ada: TenantClient, live: IdentityProvider, okta: FakeProvider
) -> None:
    assert "New settings wait" not in ada.get(page_of(live)).content.decode()
    candidate = propose_at(live, okta)
    ProviderSettings.objects.filter(pk=candidate.pk).update(client_id="the-next-client")
    answer = ada.get(page_of(live))
    page = answer.content.decode()
    assert answer.context["adminform"].form["client_id"].value() == "acme-client"
    assert "New settings wait beside them since" in page
    assert page.count(f'href="/admin/changing/{live.pk}/"') == 2


@pytest.mark.parametrize(("seen", "now"), [("live", "disabled"), ("submitted", "live")])
def test_switched_while_it_is_being_changed_nothing_is_saved(live: IdentityProvider, seen: str, now: str) -> None:
    IdentityProvider.objects.filter(pk=live.pk).update(status=seen)
    unasked = type("UnaskedForm", (IdentityProviderForm,), {"asks_confirmation": False})
    as_seen = IdentityProvider.objects.get(pk=live.pk)
    typed = {"tenant": live.tenant_id, "slug": live.slug, "label": "Acme staff", "secret": NEW_SECRET}
    form = unasked(change_data(live, **typed), instance=as_seen)
    assert form.is_valid(), form.errors
    IdentityProvider.objects.filter(pk=live.pk).update(status=now)
    before = settings_of(live)
    with pytest.raises(ValidationError) as refused:
        form.store(ADA)
    assert refused.value.code == "switched_meanwhile"
    assert settings_of(live) == before
    assert not ProviderSettings.objects.exists()


def test_who_proposed_is_on_record(ada: TenantClient, live: IdentityProvider) -> None:
    ada.post(page_of(live), change_data(live, secret=NEW_SECRET))
    entry = HistoryEntry.objects.get(kind="candidate.proposed")
    assert (entry.actor_kind, entry.about) == ("staff", str(live.pk))
    assert ProviderSettings.objects.get().created_by == "ada@huume.example"
    assert not HistoryEntry.objects.filter(kind="provider.configured").exists()
