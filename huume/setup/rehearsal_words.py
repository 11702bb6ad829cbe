"""What a test sign-in found, in words for the IT contact."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as N_

from accounts.reasons import advice
from tenants.models import IdentityProvider, TrialSignIn

ARRIVES_AS = {
    "new": gettext_lazy(
        "Somebody new, who waits for access: a user administrator of yours gives them roles and teams."
    ),
    "in_advance": gettext_lazy("The record that was added for this address in advance, with the access it was given."),
    "known": gettext_lazy("Somebody who is known here already, with the access that they have."),
}
FIRST_ADMINISTRATOR = gettext_lazy("The first user administrator, once sign-in is live.")

# code: what is so, what to do about it
WARNINGS = {
    "no_email": (
        N_("No email address came"),
        N_(
            "People would have no address here, and nobody could be added in advance. In %(provider)s, see that each"
            " person has a primary email address and that the app may read it (the scope “email”)."
        ),
    ),
    "email_outside_domains": (
        N_("The email address is outside your domains"),
        N_(
            "Your domains here are %(domains)s. People with other addresses can sign in, but a record that was added"
            " for them in advance is not theirs. Ask Huume to add the domain if it is yours."
        ),
    ),
    "email_not_verified": (
        N_("%(provider)s does not call the address verified"),
        N_(
            "People can sign in, but a record that was added in advance is taken over only by a verified address."
            " In %(provider)s, have the address verified, or let a user administrator give access after the first"
            " sign-in."
        ),
    ),
    "thin_claims": (
        N_("Given name and family name did not both come"),
        N_(
            "People are listed by whatever name came. In %(provider)s, see that the profile has both names and that the"
            " app may read it (the scope “profile”)."
        ),
    ),
    "no_phone": (
        N_("No phone number came"),
        N_(
            "That is fine where none is kept. Otherwise grant “okta.myAccount.phone.read” on the app’s tab “Okta API"
            " Scopes”; only a Super Admin can."
        ),
    ),
    "scopes_refused": (
        N_("%(provider)s refused the extra scopes"),
        N_(
            "People get in without them, but phone number and profile may be missing. In Okta open Applications, the"
            " app, the tab “Okta API Scopes”, and grant the three that the guide names; only a Super Admin can."
        ),
    ),
}


@dataclass(frozen=True)
class Remark:
    title: str
    text: str


def words_of(codes: Iterable[str], provider: IdentityProvider) -> list[Remark]:
    names = {"provider": provider.button_label, "domains": ", ".join(provider.email_domains)}
    return [Remark(*(_(text) % names for text in WARNINGS[code])) for code in codes if code in WARNINGS]


def to_do(reason: str, provider: IdentityProvider) -> str:
    """After a refusal: for the IT contact, who can mend it in the directory. Empty for none."""
    if reason == "not_assigned":
        words = _("Open the app’s assignments (in Okta: the tab Assignments), add yourself, and test again.")
        return words % {"provider": provider.button_label}
    return advice(reason) if reason else ""


def arrival_in_words(trial: TrialSignIn, provider: IdentityProvider) -> str:
    """What the portal would make of the person; of whoever was named as first user administrator, just that."""
    code, email = trial.claims.get("arrives_as", ""), trial.claims.get("email", "")
    named = provider.first_administrator.lower() == email.lower() and provider.trusts_domain_of(email)
    if email and code == "new" and named and trial.claims.get("email_verified"):
        return str(FIRST_ADMINISTRATOR)
    return str(ARRIVES_AS.get(code, ""))
