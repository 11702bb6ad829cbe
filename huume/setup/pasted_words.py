"""What is said of what was pasted: what it looks like, where the right thing is, what was made of it."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huume.setup import pasted
from tenants.issuers import OKTA_DOMAINS
from tenants.models import IdentityProvider

MOST_SECRET, MOST_CLIENT_ID = 4_096, 255
OKTA, OIDC = IdentityProvider.Kind.OKTA, IdentityProvider.Kind.OIDC

# By the codes that a page's address carries after handing over.
NOTED = {
    "stored": gettext_lazy("Handed over. Nobody signs in with it before it has been checked and tested."),
    "candidate": gettext_lazy(
        "Handed over, beside the settings that are live: those stay in use until the new ones have been checked, tested"
        " and put in their place."
    ),
    "swapped": gettext_lazy("Client ID and client secret were in one another’s place; they were put right."),
    "domain.tidied": gettext_lazy("What stood around the domain (space, quotes, a label) was taken off."),
    "client_id.tidied": gettext_lazy("What stood around the client ID (space, quotes, a label) was taken off."),
    "client_secret.tidied": gettext_lazy(
        "What stood around the client secret (space, line breaks, quotes, a label) was taken off."
    ),
    "secret.not_kept": gettext_lazy("The client secret that you pasted was not kept: with a key pair none is needed."),
    "admin_console": gettext_lazy("That was the address of Okta’s admin console; the host without “-admin” is used."),
    "path_dropped": gettext_lazy("Only the host was used; the path behind it was dropped."),
}


def noted_words(codes: Iterable[str]) -> list[str]:
    """An unknown code says nothing: addresses can be made up."""
    return [str(NOTED[code]) for code in dict.fromkeys(codes) if code in NOTED]


def problem_of_client_id(text: str, provider: IdentityProvider) -> str:
    """In words, without repeating what was pasted, as that may be a secret; empty where it will do."""
    if len(text) > MOST_CLIENT_ID:
        return _("This is too long for a client ID. Copy it again, and nothing else with it.")
    if pasted.is_masked(text) or pasted.has_unreadable(text):
        return _("This has characters that a client ID cannot have. Copy it again, with the button beside it.")
    if " " in text:
        return _("There is a space within it. Copy the client ID again, and nothing else with it.")
    if _is_secret(text, provider):
        return _("This looks like the client secret. The client ID stands above it in %(provider)s.") % {
            "provider": provider.button_label
        }
    return _other_thing(text, provider)


def _is_secret(text: str, provider: IdentityProvider) -> bool:
    """Other providers' client IDs may be as long as Okta's secrets."""
    return pasted.looks_like_secret(text) and (provider.kind != OIDC or pasted.is_marked_secret(text))


def _other_thing(text: str, provider: IdentityProvider) -> str:
    host = text.partition("://")[2] or text
    if host.partition("/")[0].endswith(tuple(f".{domain}" for domain in OKTA_DOMAINS)):
        return _("This is an Okta domain. It goes into the field above; the client ID begins with 0oa.")
    if provider.kind != OIDC and "@" in text:
        return _("This is an email address. The client ID is shown on the page of the app.")
    if provider.kind != OIDC and "://" in text:
        return _("This is an address. The client ID is shown on the page of the app.")
    return ""


def problem_of_secret(text: str, provider: IdentityProvider, *, client_id: str) -> str:
    """In words, without repeating anything of it; empty where it will do."""
    if pasted.is_masked(text):
        return _("These are the dots that hide the secret. Copy it with the button beside them.")
    if len(text) > MOST_SECRET:
        return _("This is too long for a client secret. Copy it again, and nothing else with it.")
    if pasted.has_unreadable(text):
        return _("There is a line break or a character within it that a secret cannot have. Copy the secret alone.")
    if " " in text and provider.kind != OIDC:
        return _("There is a space within it. Copy the secret again, and nothing else with it.")
    if pasted.looks_like_client_id(text) or text == client_id:
        return _("This looks like the client ID. Copy the client secret, with the button beside it.")
    return ""
