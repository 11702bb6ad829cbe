from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings

from tenants.schemas import current_schema


class StaffPasswordHandler(AxesDatabaseHandler):  # type: ignore[misc]  # the library is untyped
    """django-axes for the passwords of Huume's staff only: a failed OpenID sign-in locks nobody and writes nothing."""

    def user_login_failed(self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
        if current_schema() == settings.STAFF_SCHEMA:
            super().user_login_failed(sender, credentials, request, **kwargs)

    def user_logged_in(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        if current_schema() == settings.STAFF_SCHEMA:
            super().user_logged_in(sender, request, user, **kwargs)

    def user_logged_out(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        if current_schema() == settings.STAFF_SCHEMA:
            super().user_logged_out(sender, request, user, **kwargs)
