"""What to do, and on which screen: of Okta, Microsoft Entra ID, Google, or whichever provider it is."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_

from accounts.client_keys import jwks_address
from accounts.live_check.state import Run

# Where a client is looked after. Okta's names are those of its Admin Console.
PLACES = {
    "okta": N_(
        "In Okta’s Admin Console open Applications, Applications, and the app (“Huume Admin Portal”, if you kept the name)."
    ),
    "entra": N_("In the Microsoft Entra admin center open App registrations, Huume Admin Portal."),
    "google": N_("In the Google Cloud console open Google Auth Platform, Clients, Huume Admin Portal."),
    "oidc": N_("At your provider open the application that you registered for Huume."),
}
SECRET = {
    "okta": N_(
        "On General, Client Credentials, copy the Client ID and, under Client Secrets, an active secret, and hand both over again."
    ),
    "entra": N_(
        "On Overview copy the Application (client) ID; under Certificates & secrets make a new client secret and copy its value (not its ID). Hand both over again."
    ),
    "google": N_("Copy the client ID and an enabled client secret, and hand both over again."),
    "oidc": N_("Copy the client ID and the client secret again, and hand both over."),
}
KEY = {
    "okta": N_(
        "On General, Client Credentials, choose “Public key / Private key”, then “Use a URL to fetch keys dynamically”, with %(jwks)s as the URL. Then compare the Client ID."
    ),
    "oidc": N_("Choose private_key_jwt with %(jwks)s as the address of our keys. Then compare the client ID."),
}
REDIRECT = {
    "okta": N_(
        "On General, General Settings, Edit, put exactly %(uri)s under Sign-in redirect URIs, and save. If it is there already, see that the application is active."
    ),
    "entra": N_("Under Authentication add the platform Web with exactly %(uri)s as redirect URI."),
    "google": N_("Under Authorised redirect URIs add exactly %(uri)s."),
    "oidc": N_("Register exactly %(uri)s as redirect URI."),
}
SIGN_OUT = {
    "okta": N_(
        "On General, General Settings, Edit, put exactly %(uri)s, without a slash at the end, under Sign-out redirect URIs."
    ),
    "oidc": N_("Register exactly %(uri)s, without a slash at the end, as post-logout redirect URI."),
}
SCOPES = {
    "okta": N_(
        "On the tab Okta API Scopes grant okta.myAccount.email.read, okta.myAccount.phone.read and okta.myAccount.profile.read. Only a Super Admin can do this."
    ),
    "entra": N_("Under API permissions add the delegated permissions of Microsoft Graph: %(scopes)s."),
    "google": N_("Under Data Access add the scopes %(scopes)s."),
    "oidc": N_("Allow it the scopes %(scopes)s."),
}


def domain(run: Run) -> str:
    if run.is_okta:
        return _(
            "Compare the domain with the one in the menu at the top right of Okta’s Admin Console, such as acme.okta.com, without “-admin”. It must be reachable from the internet on port 443."
        )
    return _("Compare the domain. It must be reachable from the internet on port 443.")


def tls(run: Run) -> str:
    if run.is_okta:
        return _(
            "A domain of Okta’s own has a valid certificate, so this is a custom one: in Okta’s Admin Console open Customizations, Brands, Domains and renew its certificate. Or hand over the domain that ends in okta.com."
        )
    return _("Install a certificate of a public authority for this host, with its intermediate certificates.")


def discovery(run: Run) -> str:
    if run.is_okta:
        return _(
            "See that the domain is that of your Okta organisation, and nothing comes between it and the internet."
        )
    return _("See that this is your provider's issuer, exactly as it says itself, and that its discovery is on.")


def issuer(run: Run) -> str:
    if run.is_okta:
        return _(
            "In Okta’s Admin Console open Applications, Applications, Huume Admin Portal, Sign On, OpenID Connect ID Token, and look at Issuer. Hand over the domain that stands there."
        )
    return _("Hand over the issuer exactly as your provider names it: every letter counts, and a slash at the end too.")


def document(run: Run) -> str:
    return _("This is for those who run %(provider)s to mend.") % {"provider": run.name}


def flow(run: Run) -> str:
    return _("Switch the authorization code flow on, or choose a provider that offers it.")


def signing(run: Run) -> str:
    return _("Have ID tokens signed with one of these, such as RS256. A shared secret (HS256) is not accepted.")


def jwks(run: Run) -> str:
    return _("Without a key no sign-in can be trusted. See that a signing key is active; RSA keys need 2,048 bits.")


def client(run: Run) -> str:
    if run.provider.uses_private_key:
        return _at(run, KEY, jwks=jwks_address(run.provider))
    return _at(run, SECRET)


def grant(run: Run) -> str:
    if run.is_okta:
        return _at(run, {"okta": N_("On General, General Settings, Edit, tick Authorization Code under Grant type.")})
    return _at(run, {"oidc": N_("Allow it the authorization code flow.")})


def redirect_uri(run: Run) -> str:
    return _at(run, REDIRECT, uri=run.redirect_uri)


def sign_out(run: Run) -> str:
    return _at(run, SIGN_OUT, uri=run.sign_out_uri)


def scopes(run: Run) -> str:
    return _at(run, SCOPES, scopes=run.scopes.replace(" ", ", "))


def at_the_test(run: Run) -> str:
    return _("The test sign-in shows it.")


def at_sign_out(run: Run) -> str:
    return _("The test sign-in can try it.")


def clock(run: Run) -> str:
    return _("Tokens that seem to be of the past or the future are refused. Set the clock of %(provider)s by NTP.") % {
        "provider": run.name
    }


def speed(run: Run) -> str:
    return _(
        "People wait for this at each sign-in, which is given up after 10 s. Check again later; if it stays slow, tell those who run %(provider)s."
    ) % {"provider": run.name}


def try_again(run: Run) -> str:
    return _("Check again in some minutes.")


def ask_us(run: Run) -> str:
    return _("Check again; if it stays, tell your account manager at Huume.")


def _at(run: Run, what: dict[str, str], **values: str) -> str:
    """Where to go, and what to do there."""
    kind = str(run.provider.kind)
    steps = _(what.get(kind, what.get("oidc", "")))
    return f"{_(PLACES[kind if kind in PLACES else 'oidc'])} {steps % values if values else steps}"
