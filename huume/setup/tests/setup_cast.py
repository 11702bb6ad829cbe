"""The IT contact, and how they get into a tenant's setup."""

from typing import Any

from django.conf import settings
from django_tenants.utils import tenant_context

from tenants import setup_links
from tenants.actor import Actor
from tenants.models import IdentityProvider, SetupLink, SetupSession, Tenant
from tenants.setup_codes import code_digest

CONTACT = "it@acme.example"
ADA = Actor("staff", key="1", name="ada@huume.example")


def provider_of(tenant: Tenant, slug: str = "okta", kind: str = "okta") -> IdentityProvider:
    """The tenant's provider of that slug; a draft where there was none."""
    found = IdentityProvider.objects.filter(tenant=tenant, slug=slug).first()
    return found or setup_links.draft(tenant, slug, kind)


def make_link(tenant: Tenant, slug: str = "okta", email: str = CONTACT, *, days: int = 7) -> tuple[SetupLink, str]:
    """A link and its token, as an account manager has it shown to copy."""
    return setup_links.make(provider_of(tenant, slug), email, by=ADA, days=days)


def make_session(link: SetupLink, **values: Any) -> str:
    """The key of a setup session as a right code starts it."""
    key = setup_links.new_secret()
    lasting = {"expires_at": link.created_at + SetupSession.LIFETIME, "ip_address": "203.0.113.7"}
    SetupSession.objects.create(link=link, key_digest=setup_links.digest(key), **(lasting | values))
    return key


def enter_setup(client: Any, tenant: Tenant, slug: str = "okta", email: str = CONTACT) -> SetupLink:
    """The test client is in a setup session of the tenant's provider, which is a draft where there was none."""
    with tenant_context(tenant):
        link, _token = make_link(tenant, slug, email)
        client.cookies[settings.SETUP_COOKIE_NAME] = make_session(link)
    return link


def set_code(link: SetupLink, code: str) -> str:
    """As if the newest code that was mailed were this one."""
    SetupLink.objects.filter(pk=link.pk).update(code_digest=code_digest(link, code))
    return code
