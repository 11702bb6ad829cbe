from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings
from django.http import QueryDict

from tenants.schemas import current_schema


class StaffPasswordHandler(AxesDatabaseHandler):  # type: ignore[misc]  # the library is untyped
    """django-axes for the passwords of Huume's staff only: a failed OpenID sign-in locks nobody and writes nothing."""

    def user_login_failed(self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
        if current_schema() == settings.STAFF_SCHEMA:
            with _nothing_typed(request):
                super().user_login_failed(sender, credentials, request, **kwargs)

    def user_logged_in(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        if current_schema() == settings.STAFF_SCHEMA:
            super().user_logged_in(sender, request, user, **kwargs)

    def user_logged_out(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        if current_schema() == settings.STAFF_SCHEMA:
            super().user_logged_out(sender, request, user, **kwargs)


@contextmanager
def _nothing_typed(request: Any) -> Iterator[None]:
    """django-axes keeps query and form of a failure in the clear: near misses of passwords, and what else the form has.

    It masks by the names of fields alone, which a form that asks for a confirmation need not know of.
    """
    if request is None:
        yield
        return
    query, form = request.GET, request.POST
    request.GET = request.POST = QueryDict()
    try:
        yield
    finally:
        request.GET, request.POST = query, form
