"""Switching a provider live: what is in the way of it, and what follows from it.

Whatever switches it (the account manager's page, the IT contact's, a command), `follow_up` hears of it and does the
rest in the same transaction: the setup link ends, the first user administrator is made, mail goes out.
"""

import hashlib
import logging
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from accounts import check_words, emails
from accounts.access import keeping_an_administrator, set_access
from accounts.milestones import SIGNED_IN
from accounts.models import Role, User
from accounts.permissions import ADMINISTRATOR
from tenants import emails as setup_emails
from tenants import setup_links
from tenants.actor import COMMAND, Actor
from tenants.models import IdentityProvider, ProviderSettings
from tenants.record import record
from tenants.signals import went_live

ROLE = "User administrator"
logger = logging.getLogger(__name__)


class NotReady(Exception):
    """The provider does not go live. `obstacles`: a sentence each; str(): all of them."""

    def __init__(self, obstacles: list[str]) -> None:
        super().__init__(" ".join(obstacles))
        self.obstacles = obstacles


def obstacles(provider: IdentityProvider) -> list[str]:
    """What speaks against switching it live, worst first. Empty: all good."""
    return [*bars(provider), *doubts(provider)]


def bars(provider: IdentityProvider) -> list[str]:
    """What nobody can pass over: people could not sign in."""
    found = []
    if provider.tenant.is_suspended:
        found.append(_("%(tenant)s is suspended. Resume it first.") % {"tenant": provider.tenant})
    if missing := provider.missing():
        found.append(_("Something is missing: %(missing)s.") % {"missing": ", ".join(missing)})
    return found


def doubts(provider: IdentityProvider) -> list[str]:
    """What an account manager may pass over, on record."""
    return [*_doubts_of_check(provider), *_doubts_of_test(provider), *doubts_of_administrator(provider)]


def _doubts_of_check(provider: IdentityProvider) -> list[str]:
    if provider.checked_at is None:
        return [_("The live check has not been made with these settings.")]
    if provider.submitted_at and provider.checked_at < provider.submitted_at:
        return [_("The settings were changed after the last live check. Check them again.")]
    if provider.check_failed:
        titles = "; ".join(check_words.title(check, provider, "failed") for check in provider.check_failed)
        return [_("The last live check failed. %(titles)s.") % {"titles": titles}]
    return []


def _doubts_of_test(provider: IdentityProvider) -> list[str]:
    if provider.tested_at is None:
        return [_("Nobody has made a test sign-in with these settings.")]
    if provider.submitted_at and provider.tested_at < provider.submitted_at:
        return [_("The settings were changed after the last test sign-in. Somebody should try again.")]
    return []


def doubts_of_administrator(provider: IdentityProvider) -> list[str]:
    email = provider.first_administrator
    if not email or has_administrator(provider):
        return []
    domain = email.rpartition("@")[2].lower()
    if not provider.trusts_domain_of(email):
        return [
            _("Add %(domain)s to the email domains, or %(email)s arrives as somebody new, without access.")
            % {"domain": domain, "email": email}
        ]
    with tenant_context(provider.tenant):
        doubtful = _is_doubtful(provider)
    if doubtful:
        words = _(
            "Somebody with the address %(email)s has signed in before, and the directory does not vouch for it, or"
            " several share it. Nobody is made user administrator: find out who it is, then use “set_access”."
        )
        return [words % {"email": email}]
    return []


def has_administrator(provider: IdentityProvider) -> bool:
    """Whether a user administrator of the tenant has signed in already."""
    with tenant_context(provider.tenant):
        return bool(User.objects.administrators().filter(SIGNED_IN).exists())


def fingerprint(provider: IdentityProvider) -> str:
    """Of what somebody looks at before they switch it live."""
    seen = (provider.issuer, provider.client_id, provider.auth_method, provider.first_administrator)
    moments = (provider.submitted_at, provider.checked_at, provider.tested_at)
    return hashlib.sha256(repr((*map(str, seen), *map(str, moments))).encode()).hexdigest()[:32]


def go_live(provider: IdentityProvider, by: Actor, *, anyway: bool = False, seen: str | None = None) -> bool:
    """Switches it live and says whether this did it: one that is live stays so, and nobody is told twice.

    `anyway`: an account manager passes over doubts. `seen`: the fingerprint of what they looked at; the IT contact may
    have handed over something else since. Raises NotReady.
    """
    with transaction.atomic():
        # Held, so that of two who press at once one switches.
        found = IdentityProvider.objects.select_related("tenant").select_for_update(of=("self",)).get(pk=provider.pk)
        if found.is_live:
            return False
        _require_allowed(found, by)
        if seen is not None and seen != fingerprint(found):
            raise NotReady([_("The settings have changed since you looked. Look again, then switch it live.")])
        doubted = doubts(found)
        if barred := bars(found) or ([] if anyway and by.kind == "staff" else doubted):
            raise NotReady(barred)
        if doubted:
            record(found.tenant, "provider.live_anyway", by=by, about=str(found.pk), after={"obstacles": doubted})
        found.activate(by)
    provider.refresh_from_db(fields=["status", "live_at"])
    return True


def _require_allowed(provider: IdentityProvider, by: Actor) -> None:
    if by.kind != "contact":
        return
    disabled = provider.status == IdentityProvider.Status.DISABLED
    if disabled or not provider.contact_may_activate:
        raise NotReady([_("Your account manager at Huume switches this on, once check and test sign-in are good.")])


def follow_up(*, provider: IdentityProvider, by: Actor | None, **_kwargs: Any) -> None:
    """What follows from going live. `by` is None for code that switches a provider without anybody's asking."""
    link = provider.setup_links.standing().exists()
    if by:
        after = {"status": provider.status, "slug": provider.slug}
        record(provider.tenant, "provider.went_live", by=by, about=str(provider.pk), after=after)
    # A command tells nobody but those who wait for it; people who press a button expect the mail.
    if link or (by and by.kind != COMMAND.kind):
        setup_emails.went_live(provider, by or COMMAND)
    make_first_administrator(provider, by or COMMAND)
    if not _change_is_under_way(provider):
        setup_links.finish(provider)


def _change_is_under_way(provider: IdentityProvider) -> bool:
    return provider.kept_settings.filter(state=ProviderSettings.State.CANDIDATE).exists()


def make_first_administrator(provider: IdentityProvider, by: Actor) -> User | None:
    """Whom the IT contact has named, made and welcomed once; None where nobody is to be made.

    Nobody once a user administrator has signed in: they let others in from then on. Who has not signed in yet is added
    in advance, and taken over at first sign-in where the provider is trusted for their address.
    """
    if not provider.first_administrator:
        return None
    with transaction.atomic(), tenant_context(provider.tenant):
        person = _promote(provider)
        if person is None:
            return None
        emails.welcome(person, provider.tenant)
        record(provider.tenant, "administrator.named", by=by, about=f"user:{person.pk}", after={"roles": [ROLE]})
    return person


def _promote(provider: IdentityProvider) -> User | None:
    # Its lock is taken before anything is looked up: two at once make one user.
    with keeping_an_administrator():
        if User.objects.administrators().filter(SIGNED_IN).exists():
            return None
        role = _administrators_role()
        person = _person_to_promote(provider) if role else None
        if person is None or role is None or role in person.roles:
            logger.info("no first user administrator made", extra={"provider": provider.slug, "role": bool(role)})
            return None
        set_access(person, roles=[*person.roles, role], teams=person.teams.all(), by=None)
        return person


def _person_to_promote(provider: IdentityProvider) -> User | None:
    """Whose the address is beyond doubt, or a record added in advance. Of the schema that is set."""
    known = _known_by(provider)
    if known:
        return None if _is_doubtful(provider) else known[0]
    email = provider.first_administrator
    waiting = User.objects.filter(added_in_advance=True, email__iexact=email).first()
    return waiting or User.objects.add_in_advance(User.objects.normalize_email(email))


def _is_doubtful(provider: IdentityProvider) -> bool:
    known = _known_by(provider)
    vouched = [each for each in known if each.email_verified and provider.trusts_domain_of(each.email)]
    return bool(known) and not len(known) == len(vouched) == 1


def _known_by(provider: IdentityProvider) -> list[User]:
    """Active people with that address who have signed in before."""
    named = User.objects.filter(email__iexact=provider.first_administrator, is_active=True)
    return list(named.filter(SIGNED_IN).distinct())


def _administrators_role() -> Role | None:
    role = Role.objects.filter(name=ROLE, is_active=True).first()
    return role if role and role.codenames().issuperset(ADMINISTRATOR) else None


def register() -> None:
    went_live.connect(follow_up, dispatch_uid="going-live")
