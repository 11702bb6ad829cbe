"""Break-glass: a user administrator signs in by a one-time link while the tenant's directory is down.

One account manager asks, another approves, and the link goes to the person's verified address. It is good for fifteen
minutes and once; the session for an hour. Everything is on record at the tenant and at Huume (docs/decisions/010).
"""

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.db import connection, transaction
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from accounts import emails, history
from accounts.arrive import BACKEND
from accounts.attempts import digest, new_reference
from accounts.emergency_conditions import (
    BY_LINK,
    EmergencyRefused,
    Finding,
    require_decidable,
    require_down,
    require_open,
    require_person,
    require_room,
    require_staff,
)
from accounts.models import SignIn, User
from accounts.oidc.claims import clean_text
from accounts.oidc.requests import new_secret
from accounts.sessions import EMERGENCY, UNTIL
from huume.client_address import client_address
from tenants.actor import Actor
from tenants.models import EmergencyAccess, Tenant
from tenants.record import record

# What an account manager needs for all of it.
PERMISSION = "tenants.change_identityprovider"
LEAST_REASON, MOST_REASON = 10, 500
logger = logging.getLogger(__name__)


class LinkDead(Exception):
    """An emergency link that opens nothing. `code` is for the log alone: whoever holds the link learns no more."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def ask(tenant: Tenant, user: int, reason: str, by: Actor) -> EmergencyAccess:
    """Asks for a link for the user administrator of that key. Raises EmergencyRefused.

    Calls the tenant's providers, so not to be called in a transaction.
    """
    require_staff(by)
    reason = clean_text(reason, MOST_REASON + 1)
    if not LEAST_REASON <= len(reason) <= MOST_REASON:
        raise EmergencyRefused("no_reason")
    tenant = require_open(tenant)
    require_room(tenant)
    person = require_person(tenant, user)
    findings = require_down(tenant, by)
    with transaction.atomic():
        # Whoever else asks for this tenant waits here, and then sees this request.
        Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
        require_room(tenant)
        emergency = EmergencyAccess.objects.create(
            tenant=tenant,
            user=person.pk,
            user_name=person.display_name,
            reason=reason,
            asked_by=by.name,
            asked_by_key=by.key,
            findings=findings,
        )
        _on_record(emergency, "emergency.asked", by, reason=reason, **_found(findings))
        emails.emergency_asked(emergency, _other_managers(by))
    return emergency


def approve(emergency: EmergencyAccess, by: Actor) -> EmergencyAccess:
    """Mails the link. Raises EmergencyRefused. Calls the tenant's providers, so not to be called in a transaction."""
    _require_other(emergency, by)
    tenant = require_open(emergency.tenant)
    require_person(tenant, emergency.user)
    findings = require_down(tenant, by)
    token = new_secret()
    with transaction.atomic():
        decided = _decide(emergency, by, approved=True)
        person = require_person(require_open(tenant), decided.user)
        decided.token_digest, decided.expires_at = digest(token), timezone.now() + EmergencyAccess.LINK_LIFETIME
        decided.save(update_fields=["token_digest", "expires_at"])
        _on_record(decided, "emergency.approved", by, reason=decided.reason, **_found(findings))
        emails.emergency_link(decided, person.email, token)
        emails.emergency_told(decided, _other_administrators(decided))
    return decided


def turn_down(emergency: EmergencyAccess, by: Actor) -> EmergencyAccess:
    """Whoever asked may take it back so. Raises EmergencyRefused."""
    require_decidable(emergency, by)
    with transaction.atomic():
        decided = _decide(emergency, by, approved=False)
        _on_record(decided, "emergency.turned_down", by)
    return decided


def _require_other(emergency: EmergencyAccess, by: Actor) -> None:
    """Another person than the one who asked, by key: nobody's rank makes an exception."""
    require_decidable(emergency, by)
    if by.key == emergency.asked_by_key:
        raise EmergencyRefused("own_request")


def _decide(emergency: EmergencyAccess, by: Actor, *, approved: bool) -> EmergencyAccess:
    """In a transaction. Of two at once the second is told that it is decided."""
    current = EmergencyAccess.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=emergency.pk)
    require_decidable(current, by)
    current.decided_by, current.decided_at, current.approved = by.name, timezone.now(), approved
    current.save(update_fields=["decided_by", "decided_at", "approved"])
    return current


def find(tenant: Tenant, token: str) -> EmergencyAccess:
    """The request of a link that is still good. Raises LinkDead. Nothing is spent."""
    found = EmergencyAccess.objects.filter(**_good(tenant, token)).first()
    if found is None:
        raise LinkDead("emergency_link_dead")
    found.tenant = tenant
    return found


def redeem(request: HttpRequest, token: str) -> User:
    """Signs the person in, once. Raises LinkDead; then nothing has been spent that was still good."""
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]  # set by TenantMiddleware
    with transaction.atomic():
        if not EmergencyAccess.objects.filter(**_good(tenant, token)).update(used_at=Now()):
            raise LinkDead("emergency_link_dead")
        emergency = EmergencyAccess.objects.select_related("tenant").get(token_digest=digest(token))
        _require_open_still(tenant)
        person = _hold_person(emergency.user)
        _start_session(request, person)
        sign_in = _record_sign_in(request, emergency, person)
        by = Actor("user", key=str(person.pk), name=person.display_name, ip_address=client_address(request))
        _on_record(emergency, "emergency.redeemed", by, reference=sign_in.reference)
    logger.warning("signed in by emergency link", extra={"reference": sign_in.reference})
    return person


def _good(tenant: Tenant, token: str) -> dict[str, Any]:
    """At most one row: claimed by an update, of two at once the second finds none."""
    return {
        "tenant": tenant.pk,
        "token_digest": digest(token),
        "approved": True,
        "used_at": None,
        "expires_at__gt": Now(),
    }


def _require_open_still(tenant: Tenant) -> None:
    """Holds the tenant until the transaction ends, so that it is not suspended while a session is made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT suspended_at IS NULL FROM public.tenants_tenant WHERE id = %s FOR SHARE", [tenant.pk])
        row = cursor.fetchone()
    if not (row and row[0]):
        raise LinkDead("tenant_suspended")


def _hold_person(pk: int) -> User:
    """Still an active user administrator, whose row is held. In the tenant's schema."""
    held = User.objects.select_for_update(no_key=True).filter(pk=pk, is_active=True).first()
    if held is None or not User.objects.administrators().filter(pk=pk).exists():
        raise LinkDead("not_administrator")
    person: User = held
    return person


def _start_session(request: HttpRequest, person: User) -> None:
    """A session of an hour that belongs to no provider. What was in an earlier one of this browser is gone."""
    session = request.session
    session.flush()
    login(request, person, backend=BACKEND)
    session.stamp()  # type: ignore[attr-defined]  # accounts.sessions
    session[EMERGENCY] = True
    session[UNTIL] = int((timezone.now() + EmergencyAccess.SESSION_LIFETIME).timestamp())
    session.save()
    session.modified, session.is_just_begun = False, True  # type: ignore[attr-defined]  # accounts.middleware


def _record_sign_in(request: HttpRequest, emergency: EmergencyAccess, person: User) -> SignIn:
    return SignIn.objects.create(
        reference=new_reference(),
        finished_at=timezone.now(),
        provider=emergency.pk,
        provider_label=_("an emergency link"),
        outcome=SignIn.Outcome.SUCCEEDED,
        reason=BY_LINK,
        user=person,
        email=person.email,
        ip_address=client_address(request) or None,
        user_agent=clean_text(request.headers.get("User-Agent", ""), 300),
    )


def _on_record(emergency: EmergencyAccess, kind: str, by: Actor, **after: Any) -> None:
    """At the tenant and at Huume, the person by their key in both."""
    tenant, about = emergency.tenant, str(emergency.pk)
    person = f"user:{emergency.user}"
    with tenant_context(tenant):
        history.keep_name(person, emergency.user_name)
    record(tenant, kind, by=by, about=about, after={"person": person, **after})
    there = f"{tenant.schema_name}:{person}"
    # A person of a tenant is nobody's number 7 of the staff.
    actor = by if by.kind == "staff" else Actor(by.kind, f"{tenant.schema_name}:{by.key}", by.name, by.ip_address)
    with tenant_context(Tenant.objects.get(schema_name=settings.STAFF_SCHEMA)):
        history.keep_name(there, emergency.user_name)
    history.note_in_staff(kind, actor, about, after={"tenant": tenant.schema_name, "person": there, **after})


def _found(findings: list[Finding]) -> dict[str, list[str]]:
    failed = dict.fromkeys(each for finding in findings for each in finding["failed"])
    return {"providers": [finding["provider"] for finding in findings], "failed": list(failed)}


def _other_managers(by: Actor) -> list[str]:
    """Addresses of the account managers who could approve what this one asks for."""
    with tenant_context(Tenant.objects.get(schema_name=settings.STAFF_SCHEMA)):
        staff = User.objects.filter(is_active=True, is_staff=True).exclude(pk=by.key).exclude(email="")
        return [each.email for each in staff.order_by("email") if each.has_perm(PERMISSION)]


def _other_administrators(emergency: EmergencyAccess) -> list[User]:
    with tenant_context(emergency.tenant):
        return list(User.objects.administrators().exclude(pk=emergency.user).exclude(email="").people())
