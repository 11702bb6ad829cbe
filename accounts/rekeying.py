"""Re-keying: a provider's people get another issuer, and where they have one another subject, all in one statement."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from accounts.models import Identity, Session
from tenants.actor import Actor
from tenants.candidates import held
from tenants.models import IdentityProvider, ProviderSettings
from tenants.record import record

LONGEST_SUBJECT = 255
MOST_NAMED = 3
# Who moves, and the subject that they get: their own where none is given, nobody with an empty one.
MOVES = """
    WITH moves AS (
        SELECT i.id, COALESCE(m.value, i.subject) AS subject
        FROM accounts_identity i LEFT JOIN jsonb_each_text(%(subjects)s::jsonb) m ON m.key = i.subject
        WHERE i.provider = %(provider)s AND i.issuer = %(old)s AND m.value IS DISTINCT FROM ''
          AND (%(until)s::timestamptz IS NULL OR i.created_at <= %(until)s)
    ), taken AS (
        SELECT t.subject FROM accounts_identity t JOIN moves USING (subject) WHERE t.issuer = %(new)s
    )
"""
CLASHES = """
    SELECT subject FROM taken UNION SELECT subject FROM moves GROUP BY subject HAVING count(*) > 1
    ORDER BY subject LIMIT 4
"""
MOVE = """
    UPDATE accounts_identity i SET issuer = %(new)s, subject = moves.subject
    FROM moves WHERE i.id = moves.id AND moves.subject NOT IN (SELECT subject FROM taken)
"""


@dataclass(frozen=True)
class Rekeying:
    """From issuer to issuer. `subjects`: the new by the old where they differ, empty for people who are left out.

    `until`: who arrived after it stays where they are; None: everybody moves.
    """

    provider: UUID
    old: str
    new: str
    subjects: Mapping[str, str]
    until: datetime | None = None

    @property
    def _parameters(self) -> dict[str, Any]:
        subjects = json.dumps(dict(self.subjects))
        named = {"provider": self.provider, "old": self.old, "new": self.new, "until": self.until}
        return {**named, "subjects": subjects}

    def clashes(self) -> list[str]:
        """Subjects that would be somebody's already; the first few."""
        with connection.cursor() as cursor:
            cursor.execute(MOVES + CLASHES, self._parameters)
            return [row[0] for row in cursor.fetchall()]

    def carry_out(self) -> int:
        """How many moved. Whoever's place is taken stays where they are."""
        with connection.cursor() as cursor:
            cursor.execute(MOVES + MOVE, self._parameters)
            return int(cursor.rowcount)

    @property
    def backwards(self) -> dict[str, str]:
        return {new: old for old, new in self.subjects.items() if new and new != old}


def people_of(provider: IdentityProvider, issuer: str) -> QuerySet[Identity]:
    """The identities by which its people are known at this issuer; in the tenant's schema."""
    known = Identity.objects.filter(provider=provider.pk, issuer=issuer)
    return known.select_related("user").order_by("user__name", "pk")


def end_sessions_of_missing(provider: IdentityProvider, issuer: str) -> int:
    """Of those who have no identity at the issuer that is its own now."""
    known = Identity.objects.filter(provider=provider.pk, issuer=issuer).values("user")
    return Session.objects.filter(provider=provider.pk).exclude(user__in=known).delete()[0]


def prove_rekey(candidate: ProviderSettings, subject: str, *, by: Actor | None = None) -> bool:
    """A test sign-in with the candidate returned this subject: is it an active person's, whom the live issuer vouches
    for? Then people keep their subjects under the new issuer, and that is kept on the candidate."""
    live = candidate.provider
    if not candidate.has_another_issuer:
        return False
    with tenant_context(live.tenant), transaction.atomic():
        if not people_of(live, live.issuer).filter(subject=subject, user__is_active=True).exists():
            return False
        proven = ProviderSettings.objects.filter(pk=candidate.pk, state=ProviderSettings.State.CANDIDATE)
        candidate.rekey_proven_at = timezone.now()
        found = bool(proven.update(rekey_proven_at=candidate.rekey_proven_at))
        if found:
            after = {"issuer": candidate.issuer}
            record(live.tenant, "candidate.rekey_proven", by=by or Actor("contact"), about=str(live.pk), after=after)
    return found


def confirm_rekey(candidate: ProviderSettings, by: Actor, subjects: Mapping[str, str]) -> None:
    """An account manager says that the people of the live issuer are those of the candidate's.

    `subjects`: the new by the old, for those only whom it changes; "" for those who are to be left out: they stay known
    at the former issuer, and would arrive as new people. Raises ValidationError with one sentence for each mistake.
    """
    with transaction.atomic():
        live = held(candidate.provider)
        row = ProviderSettings.objects.filter(pk=candidate.pk, state=ProviderSettings.State.CANDIDATE).first()
        if row is None:
            raise ValidationError(_("That candidate is gone: load the page again."), code="no_candidate")
        with tenant_context(live.tenant):
            holders = set(people_of(live, live.issuer).values_list("subject", flat=True))
        if mistakes := [*_mistakes(subjects, holders)]:
            raise ValidationError(mistakes)
        row.subjects = {old: new for old, new in subjects.items() if new != old}
        row.rekey_confirmed_by = (by.name or by.kind)[:254]
        row.save(update_fields=["subjects", "rekey_confirmed_by"])
        candidate.subjects, candidate.rekey_confirmed_by = row.subjects, row.rekey_confirmed_by
        left_out = sum(not new for new in row.subjects.values())
        after = {"people": len(holders), "other_subjects": len(row.subjects) - left_out, "left_out": left_out}
        record(live.tenant, "candidate.rekey_confirmed", by=by, about=str(live.pk), after=after)


def _mistakes(subjects: Mapping[str, str], holders: set[str]) -> Iterable[ValidationError]:
    taken = holders - set(subjects)
    for old, new in subjects.items():
        words = {"old": old, "new": new}
        if old not in holders:
            yield ValidationError(_("Nobody is known here by the subject “%(old)s”."), "not_held", words)
        elif len(new) > LONGEST_SUBJECT:
            yield ValidationError(_("The new subject of “%(old)s” is too long: 255 at most."), "too_long", words)
        elif new in taken:
            yield ValidationError(_("The new subject “%(new)s” would be two people’s."), "twice", words)
        if new:
            taken.add(new)


def read_subjects(text: str) -> dict[str, str]:
    """Lines “old subject, new subject”; the new one empty for people who are left out. Commas, semicolons or tabs.

    Raises ValidationError with one sentence for each line that is none.
    """
    found: dict[str, str] = {}
    mistakes = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        parts = [part.strip().strip('"').strip() for part in _split(line)]
        words = {"line": number}
        if len(parts) != 2 or not parts[0]:
            mistakes.append(
                ValidationError(_("Line %(line)d is not “old subject, new subject”."), code="line", params=words)
            )
        elif parts[0] in found:
            mistakes.append(
                ValidationError(_("Line %(line)d names an old subject for the second time."), "again", words)
            )
        else:
            found[parts[0]] = parts[1]
    if mistakes:
        raise ValidationError(mistakes)
    return found


def _split(line: str) -> list[str]:
    separator = next((mark for mark in "\t;," if mark in line), ",")
    return line.split(separator)
