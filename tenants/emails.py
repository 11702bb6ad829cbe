"""Every mail about setting a provider up and keeping it well, a function each. The texts are in templates/emails/.

Each is queued in the caller's transaction, and goes to nobody where nobody's address is known.
"""

from datetime import timedelta

from django.utils import timezone

from tenants.actor import Actor
from tenants.mail_text import Value
from tenants.models import IdentityProvider, Mail, SetupLink, Tenant
from tenants.outbox import page, queue_mail, queue_to_each, spelled, staff_page, whom_to_ask

CODE_LIFETIME = timedelta(minutes=15)
TOLD_AGAIN = timedelta(minutes=10)


def setup_link(link: SetupLink, token: str) -> Mail:
    """To the IT contact. `token` is in the address, and kept nowhere else."""
    tenant = link.provider.tenant
    context = about(link.provider) | {
        "asker": f"{link.created_by}, at Huume," if link.created_by else "Huume",
        "address": page(tenant, "setup-open", token),
        "until": spelled(link.expires_at),
    }
    return queue_mail("setup_link", link.email, tenant=tenant, context=context, expires_at=link.expires_at)


def setup_code(link: SetupLink, code: str) -> Mail:
    """To the IT contact. Not in the subject: that is kept in the clear, and shown on locked screens."""
    expires_at = (link.code_sent_at or timezone.now()) + CODE_LIFETIME
    context = about(link.provider) | {"code": code, "minutes": int(CODE_LIFETIME.total_seconds() // 60)}
    return queue_mail("setup_code", link.email, tenant=link.provider.tenant, context=context, expires_at=expires_at)


def setup_link_closed(link: SetupLink) -> list[Mail]:
    """To the IT contact; where it was closed for wrong codes, to the account manager too."""
    tenant, end = link.provider.tenant, SetupLink.objects.values_list("end", flat=True).get(pk=link.pk)
    context = about(link.provider) | {"why": end, "contact": link.email}
    told = [link.email, tenant.account_manager if end == SetupLink.End.GUESSED else ""]
    return queue_to_each("setup_link_closed", told, tenant=tenant, context=context)


def submitted(provider: IdentityProvider, by_email: str) -> list[Mail]:
    """To the account manager: the IT contact has handed over. Of a live provider it is a candidate beside it."""
    live, by = int(provider.is_live), by_email or "The IT contact"
    told = Mail.objects.filter(name="submitted", tenant=provider.tenant, created_at__gt=timezone.now() - TOLD_AGAIN)
    # Whoever corrects a mistake hands over several times: one mail says it.
    if told.exists():
        return []
    return to_staff("submitted", provider, "changing" if live else "going-live", {"by": by, "live": live})


def went_live(provider: IdentityProvider, by: Actor | None) -> list[Mail]:
    """To the IT contact and the account manager."""
    tenant = provider.tenant
    context = about(provider) | {"address": tenant.address, "by": by.name if by else ""}
    contact, manager = contacts(provider)
    told = queue_to_each("went_live", [contact], tenant=tenant, context=context | {"to_staff": ""})
    if manager == contact:
        return told
    return told + queue_to_each("went_live", [manager], tenant=tenant, context=context | {"to_staff": "yes"})


def secret_runs_out(provider: IdentityProvider, days: int) -> list[Mail]:
    """To the IT contact and the account manager. `days` from today, 0 and less where it has run out."""
    on = provider.secret_expires_on
    context = about(provider) | {"days": days, "on": f"{on:%A} {on.day} {on:%B %Y}" if on else ""}
    return queue_to_each("secret_runs_out", contacts(provider), tenant=provider.tenant, context=context)


def check_failed(provider: IdentityProvider, failed: list[str]) -> list[Mail]:
    """To the account manager. `failed`: the lines of the live check, each a sentence for people."""
    return to_staff("check_failed", provider, "check", {"failed": failed})


def settings_failing(provider: IdentityProvider) -> list[Mail]:
    """To the account manager: sign-ins fail with the new settings where the former would work."""
    return to_staff("settings_failing", provider, "changing", {})


def to_staff(name: str, provider: IdentityProvider, view: str, context: dict[str, Value]) -> list[Mail]:
    """`view`: the page of the admin, about this provider, that the button opens."""
    here = {"address": staff_page(view, provider.pk), "contact": contact_of(provider)}
    tenant = provider.tenant
    return queue_to_each(name, [tenant.account_manager], tenant=tenant, context=about(provider) | here | context)


def about(provider: IdentityProvider) -> dict[str, Value]:
    label = provider.button_label
    plain = provider.kind == IdentityProvider.Kind.OIDC and not provider.label
    return about_tenant(provider.tenant) | {
        "provider": label,
        "directory": "your identity provider" if plain else label,
    }


def about_tenant(tenant: Tenant) -> dict[str, Value]:
    return {"tenant": tenant.name, "ask": whom_to_ask(tenant)}


def contacts(provider: IdentityProvider) -> list[str]:
    return [contact_of(provider), provider.tenant.account_manager]


def contact_of(provider: IdentityProvider) -> str:
    """The IT contact's address: whoever the latest setup link went to that was not revoked, else the tenant's."""
    link = provider.setup_links.exclude(end=SetupLink.End.REVOKED).first()
    return link.email if link else provider.tenant.contact
