"""Acme's provider in the middle of a secret's rotation."""

from dataclasses import replace
from typing import Any

from accounts.models import SignIn
from accounts.tests.fake_provider import FakeProvider, huume_client
from huume.testing import TenantClient, arrive, configure_okta
from tenants.models import ProviderSettings, Tenant

LIVE, CANDIDATE, FORMER = "the-live-secret-of-acme", "the-candidate-secret-of-acme", "the-former-secret-of-acme"


class Rig:
    """Acme's provider with a live secret, others kept beside it, and those that the provider takes."""

    def __init__(self, tenant: Tenant, okta: FakeProvider, browser: TenantClient) -> None:
        self.okta, self.browser = okta, browser
        self.provider = configure_okta(tenant, okta)
        self.provider.set_client_secret(LIVE)
        self.provider.save()
        self.takes(LIVE)

    def takes(self, *secrets: str) -> None:
        self.okta.add_client(replace(huume_client("acme"), secrets=list(secrets)))

    def keep(self, state: str, secret: str, **changes: Any) -> ProviderSettings:
        kept = ProviderSettings(provider=self.provider, state=state)
        kept.copy_settings(self.provider)
        kept.set_client_secret(secret)
        for name, value in changes.items():
            setattr(kept, name, value)
        kept.save()
        return kept

    def sign_in(self) -> list[str]:
        """The secrets that were tried, in turn."""
        self.okta.calls.clear()
        self.answer = arrive(self.browser, self.okta, "Alice")
        self.provider.refresh_from_db()
        self.browser.cookies.clear()
        return [call.form.get("client_secret", "assertion") for call in self.okta.calls_to("token")]

    @property
    def reason(self) -> str:
        return SignIn.objects.latest("at").reason
