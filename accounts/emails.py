"""Every mail to the people of a tenant, a function each. The texts are in templates/emails/."""

from collections.abc import Iterable

from accounts.models import User
from tenants.emails import about_tenant
from tenants.mail_text import Value
from tenants.models import EmergencyAccess, Mail, Tenant
from tenants.outbox import page, queue_mail, queue_to_each, spelled, staff_page


def welcome(user: User, tenant: Tenant) -> list[Mail]:
    """To the first user administrator, once people can sign in."""
    return queue_to_each(
        "welcome", [user.email], tenant=tenant, context=about_tenant(tenant) | {"address": tenant.address}
    )


def emergency_link(emergency: EmergencyAccess, email: str, token: str) -> Mail:
    """To the user administrator. `token` is in the address, and kept nowhere else."""
    context = about_emergency(emergency) | {
        "address": page(emergency.tenant, "emergency-open", token),
        "until": spelled(emergency.expires_at) if emergency.expires_at else "",
    }
    tenant, expires_at = emergency.tenant, emergency.expires_at
    return queue_mail("emergency_link", email, tenant=tenant, context=context, expires_at=expires_at)


def emergency_told(emergency: EmergencyAccess, administrators: Iterable[User]) -> list[Mail]:
    """To the tenant's other administrators: who may get in without the directory, and why."""
    told = [administrator.email for administrator in administrators]
    context = about_emergency(emergency) | {"address": page(emergency.tenant, "person", emergency.user)}
    return queue_to_each("emergency_told", told, tenant=emergency.tenant, context=context)


def emergency_asked(emergency: EmergencyAccess, to: list[str]) -> list[Mail]:
    """To the account managers who may approve it."""
    until = emergency.asked_at + emergency.DECISION_TIME
    context = about_emergency(emergency) | {"address": staff_page("break-glass"), "until": spelled(until)}
    return queue_to_each("emergency_asked", to, tenant=emergency.tenant, context=context, expires_at=until)


def about_emergency(emergency: EmergencyAccess) -> dict[str, Value]:
    return about_tenant(emergency.tenant) | {
        "person": emergency.user_name,
        "reason": emergency.reason,
        "asked_by": emergency.asked_by,
        "decided_by": emergency.decided_by,
        "minutes": int(emergency.LINK_LIFETIME.total_seconds() // 60),
        "hours": int(emergency.SESSION_LIFETIME.total_seconds() // 3600),
    }
