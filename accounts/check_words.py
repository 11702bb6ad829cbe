"""The live check's ids and outcomes in words for people."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_

from tenants.models import IdentityProvider

# By outcome: what is so, what is not so, and what it is about where nobody can tell.
TITLES: Mapping[str, Mapping[str, str]] = {
    "ok": {
        "domain": N_("%(provider)s answers at %(host)s"),
        "tls": N_("The certificate of %(host)s is valid"),
        "discovery": N_("%(provider)s describes itself"),
        "issuer": N_("The issuer is the same"),
        "endpoints": N_("Every address of %(provider)s is safe to use"),
        "flow": N_("%(provider)s offers the authorization code flow"),
        "pkce": N_("%(provider)s offers PKCE"),
        "signing": N_("%(provider)s signs in a way that we accept"),
        "jwks": N_("%(provider)s publishes a key to check signatures with"),
        "client": N_("Client ID and client secret are right"),
        "client by key": N_("Client ID and public key are right"),
        "redirect_uri": N_("The sign-in redirect URI is registered"),
        "scopes": N_("The scopes are granted"),
        "sign_out": N_("The sign-out redirect URI is registered"),
        "clock": N_("The clocks agree"),
        "speed": N_("%(provider)s answers quickly"),
    },
    "failed": {
        "domain": N_("%(provider)s does not answer at %(host)s"),
        "tls": N_("The certificate of %(host)s is not valid"),
        "discovery": N_("%(provider)s does not describe itself"),
        "issuer": N_("The issuer is not the same"),
        "endpoints": N_("Not every address of %(provider)s is safe to use"),
        "flow": N_("%(provider)s does not offer the authorization code flow"),
        "pkce": N_("%(provider)s does not offer PKCE with S256"),
        "signing": N_("%(provider)s does not sign in a way that we accept"),
        "jwks": N_("%(provider)s publishes no key to check signatures with"),
        "client": N_("Client ID or client secret is wrong"),
        "client by key": N_("Client ID or public key is wrong"),
        "redirect_uri": N_("The sign-in redirect URI is not registered"),
        "scopes": N_("The scopes are not granted"),
        "sign_out": N_("The sign-out redirect URI is not registered"),
        "clock": N_("The clocks do not agree"),
        "speed": N_("%(provider)s answers slowly"),
    },
    "unknown": {
        "domain": N_("Domain"),
        "tls": N_("Certificate of %(host)s"),
        "discovery": N_("Discovery"),
        "issuer": N_("Issuer"),
        "endpoints": N_("Addresses of %(provider)s"),
        "flow": N_("Authorization code flow"),
        "pkce": N_("PKCE"),
        "signing": N_("Signatures"),
        "jwks": N_("Signing keys"),
        "client": N_("Client ID and client secret"),
        "client by key": N_("Client ID and public key"),
        "redirect_uri": N_("Sign-in redirect URI"),
        "scopes": N_("Scopes"),
        "sign_out": N_("Sign-out redirect URI"),
        "clock": N_("Clock"),
        "speed": N_("Speed"),
    },
}
OUTCOMES = {"ok": N_("Fine"), "failed": N_("Fix this"), "unknown": N_("Not told")}


def title(check: str, provider: IdentityProvider, outcome: str = "ok") -> str:
    """A line of the live check in a few words, such as "Okta answers at acme.okta.com"; an unknown id as it is."""
    of_key = check == "client" and provider.uses_private_key
    words = TITLES.get(outcome, TITLES["unknown"]).get("client by key" if of_key else check)
    return _(words) % {"provider": provider_name(provider), "host": host_of(provider)} if words else check


def outcome_word(outcome: str) -> str:
    return _(OUTCOMES[outcome]) if outcome in OUTCOMES else outcome


def failing(line: Mapping[str, str], provider: IdentityProvider) -> str:
    """A failed line as one sentence, such as "The scopes are not granted: refused (invalid_scope)."."""
    return _("%(title)s: %(found)s.") % {"title": title(line["check"], provider, "failed"), "found": line["found"]}


def provider_name(provider: IdentityProvider) -> str:
    """How a sentence begins that is about the provider."""
    if provider.kind == IdentityProvider.Kind.OIDC:
        return provider.label or _("Your provider")
    return str(provider.get_kind_display())


def host_of(provider: IdentityProvider) -> str:
    """The issuer's host, with its port where it has one."""
    try:
        return urlsplit(provider.issuer).netloc or _("its domain")
    except ValueError:
        return _("its domain")
