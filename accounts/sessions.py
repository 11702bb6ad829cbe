"""Sessions as rows in the tenant's schema, good for that tenant only, of limited age and idleness."""

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore as DBStore
from django.db import connection
from django.utils import timezone
from django.utils.crypto import get_random_string

from tenants.schemas import current_schema, current_tenant

# In the data: the origin at which the provider ends its sessions, for the policy of pages with the sign-out form.
END_SESSION_ORIGIN = "end_session_origin"
# In the data of a session that an emergency link began: that it did, and the second at which it ends whatever happens.
EMERGENCY, UNTIL = "emergency", "until"
# A session that is used is written again once it has lain still for this share of the longest pause.
TOUCHED_AFTER = 1 / 12

STORED = "SELECT session_data FROM accounts_session WHERE session_key = %s AND expire_date > now()"


class SessionStore(DBStore):
    @classmethod
    def get_model_class(cls) -> Any:
        from accounts.models import Session

        return Session

    def load(self) -> dict[str, Any]:
        """The session's data; nothing of a session that another tenant made or whose time is over."""
        data = self._stored()
        if not data:
            return data
        if data.get("tenant") != current_schema() or self._seconds_left(data) <= 0:
            self._session_key = None
            return {}
        if time.time() - data.get("seen", 0) > TOUCHED_AFTER * _longest_pause():
            data["seen"] = int(time.time())
            self.modified = True
        return data

    def _stored(self) -> dict[str, Any]:
        """One column by one statement, for every signed-in page: the ORM would build a query and a model for it."""
        key = self.session_key or ""
        row = None
        if key.isalnum():
            with connection.cursor() as cursor:
                cursor.execute(STORED, [key])
                row = cursor.fetchone()
        if row is None:
            self._session_key = None
        return self.decode(row[0]) if row else {}

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        row.provider = data.get("provider") or None
        row.subject = data.get("subject", "")
        row.provider_session = data.get("provider_session", "")
        row.created_at = datetime.fromtimestamp(data.get("started", time.time()), timezone.get_default_timezone())
        return row

    def create(self) -> None:
        """Without asking whether the key is taken: at 165 random bits it is not, and the primary key would say so."""
        self._session_key = get_random_string(32, VALID_KEY_CHARS)
        self.save(must_create=True)
        self.modified = True

    def cycle_key(self) -> None:
        """A new key with the same data. Its row is written by save(), once and whole."""
        data = self._session  # type: ignore[attr-defined]  # made at run time by Django
        self.flush()
        self._session_cache = data

    def get_expiry_age(self, **kwargs: Any) -> int:
        return max(0, int(self._seconds_left(self._session)))  # type: ignore[attr-defined]

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        return timezone.now() + timedelta(seconds=self.get_expiry_age())

    def stamp(self) -> None:
        """Marks the session as this tenant's, begun now."""
        self["tenant"] = current_schema()
        self["started"] = self["seen"] = int(time.time())

    @staticmethod
    def _seconds_left(data: dict[str, Any]) -> float:
        tenant, now = current_tenant(), time.time()
        longest = getattr(tenant, "session_seconds", settings.SESSION_LIFETIME_SECONDS)
        started, seen = data.get("started", now), data.get("seen", now)
        ends = started + longest
        return float(min(ends, seen + _longest_pause(), data.get(UNTIL, ends)) - now)


def _longest_pause() -> int:
    return int(getattr(current_tenant(), "idle_seconds", settings.SESSION_IDLE_SECONDS))
