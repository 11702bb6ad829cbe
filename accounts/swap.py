"""Swapping a live provider's settings: the candidate's become live, the live ones former, in one step. And back."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tenants.utils import tenant_context

from accounts.rekeying import (
    MOST_NAMED,
    Rekeying,
    confirm_rekey,
    end_sessions_of_missing,
    prove_rekey,
)
from tenants.actor import Actor
from tenants.candidates import CANDIDATE, FORMER, held, kept, require_only_provider, same_client
from tenants.models import IdentityProvider, ProviderSettings
from tenants.record import public, record

__all__ = [
    "Condition",
    "SwapRefused",
    "conditions",
    "confirm_rekey",
    "contact_may_swap",
    "give_back",
    "prove_rekey",
    "swap",
]


class SwapRefused(Exception):
    """`code`, and a sentence for the account manager. Nothing has changed."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Condition:
    """One thing that must hold before a swap: `words` say how it stands, and what to do where it is not `done`."""

    code: str
    done: bool
    words: str


def conditions(provider: IdentityProvider, candidate: ProviderSettings) -> list[Condition]:
    """All of them, in the order in which one does them. `candidate.provider` must be `provider`."""
    found = [_live(provider), _complete(candidate), _only_provider(provider, candidate)]
    found += [_checked(candidate), _tested(candidate)]
    return [*found, _rekey(candidate)] if candidate.has_another_issuer else found


def _live(provider: IdentityProvider) -> Condition:
    said = (
        _("The provider is live.") if provider.is_live else _("The provider is not live: change its settings directly.")
    )
    return Condition("not_live", provider.is_live, said)


def _complete(candidate: ProviderSettings) -> Condition:
    missing = candidate.missing()
    said = _("Missing: %(missing)s.") % {"missing": ", ".join(missing)} if missing else _("Nothing is missing.")
    return Condition("incomplete", not missing, said)


def _only_provider(provider: IdentityProvider, candidate: ProviderSettings) -> Condition:
    try:
        require_only_provider(provider, candidate.issuer)
    except ValidationError as error:
        return Condition("issuer_taken", False, " ".join(error.messages))
    return Condition("issuer_taken", True, _("No other provider of this tenant has this issuer."))


def _checked(candidate: ProviderSettings) -> Condition:
    at = candidate.checked_at
    if at is None or at < candidate.created_at:
        return Condition("not_checked", False, _("The live check has not run on the candidate yet. Run it."))
    if candidate.check_failed:
        failed = ", ".join(candidate.check_failed)
        said = _("The last live check of the candidate failed at: %(failed)s. Have it mended, then check again.")
        return Condition("check_failed", False, said % {"failed": failed})
    return Condition("not_checked", True, _("The last live check of the candidate found no fault."))


def _tested(candidate: ProviderSettings) -> Condition:
    at = candidate.tested_at
    if at is None or at < candidate.created_at:
        said = _("Nobody has signed in with the candidate as a test yet. The IT contact can, by the setup link.")
        return Condition("not_tested", False, said)
    return Condition("not_tested", True, _("A test sign-in with the candidate succeeded."))


def _rekey(candidate: ProviderSettings) -> Condition:
    if candidate.rekey_confirmed_by:
        said = _("%(who)s has confirmed the list of people.") % {"who": candidate.rekey_confirmed_by}
        return Condition("rekey_unproven", True, said)
    if candidate.rekey_proven_at:
        said = _(
            "A test sign-in returned a subject that we hold for somebody. Whoever runs the new issuer chooses what it"
            " returns: be sure that it is the customer’s."
        )
        return Condition("rekey_unproven", True, said)
    said = _(
        "The issuer is another one, so people could arrive as new, waiting users. Somebody who has signed in before"
        " makes a test sign-in with the candidate, or you confirm the list of people below."
    )
    return Condition("rekey_unproven", False, said)


def swap(provider: IdentityProvider, by: Actor) -> None:
    """Raises SwapRefused. Two at once: the second one finds no candidate any more."""
    with transaction.atomic():
        live = held(provider)
        candidate = kept(live, CANDIDATE)
        if candidate is None:
            raise SwapRefused("no_candidate", _("There is no candidate: it was swapped in, dropped or never proposed."))
        _require_allowed(live, candidate, by)
        for condition in conditions(live, candidate):
            if not condition.done:
                raise SwapRefused(condition.code, condition.words)
        subjects = candidate.subjects if candidate.rekey_confirmed_by else {}
        move = Rekeying(live.pk, live.issuer, candidate.issuer, subjects)
        before = public(live)
        former = _keep(live, FORMER, by)
        former.subjects = move.backwards
        former.save()
        _put_live(live, candidate)
        counts = _rekey_people(live, move, refuse_clashes=True)
        record(live.tenant, "provider.swapped", by=by, about=str(live.pk), before=before, after=public(live) | counts)


def contact_may_swap(live: IdentityProvider, candidate: ProviderSettings) -> bool:
    """Never to another issuer: whoever runs that chooses the subjects that it returns, a test sign-in's too."""
    return live.contact_may_activate and not candidate.has_another_issuer


def _require_allowed(live: IdentityProvider, candidate: ProviderSettings, by: Actor) -> None:
    if by.kind != "contact" or contact_may_swap(live, candidate):
        return
    if live.contact_may_activate:
        said = _("Another issuer is for your account manager at Huume to swap in, so that people stay who they are.")
        raise SwapRefused("another_issuer", said)
    said = _("Your account manager at Huume swaps the settings, once check and test sign-in are good.")
    raise SwapRefused("not_allowed", said)


def give_back(provider: IdentityProvider, by: Actor) -> None:
    """Back to the former settings, whatever state they are in. Raises SwapRefused where there are none.

    What was live becomes the candidate, to be checked and tested again, unless another one has been proposed since.
    Everybody whom the swap re-keyed is re-keyed back. Who first arrived under the newer issuer comes along where people
    kept their subjects, so that it is the same directory; else they stay known there, and their sessions end.
    """
    with transaction.atomic():
        live = held(provider)
        former = kept(live, FORMER)
        if former is None:
            raise SwapRefused("no_former", _("There are no former settings to go back to."))
        other = _only_provider(live, former)
        if not other.done:
            raise SwapRefused(other.code, other.words)
        since = former.created_at if former.subjects else None
        move = Rekeying(live.pk, live.issuer, former.issuer, former.subjects, until=since)
        before = public(live)
        if kept(live, CANDIDATE) is None:
            _keep_for_another_try(live, move, by)
        _put_live(live, former)
        counts = _rekey_people(live, move, refuse_clashes=False)
        after = public(live) | counts
        record(live.tenant, "provider.given_back", by=by, about=str(live.pk), before=before, after=after)


def _keep(live: IdentityProvider, state: str, by: Actor) -> ProviderSettings:
    """The live settings as they are kept beside; what was in that place is gone. Not saved yet."""
    ProviderSettings.objects.filter(provider=live, state=state).delete()
    beside = ProviderSettings(provider=live, state=state, created_by=str(by)[:254], created_at=timezone.now())
    beside.copy_settings(live)
    return beside


def _keep_for_another_try(live: IdentityProvider, move: Rekeying, by: Actor) -> None:
    candidate = _keep(live, CANDIDATE, by)
    candidate.subjects = move.backwards
    candidate.checked_at, candidate.check_failed, candidate.tested_at = None, [], None
    candidate.save()


def _put_live(live: IdentityProvider, settings: ProviderSettings) -> None:
    if not same_client(live, settings):
        live.scopes_refused_at = None
    live.copy_settings(settings)
    live.worked_with = None
    settings.delete()
    live.save(update_fields=[*live.COPIED, "scopes_refused_at", "worked_with"])


def _rekey_people(live: IdentityProvider, move: Rekeying, *, refuse_clashes: bool) -> dict[str, int]:
    """How many were re-keyed, and how many sessions ended. No session ends where the issuer stays."""
    if move.old == move.new:
        return {"rekeyed": 0, "sessions_ended": 0}
    with tenant_context(live.tenant):
        if refuse_clashes:
            _refuse(move.clashes())
        return {"rekeyed": move.carry_out(), "sessions_ended": end_sessions_of_missing(live, move.new)}


def _refuse(clashes: list[str]) -> None:
    if not clashes:
        return
    named = ", ".join(clashes[:MOST_NAMED]) + (" …" if len(clashes) > MOST_NAMED else "")
    said = ngettext(
        "Under the new issuer the subject %(named)s would be two people’s. Correct the list of people.",
        "Under the new issuer these subjects would be two people’s each: %(named)s. Correct the list of people.",
        len(clashes),
    )
    raise SwapRefused("subject_clash", said % {"named": named})
