"""The live check's ids and outcomes in words for people."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_

from tenants.models import IdentityProvider

TITLES = {
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
    "redirect_uri": N_("The sign-in redirect URI is registered"),
    "scopes": N_("The scopes are granted"),
    "sign_out": N_("The sign-out redirect URI is registered"),
    "clock": N_("The clocks agree"),
    "speed": N_("%(provider)s answers quickly"),
}
KEY_TITLE = N_("Client ID and public key are right")
OUTCOMES = {"ok": N_("Fine"), "failed": N_("Fix this"), "unknown": N_("Not told")}


def title(check: str, provider: IdentityProvider) -> str:
    """What a line of the live check is about, such as "Okta answers at acme.okta.com"; an unknown id as it is."""
    words = KEY_TITLE if check == "client" and provider.uses_private_key else TITLES.get(check, "")
    if not words:
        return check
    return _(words) % {"provider": provider_name(provider), "host": host_of(provider)}


def outcome_word(outcome: str) -> str:
    return _(OUTCOMES[outcome]) if outcome in OUTCOMES else outcome


def failing(line: Mapping[str, str], provider: IdentityProvider) -> str:
    """A failed line as one sentence, such as "The scopes are granted? No: not granted (invalid_scope)."."""
    return _("%(title)s? No: %(found)s.") % {"title": title(line["check"], provider), "found": line["found"]}


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
