"""What the pages behind the explorer have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Permission
from huume import refusals

View = Callable[..., HttpResponse]
PAGE_SIZE = 50
MOST_NAMED = 20
reads_and_posts = require_http_methods(["GET", "HEAD", "POST"])


def signed_in(request: HttpRequest) -> User:
    """Behind a gate nobody else is there."""
    return cast(User, request.user)


def also_requires(permission: Permission) -> Callable[[View], View]:
    """A second permission, beside the one that the gate asks for."""
    return _refusing(lambda request: not signed_in(request).may(permission))


def posting_requires(permission: Permission) -> Callable[[View], View]:
    """A second permission for changing what the gate lets people see."""
    return _refusing(lambda request: request.method == "POST" and not signed_in(request).may(permission))


def _refusing(is_refused: Callable[[HttpRequest], bool]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return refusals.forbidden(request) if is_refused(request) else view(request, *args, **kwargs)

        return guarded

    return decorate


def page_of(request: HttpRequest, rows: QuerySet[Any, Any], count: int | None = None) -> Page[Any]:
    """The page that is asked for, or the nearest there is. `count`: how many rows, where that is known."""
    paginator = Paginator(rows, PAGE_SIZE)
    if count is not None:
        paginator.count = count
    return paginator.get_page(request.GET.get("page"))


@dataclass(frozen=True)
class Question:
    """What a page asks before something is done that takes something from people."""

    area: str
    title: str
    text: str
    button: str
    back: str
    # What goes with it, or who loses what.
    heading: str = ""
    lines: tuple[str, ...] = ()
    is_possible: bool = True
    is_danger: bool = True


def ask(request: HttpRequest, question: Question, refusal: str = "") -> HttpResponse:
    """`refusal`: why it was not done, where it was tried."""
    context = {"question": question, "area": question.area, "refusal": refusal}
    return render(request, "accounts/confirm.html", context)


def some_of(names: list[str]) -> tuple[str, ...]:
    """The first of them, and how many more there are."""
    more = len(names) - MOST_NAMED
    if more <= 0:
        return tuple(names)
    return (*names[:MOST_NAMED], ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more})


def count_of_people(count: int) -> str:
    return ngettext("%(count)d person", "%(count)d people", count) % {"count": count} if count else _("nobody")
