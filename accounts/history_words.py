"""The history in sentences: what happened, who did it, what changed from what to what."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L_

from accounts.history import ADDRESS_KEY

SENTENCES: dict[str, Promise] = {
    "setup_link.sent": L_("Setup link sent"),
    "setup_link.shown": L_("Setup link made, to be handed over by hand"),
    "setup_link.opened": L_("Setup link opened"),
    "setup_link.code_sent": L_("Code for the setup link mailed"),
    "setup_link.wrong_code": L_("Wrong code for the setup link"),
    "setup_link.entered": L_("Setup entered by link and code"),
    "setup_link.revoked": L_("Setup link revoked"),
    "setup_link.closed": L_("Setup link closed after too many wrong codes"),
    "provider.configured": L_("Provider’s settings changed directly"),
    "provider.deleted": L_("Provider deleted"),
    "provider.disabled": L_("Provider disabled"),
    "provider.submitted": L_("Provider’s settings handed over"),
    "provider.checked": L_("Provider checked"),
    "provider.went_live": L_("Provider switched live"),
    "provider.live_anyway": L_("Provider switched live in spite of doubts"),
    "provider.swapped": L_("Provider’s new settings put in place"),
    "provider.given_back": L_("Provider’s former settings put back"),
    "candidate.proposed": L_("New settings proposed for a provider"),
    "candidate.dropped": L_("Proposed settings dropped"),
    "candidate.rekey_proven": L_("Proposed settings know a person by the same subject"),
    "candidate.rekey_confirmed": L_("List of re-keyed people confirmed"),
    "client_keys.rolled_over": L_("Provider’s key pair renewed"),
    "client_keys.retired": L_("Provider’s old key pair retired"),
    "tenant.suspended": L_("Organisation suspended: nobody can sign in"),
    "tenant.resumed": L_("Organisation resumed: people can sign in again"),
    "administrator.named": L_("First user administrator named"),
    "emergency.asked": L_("Emergency link asked for"),
    "emergency.approved": L_("Emergency link approved and sent"),
    "emergency.turned_down": L_("Emergency link turned down"),
    "emergency.redeemed": L_("Signed in by an emergency link"),
}
LABELS: dict[str, Promise] = {
    "asked_by": L_("Asked for by"),
    "auth_method": L_("Client authentication"),
    "client_id": L_("Client ID"),
    "days": L_("Days"),
    "email": L_("Email"),
    "email_domains": L_("Email domains"),
    "expires_at": L_("Runs out"),
    "failed": L_("Failed"),
    "first_administrator": L_("A first user administrator was named"),
    "generation": L_("Generation"),
    "issuer": L_("Issuer"),
    "kids": L_("Key IDs"),
    "kind": L_("Kind of provider"),
    "left_out": L_("People left out"),
    "lines": L_("Lines of the check"),
    "mails": L_("Mails so far"),
    "obstacles": L_("Doubts"),
    "other_subjects": L_("People with another subject"),
    "people": L_("People"),
    "person": L_("Person"),
    "provider": L_("Provider"),
    "providers": L_("Providers"),
    "reason": L_("Reason"),
    "reference": L_("Sign-in"),
    "replaced": L_("Replaced an earlier one"),
    "roles": L_("Roles"),
    "secret_expires_on": L_("Client secret runs out on"),
    "secret_given": L_("A client secret was given"),
    "secret_stored": L_("A client secret is stored"),
    "settings": L_("Of the settings kept beside"),
    "slug": L_("Provider"),
    "status": L_("Status"),
    "tries": L_("Tries so far"),
    "unknown": L_("Could not tell"),
}
# What the lines of a live check are about, where their ids say it to nobody.
CHECKS: dict[str, Promise] = {
    "tls": L_("certificate"),
    "flow": L_("authorization code flow"),
    "pkce": L_("PKCE"),
    "signing": L_("signing algorithm"),
    "jwks": L_("published keys"),
    "client": L_("client ID and credential"),
    "redirect_uri": L_("sign-in redirect URI"),
    "sign_out": L_("sign-out redirect URI"),
}
ACTORS: dict[str, Promise] = {
    "staff": L_("Huume"),
    "contact": L_("IT contact"),
    "user": L_("User"),
    "command": L_("Huume’s operators"),
    "daily": L_("Huume’s daily run"),
    "check": L_("Live check"),
}
PERSON_KEY = re.compile(r"user:[0-9]{1,18}")
# Of what is in the register: a provider, a setup link, an emergency request.
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}.*")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
Names = Mapping[str, str]


def sentence(kind: str) -> str:
    """One that is not in the table is shown as it is, so that nothing is ever left out."""
    return str(SENTENCES.get(kind) or kind.replace(".", ": ").replace("_", " ").capitalize())


def actor(kind: str) -> str:
    return str(ACTORS.get(kind, kind))


def label(name: str) -> str:
    return str(LABELS.get(name) or name.replace("_", " ").capitalize())


def name_of(key: str, names: Names) -> str:
    """What a key of a person or address is called, or that this has been erased."""
    return names.get(key) or _("a name that was erased")


def changes(before: Mapping[str, Any], after: Mapping[str, Any], names: Names) -> list[tuple[str, str]]:
    """Label and words of each value that changed, or came, or went. What stayed the same is left out."""
    keys = list(dict.fromkeys([*before, *after]))
    return [(label(key), _change(key, before, after, names)) for key in keys if _is_news(key, before, after)]


def _is_news(key: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    if key in before and key in after:
        return bool(before[key] != after[key])
    return (before if key in before else after)[key] not in (None, "", [], {})


def _change(key: str, before: Mapping[str, Any], after: Mapping[str, Any], names: Names) -> str:
    if key not in before:
        return in_words(after[key], names)
    was = in_words(before[key], names)
    if key not in after:
        return _("%(value)s (before)") % {"value": was}
    return _("%(before)s → %(after)s") % {"before": was, "after": in_words(after[key], names)}


def in_words(value: Any, names: Names) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None or value in ("", [], {}):
        return _("nothing")
    if isinstance(value, Mapping):
        return "; ".join(f"{label(str(name))}: {in_words(each, names)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(_listed(each, names) for each in value)
    return _text(value, names) if isinstance(value, str) else str(value)


def _listed(value: Any, names: Names) -> str:
    return str(CHECKS[value]) if isinstance(value, str) and value in CHECKS else in_words(value, names)


def _text(value: str, names: Names) -> str:
    if PERSON_KEY.fullmatch(value):
        return name_of(value, names)
    if MOMENT.fullmatch(value) or DAY.fullmatch(value):
        return _moment(value)
    return ADDRESS_KEY.sub(lambda found: name_of(found[0], names), value)


def _moment(value: str) -> str:
    """As it stands where it is no moment, or none that can be told in another time zone."""
    try:
        moment = datetime.fromisoformat(value)
        local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    except (ValueError, OverflowError):
        return value
    return formats.date_format(local, "j F Y, H:i" if "T" in value else "j F Y")


def keys_in(value: Any) -> Iterator[str]:
    """The keys of people and addresses that a value speaks of."""
    if isinstance(value, str):
        yield from ADDRESS_KEY.findall(value)
        if PERSON_KEY.fullmatch(value):
            yield value
    elif isinstance(value, Mapping | list):
        parts: Iterable[Any] = value.values() if isinstance(value, Mapping) else value
        for part in parts:
            yield from keys_in(part)
