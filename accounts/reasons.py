"""Every reason code in words: what happened, why if we know, who can mend it and how."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_

from tenants.models import IdentityProvider


@dataclass(frozen=True)
class Words:
    title: str
    text: str
    # For the account manager who is asked "why can't I sign in?".
    advice: str
    offer_retry: bool = True
    offer_other_person: bool = False


NOT_LET_IN = N_("%(provider)s did not let you through")
NOT_TRUSTED = N_("We could not trust %(provider)s’s answer")
NO_ANSWER = N_("%(provider)s did not answer")
TRY_AGAIN = N_(
    "Nothing is wrong with your account. Try again; if it happens again, give your IT service desk the reference below."
)
TELL_IT = N_(
    "You cannot mend this yourself. Give your IT service desk the reference below; Huume has a record of what happened."
)
START_OVER = N_("That sign-in is over")
OVER = N_("A sign-in is good for ten minutes, one browser and one use. Start again from here.")

# code: title, text, advice to the account manager, (may try again, may try as someone else)
WORDS: dict[str, tuple[str, str, str, tuple[bool, bool]]] = {
    "not_assigned": (
        NOT_LET_IN,
        N_(
            "Your account is not assigned to Huume in your organisation’s %(provider)s. Someone who runs %(provider)s at"
            " %(tenant)s can add you: in Okta under Applications, Huume Admin Portal, Assignments."
        ),
        N_(
            "The person, or a group of theirs, must be assigned to the app in the customer’s directory (Okta: Applications, Huume Admin Portal, Assignments)."
        ),
        (True, True),
    ),
    "access_denied": (
        NOT_LET_IN,
        N_(
            "%(provider)s said no, without a reason. You may have stopped half way, or a rule of %(tenant)s keeps this account out."
        ),
        N_(
            "The provider denied access without saying why: its own log (Okta: Reports, System Log) does. Often a sign-on policy, or the person cancelled."
        ),
        (True, True),
    ),
    "policy_refused": (
        NOT_LET_IN,
        N_("A sign-in rule of %(tenant)s keeps this account or this device out. Your IT service desk can tell which."),
        N_(
            "A sign-on policy refused. If it says that policy evaluation failed, the domain points to a custom authorization server: use the org server."
        ),
        (True, True),
    ),
    "login_required": (
        N_("%(provider)s wants you to sign in again"),
        N_("Your session there has ended. Try again."),
        N_("The provider wanted a fresh sign-in. Trying again mends it."),
        (True, False),
    ),
    "consent_required": (
        NOT_LET_IN,
        TELL_IT,
        N_(
            "The app’s scopes are not consented to. A Super Admin opens the app’s Okta API Scopes tab and grants the three okta.myAccount scopes; plain scopes failed too."
        ),
        (True, False),
    ),
    "invalid_scope": (
        NOT_LET_IN,
        TELL_IT,
        N_(
            "The provider refuses the scopes, the plain ones too. In Okta only a Super Admin can grant scopes, on the app’s Okta API Scopes tab."
        ),
        (True, False),
    ),
    "client_not_allowed": (
        NOT_LET_IN,
        TELL_IT,
        N_(
            "The app may not use the authorization code flow. In Okta: the app, General, Grant type, tick Authorization Code."
        ),
        (False, False),
    ),
    "temporarily_unavailable": (
        N_("%(provider)s is busy"),
        TRY_AGAIN,
        N_("The provider said that it is overloaded for now."),
        (True, False),
    ),
    "provider_server_error": (
        N_("%(provider)s has a problem of its own"),
        TRY_AGAIN,
        N_("The provider reported a fault of its own: see its status page."),
        (True, False),
    ),
    "provider_error": (
        NOT_LET_IN,
        TELL_IT,
        N_("The provider sent an error that we do not know; its name is in the detail."),
        (True, False),
    ),
    "answer_no_attempt": (
        START_OVER,
        OVER,
        N_("The answer came twice, too late, or was not asked for. Starting again mends it."),
        (True, False),
    ),
    "answer_other_browser": (
        START_OVER,
        OVER,
        N_("The answer came to a browser that had not asked: another browser, or cookies are blocked."),
        (True, False),
    ),
    "answer_other_provider": (START_OVER, OVER, N_("The answer came to another provider’s address."), (True, False)),
    "answer_expired": (START_OVER, OVER, N_("More than ten minutes passed at the provider."), (True, False)),
    "answer_settings_changed": (START_OVER, OVER, N_("The settings were swapped meanwhile."), (True, False)),
    "answer_no_state": (
        START_OVER,
        N_("Sign-ins to Huume begin here, not at the provider. Start again from here."),
        N_("An answer without state: often a bookmark of the wrong page."),
        (True, False),
    ),
    "answer_no_code": (START_OVER, OVER, N_("The provider sent neither a code nor an error."), (True, False)),
    "answer_ambiguous": (START_OVER, OVER, N_("A parameter came twice: somebody tampered with it."), (True, False)),
    "answer_malformed": (START_OVER, OVER, N_("The answer is of no form that we or a provider make."), (True, False)),
    "initiate_other_issuer": (
        N_("That tile belongs to another directory"),
        N_(
            "The page that sent you here is not run by the directory that %(tenant)s signs in with. Start again from here."
        ),
        N_(
            "The initiate-login address was called with another issuer than this provider’s: the tile was set up in another org."
        ),
        (True, False),
    ),
    "issuer_mismatch": (
        NOT_TRUSTED,
        TELL_IT,
        N_(
            "The issuer is not the configured one. If the customer moved to a custom domain, configure the provider again."
        ),
        (True, False),
    ),
    "issuer_missing": (
        NOT_TRUSTED,
        TELL_IT,
        N_("The provider promises iss in its answers (RFC 9207) and did not send it."),
        (True, False),
    ),
    "userinfo_subject": (
        NOT_TRUSTED,
        TELL_IT,
        N_("Userinfo speaks of somebody else than the ID token. Do not switch this off; the provider is at fault."),
        (True, False),
    ),
    "userinfo_malformed": (NOT_TRUSTED, TELL_IT, N_("Userinfo is no JSON object."), (True, False)),
    "token_request_refused": (
        N_("%(provider)s did not accept our request"),
        TELL_IT,
        N_("The token endpoint refused our request; the detail has its words."),
        (True, False),
    ),
    "client_refused": (
        N_("%(provider)s does not accept our credentials"),
        TELL_IT,
        N_(
            "Client ID or client secret is wrong, or the secret was rotated. Okta: the app, General, Client Credentials; hand the current one over. Without a secret: the app must fetch our public keys from the provider’s JWKS address."
        ),
        (True, False),
    ),
    "code_refused": (
        START_OVER,
        OVER,
        N_("The provider did not accept its own code: used twice, too old, or another redirect URI."),
        (True, False),
    ),
    "token_response_malformed": (
        NOT_TRUSTED,
        TELL_IT,
        N_("The token endpoint’s answer has no usable tokens."),
        (True, False),
    ),
    "provider_unreachable": (
        NO_ANSWER,
        TRY_AGAIN,
        N_("We could not reach the provider: down, DNS, TLS, or an address we do not call."),
        (True, False),
    ),
    "provider_too_late": (
        N_("%(provider)s took too long"),
        TRY_AGAIN,
        N_("The provider did not answer within our limit."),
        (True, False),
    ),
    "provider_busy": (
        N_("%(provider)s is slow, and many are waiting for it"),
        TRY_AGAIN,
        N_("So many sign-ins waited for the provider at once that this one was not begun."),
        (True, False),
    ),
    "provider_too_large": (NOT_TRUSTED, TRY_AGAIN, N_("The provider’s answer was over 1 MiB."), (True, False)),
    "provider_not_json": (
        NOT_TRUSTED,
        TRY_AGAIN,
        N_("The provider answered something that is not JSON: often a proxy’s or maintenance page."),
        (True, False),
    ),
    "provider_error_status": (
        N_("%(provider)s has a problem of its own"),
        TRY_AGAIN,
        N_("The provider answered with an error status, which is in the detail."),
        (True, False),
    ),
    "secret_unreadable": (
        N_("Something is wrong on our side"),
        TELL_IT,
        N_(
            "The stored client secret cannot be decrypted with ENCRYPTION_KEYS. An operator must bring the missing key back; nothing was overwritten."
        ),
        (False, False),
    ),
    "user_suspended": (
        N_("Your access is suspended"),
        N_("A user administrator of %(tenant)s has suspended your access to Huume. They can bring it back."),
        N_("The user is suspended in this tenant."),
        (False, True),
    ),
    "tenant_suspended": (
        N_("%(tenant)s’s portal is closed for now"),
        N_("Huume has suspended it, so nobody can sign in. Ask your IT service desk to contact Huume."),
        N_("The tenant is suspended."),
        (False, False),
    ),
    "provider_not_live": (
        N_("This way in is not open"),
        N_(
            "Signing in with %(provider)s is not switched on for %(tenant)s. Ask your IT service desk whether there is another way in."
        ),
        N_("The provider is not live: a draft, submitted, or disabled."),
        (False, False),
    ),
    "never_came_back": (
        N_("You did not come back from %(provider)s"),
        TELL_IT,
        N_(
            "The person never came back: closed the page, could not sign in there, or the redirect URI is not registered (the provider then shows its own error page)."
        ),
        (True, False),
    ),
}
# Every fault of an ID token reads alike to the person; support sees which it was.
TOKEN_ADVICE = {
    "token_malformed": N_("The ID token is not a signed JWT of the usual form."),
    "token_missing": N_("No ID token came: is openid among the app’s scopes?"),
    "token_algorithm": N_("The ID token is signed with an algorithm that we do not accept (none, HS*)."),
    "token_key_unfit": N_("The key of the ID token does not fit its algorithm, or is too short."),
    "token_key_unknown": N_("No published key is the ID token’s, after looking again."),
    "token_signature": N_("The ID token’s signature is wrong."),
    "token_issuer": N_("The ID token is another issuer’s: a custom authorization server or a custom domain."),
    "token_audience": N_("The ID token is for another client."),
    "token_authorized_party": N_("The ID token was issued to another client."),
    "token_expired": N_("The ID token has expired, or a clock is wrong."),
    "token_issued_at": N_("The ID token is from the future: a clock is wrong."),
    "token_not_yet_valid": N_("The ID token is not valid yet: a clock is wrong."),
    "token_nonce": N_("The ID token belongs to another sign-in."),
    "token_subject": N_("The ID token does not say who it is about."),
    "token_access_token_hash": N_("The access token does not belong to the ID token."),
}
# The reason of a sign-in that succeeded and is to be noticed.
NOTICED = {
    "emergency_link": N_(
        "Signed in by an emergency link while the directory was down. History says who asked for it and who approved it."
    )
}


def explain(code: str, provider: IdentityProvider) -> Words:
    names = {"provider": provider.button_label, "tenant": provider.tenant.name}
    title, text, advice, (retry, other) = WORDS.get(code) or (NOT_TRUSTED, TELL_IT, TOKEN_ADVICE[code], (True, False))
    return Words(_(title) % names, _(text) % names, _(advice), retry, other)


def advice(code: str) -> str:
    """What an account manager or user administrator can do about a refused sign-in; "" for a code of no refusal."""
    words = WORDS[code][2] if code in WORDS else {**TOKEN_ADVICE, **NOTICED}.get(code, "")
    return _(words) if words else ""
