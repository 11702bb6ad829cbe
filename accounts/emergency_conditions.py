"""When a directory is down, and who may get in past it: what must hold before an emergency link is made."""

from datetime import timedelta
from typing import TypedDict

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_
from django_tenants.utils import tenant_context

from accounts.check_runs import CheckRefused, failed_ids, is_whole, run_now
from accounts.check_words import title
from accounts.models import SignIn, User
from tenants.actor import Actor
from tenants.models import EmergencyAccess, IdentityProvider, Tenant

RECENT = timedelta(days=30)
MOST_A_DAY = 3
# The reason of a sign-in by such a link; such a one proves nothing of the directory.
BY_LINK = "emergency_link"
# Lines of the live check that people get in in spite of.
NO_OBSTACLE = frozenset({"pkce", "scopes", "sign_out", "speed"})

REFUSALS = {
    "no_staff": N_("Only an account manager can do this."),
    "no_reason": N_("Say why, in 10 to 500 characters: the customer’s history keeps it."),
    "tenant_suspended": N_("%(tenant)s is suspended, so nobody gets in, not even by an emergency link."),
    "not_administrator": N_("This is no active user administrator of %(tenant)s."),
    "email_not_verified": N_(
        "The directory of %(tenant)s has not vouched for this person’s email address, so no link can be mailed to it."
    ),
    "not_seen_lately": N_("This person has not signed in with the directory within the last 30 days."),
    "no_live_provider": N_("%(tenant)s has no live provider, so there is no directory that could be down."),
    "provider_answers": N_(
        "%(provider)s answers, so people can sign in: an emergency link is for a directory that is down. Look under"
        " “Why can’t I sign in?” for what keeps this person out."
    ),
    "cannot_tell": N_("The live check of %(provider)s did not come to its end. Try again in a minute."),
    "check_refused": N_("%(provider)s cannot be checked now, and without that there is no link. %(why)s"),
    "open_already": N_(
        "There is an emergency request for %(tenant)s already. It is decided or runs out within the hour."
    ),
    "too_many": N_("There were three emergency requests for %(tenant)s within a day, which is all that is allowed."),
    "own_request": N_("You asked for this link yourself. Another account manager must look at it."),
    "decided": N_("Somebody has decided on this request already."),
    "too_late": N_("More than an hour has passed since it was asked for. Ask anew if it is still needed."),
}


class EmergencyRefused(Exception):
    """`code` is a key of REFUSALS; str() is a sentence for the account manager."""

    def __init__(self, code: str, **parameters: str) -> None:
        super().__init__(_(REFUSALS[code]) % parameters)
        self.code = code


class Finding(TypedDict):
    """What the live check of one provider said: the ids of the lines because of which nobody gets in, and in words."""

    provider: str
    check: str
    failed: list[str]
    said: list[str]


def require_open(tenant: Tenant) -> Tenant:
    """The tenant as it is now: what is given may be cached. Raises EmergencyRefused."""
    current = Tenant.objects.customers().get(pk=tenant.pk)
    if current.is_suspended:
        raise EmergencyRefused("tenant_suspended", tenant=current.name)
    return current


def require_person(tenant: Tenant, pk: int) -> User:
    """The user administrator of that key, who can be told and was here lately. Raises EmergencyRefused."""
    with tenant_context(tenant):
        person: User | None = User.objects.administrators().filter(pk=pk).first()
        if person is None:
            raise EmergencyRefused("not_administrator", tenant=tenant.name)
        if not (person.email and person.email_verified):
            raise EmergencyRefused("email_not_verified", tenant=tenant.name)
        if not _was_here_lately(person):
            raise EmergencyRefused("not_seen_lately")
    return person


def _was_here_lately(person: User) -> bool:
    signed_in = SignIn.objects.filter(user=person, outcome=SignIn.Outcome.SUCCEEDED, is_test=False)
    lately = signed_in.exclude(reason=BY_LINK).filter(at__gt=timezone.now() - RECENT)
    return person.identities.exists() and lately.exists()


def require_room(tenant: Tenant) -> None:
    """One request at a time, three a day. Raises EmergencyRefused."""
    asked = list(tenant.emergencies.filter(asked_at__gt=timezone.now() - timedelta(days=1)))
    if any(is_open(each) for each in asked):
        raise EmergencyRefused("open_already", tenant=tenant.name)
    if len(asked) >= MOST_A_DAY:
        raise EmergencyRefused("too_many", tenant=tenant.name)


def is_open(emergency: EmergencyAccess) -> bool:
    """Waits for a decision, or its link waits to be used."""
    return can_be_decided(emergency) or is_link_good(emergency)


def can_be_decided(emergency: EmergencyAccess) -> bool:
    return emergency.decided_at is None and timezone.now() < emergency.asked_at + EmergencyAccess.DECISION_TIME


def is_link_good(emergency: EmergencyAccess) -> bool:
    runs_out = emergency.expires_at
    return emergency.approved and emergency.used_at is None and runs_out is not None and timezone.now() < runs_out


def require_decidable(emergency: EmergencyAccess, by: Actor) -> None:
    """Raises EmergencyRefused."""
    require_staff(by)
    if emergency.decided_at is not None:
        raise EmergencyRefused("decided")
    if not can_be_decided(emergency):
        raise EmergencyRefused("too_late")


def require_staff(by: Actor) -> None:
    if by.kind != "staff" or not by.key:
        raise EmergencyRefused("no_staff")


def require_down(tenant: Tenant, by: Actor) -> list[Finding]:
    """Checks every live provider, now: none may let people in. Raises EmergencyRefused. Takes up to 20 s for each."""
    providers = IdentityProvider.objects.live().filter(tenant=tenant).select_related("tenant")
    findings = [_finding(provider, by) for provider in list(providers)]
    if not findings:
        raise EmergencyRefused("no_live_provider", tenant=tenant.name)
    return findings


def _finding(provider: IdentityProvider, by: Actor) -> Finding:
    name = provider.button_label
    try:
        check = run_now(provider, by=by)
    except CheckRefused as refusal:
        raise EmergencyRefused("check_refused", provider=name, why=str(refusal)) from refusal
    failed = [each for each in failed_ids(check) if each not in NO_OBSTACLE]
    if not failed:
        raise EmergencyRefused("provider_answers" if is_whole(check) else "cannot_tell", provider=name)
    said = [title(each, provider, "failed") for each in failed]
    return {"provider": name, "check": str(check.pk), "failed": failed, "said": said}
