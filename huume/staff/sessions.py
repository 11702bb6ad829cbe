"""Sessions of Huume's own staff, as the password begins them."""

from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django_otp import DEVICE_ID_SESSION_KEY

from huume.staff import confirmation
from tenants.schemas import current_schema


def begin(sender: Any, request: HttpRequest, **_kwargs: Any) -> None:
    """Stamps the session as the staff's: one without a stamp is nothing to accounts.sessions."""
    if current_schema() != settings.STAFF_SCHEMA:
        return
    # Who signs in again has to show the second factor again.
    for mark in (DEVICE_ID_SESSION_KEY, confirmation.CONFIRMED_AT):
        request.session.pop(mark, None)
    request.session.stamp()  # type: ignore[attr-defined]  # of accounts.sessions.SessionStore
    if not settings.STAFF_SECOND_FACTOR:
        confirmation.mark(request)


def register() -> None:
    user_logged_in.connect(begin, dispatch_uid="staff-session")
