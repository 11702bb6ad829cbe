"""Suspending somebody, and bringing them back. Both ask first."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import AccessRefused
from accounts.access import resume as bring_back
from accounts.access import suspend as shut_out
from accounts.gate import requires
from accounts.models import User
from accounts.permissions import Permission
from accounts.views.portal import Question, also_requires, ask, reads_and_posts, signed_in


@requires(Permission.SUSPEND_PEOPLE)
@also_requires(Permission.SEE_PEOPLE)
@reads_and_posts
def suspend(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    name = {"name": person.display_name}
    question = Question(
        area="people",
        title=_("Suspend %(name)s?") % name,
        text=_(
            "They are signed out at once and cannot sign in until they are brought back. Their roles and teams stay."
        ),
        button=_("Suspend"),
        back=reverse("person", args=[pk]),
    )
    return _do(request, person, question, shut_out, _("%(name)s is suspended and signed out.") % name)


@requires(Permission.SUSPEND_PEOPLE)
@also_requires(Permission.SEE_PEOPLE)
@reads_and_posts
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    name = {"name": person.display_name}
    question = Question(
        area="people",
        title=_("Bring %(name)s back?") % name,
        text=_("They can sign in again, with the roles and teams they had."),
        button=_("Bring back"),
        back=reverse("person", args=[pk]),
        is_danger=False,
    )
    return _do(request, person, question, bring_back, _("%(name)s can sign in again.") % name)


def _do(request: HttpRequest, person: User, question: Question, act: Callable[..., None], done: str) -> HttpResponse:
    if request.method != "POST":
        return ask(request, question)
    try:
        act(person, by=signed_in(request))
    except AccessRefused as error:
        return ask(request, question, refusal=str(error))
    messages.success(request, done)
    return redirect(question.back)
