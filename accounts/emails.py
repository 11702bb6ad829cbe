"""Every mail to the people of a tenant, a function each. The texts are in templates/emails/."""

from collections.abc import Iterable

from accounts.models import User
from tenants.emails import about_tenant
from tenants.mail_text import Value
from tenants.models import EmergencyAccess, Mail, Tenant
from tenants.outbox import queue_mail, queue_to_each, spelled, staff_address


def welcome(user: User, tenant: Tenant) -> Mail:
    """To the first user administrator, once people can sign in."""
    context = about_tenant(tenant) | {"person": user.display_name, "address": tenant.address}
    return queue_mail("welcome", user.email, tenant=tenant, context=context)


def emergency_link(emergency: EmergencyAccess, email: str, token: str) -> Mail:
    """To the user administrator. `token` is in the address, and kept nowhere else."""
    context = about_emergency(emergency) | {
        "address": f"{emergency.tenant.address}/emergency/{token}/",
        "until": spelled(emergency.expires_at) if emergency.expires_at else "",
    }
    tenant, expires_at = emergency.tenant, emergency.expires_at
    return queue_mail("emergency_link", email, tenant=tenant, context=context, expires_at=expires_at)


def emergency_told(emergency: EmergencyAccess, administrators: Iterable[User]) -> list[Mail]:
    """To the tenant's other administrators: who may get in without the directory, and why."""
    told = [administrator.email for administrator in administrators]
    context = about_emergency(emergency) | {"address": f"{emergency.tenant.address}/people/{emergency.user}/"}
    return queue_to_each("emergency_told", told, tenant=emergency.tenant, context=context)


def emergency_asked(emergency: EmergencyAccess, to: list[str]) -> list[Mail]:
    """To the account managers who may approve it."""
    address = staff_address(f"/admin/tenants/tenant/{emergency.tenant.pk}/change/")
    context = about_emergency(emergency) | {"address": address, "at": spelled(emergency.asked_at)}
    return queue_to_each("emergency_asked", to, tenant=emergency.tenant, context=context)


def about_emergency(emergency: EmergencyAccess) -> dict[str, Value]:
    return about_tenant(emergency.tenant) | {
        "person": emergency.user_name,
        "reason": emergency.reason,
        "asked_by": emergency.asked_by,
        "decided_by": emergency.decided_by,
        "minutes": int(emergency.LINK_LIFETIME.total_seconds() // 60),
        "hours": int(emergency.SESSION_LIFETIME.total_seconds() // 3600),
    }
