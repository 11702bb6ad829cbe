"""The Content-Security-Policy of every page, built by django-csp once for each form-action that pages add."""

from collections.abc import Callable
from functools import lru_cache

from csp.utils import build_policy
from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "Content-Security-Policy"


def allow_form_action(answer: HttpResponseBase, origin: str) -> None:
    """Lets the forms of this page end at another origin: Chromium holds form-action against redirects too."""
    answer.headers[HEADER] = policy(origin)


@lru_cache(maxsize=1_000)
def policy(form_action: str = "") -> str:
    return str(build_policy(update={"form-action": [form_action]} if form_action else None))


class PolicyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        answer.headers.setdefault(HEADER, policy())
        return answer
