"""Who changed what, when and from where: newest first, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import history_words as words
from accounts.forms.history import HistoryFilter
from accounts.gate import requires
from accounts.models import HistoryEntry, HistoryName, User
from accounts.permissions import Permission
from accounts.views.moments import when
from accounts.views.portal import page_of, signed_in
from tenants.models import IdentityProvider, Tenant


@dataclass(frozen=True)
class Row:
    entry: HistoryEntry
    moment: str
    what: str
    # What it happened to, where that has a name.
    about: str
    who: str
    # Whose side they are on: Huume, IT contact.
    side: str
    # Of a user's own page; None for everybody else.
    person: int | None
    changes: list[tuple[str, str]]


@requires(Permission.SEE_HISTORY)
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    narrowed = HistoryFilter(request.GET)
    page = page_of(request, HistoryEntry.objects.filter(narrowed.condition()).order_by("-at", "-id"))
    entries = list(page)
    names = names_in(entries, request.tenant)  # type: ignore[attr-defined]  # set by TenantMiddleware
    context = {
        "area": "history",
        "filter": narrowed,
        "page": page,
        "rows": [_row(entry, names) for entry in entries],
        "may_see_people": signed_in(request).may(Permission.SEE_PEOPLE),
    }
    return render(request, "accounts/history.html", context)


def names_in(entries: Iterable[HistoryEntry], tenant: Tenant) -> dict[str, str]:
    """What the keys of these entries are called: people as they are called today, providers of this tenant."""
    keys = {key for entry in entries for key in (entry.actor_key, entry.about) if key}
    keys |= {key for entry in entries for key in words.keys_in([entry.before, entry.after])}
    names = dict(HistoryName.objects.filter(key__in=keys).values_list("key", "name"))
    people = User.objects.filter(pk__in=_numbers(keys))
    providers = IdentityProvider.objects.filter(tenant=tenant, pk__in=_ids(keys))
    return (
        names
        | {f"user:{person.pk}": person.display_name for person in people}
        | {str(provider.pk): provider.button_label for provider in providers}
    )


def _numbers(keys: Iterable[str]) -> list[int]:
    return [int(key.removeprefix("user:")) for key in keys if words.PERSON_KEY.fullmatch(key)]


def _ids(keys: Iterable[str]) -> list[UUID]:
    return [UUID(key) for key in keys if words.ID.fullmatch(key)]


def _row(entry: HistoryEntry, names: dict[str, str]) -> Row:
    return Row(
        entry=entry,
        moment=when(entry.at),
        what=words.sentence(entry.kind),
        about=words.name_of(entry.about, names)
        if words.PERSON_KEY.fullmatch(entry.about)
        else names.get(entry.about, ""),
        who=words.name_of(entry.actor_key, names) if entry.actor else "",
        side=words.actor(entry.actor_kind),
        person=int(entry.actor) if entry.actor_kind == "user" and entry.actor.isdecimal() else None,
        changes=words.changes(entry.before, entry.after, names),
    )
