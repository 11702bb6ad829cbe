"""Every attempt to sign in, for whoever is asked "why can't I sign in?"."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.forms.filters import SignInFilter
from accounts.gate import requires
from accounts.models import SignIn
from accounts.permissions import Permission
from accounts.reasons import advice
from accounts.views.moments import when
from accounts.views.portal import page_of, signed_in

Outcome = SignIn.Outcome
# The chip of an outcome, which has a sign of its own; its words are the outcome's label.
KINDS: dict[str, str] = {Outcome.SUCCEEDED: "ok", Outcome.REFUSED: "bad", Outcome.ABANDONED: "wait"}


@dataclass(frozen=True)
class Row:
    record: SignIn
    # As the provider gave it; "" where that says no more than the user's name does.
    email: str
    moment: str
    kind: str
    outcome: str
    advice: str


@requires(Permission.SEE_SIGN_INS)
@require_safe
def sign_ins(request: HttpRequest) -> HttpResponse:
    """Newest first."""
    narrowed = SignInFilter(request.GET)
    page = page_of(request, SignIn.objects.filter(narrowed.condition()).select_related("user").order_by("-at", "-pk"))
    context = {
        "area": "sign-ins",
        "filter": narrowed,
        "page": page,
        "rows": [_row(record) for record in page],
        "may_see_people": signed_in(request).may(Permission.SEE_PEOPLE),
    }
    return render(request, "accounts/sign_ins.html", context)


def _row(record: SignIn) -> Row:
    outcome = record.current_outcome
    code = "never_came_back" if outcome == Outcome.ABANDONED else record.reason
    named_alike = record.user is not None and record.user.display_name == record.email
    email = "" if named_alike else record.email
    return Row(
        record, email, when(record.at), KINDS.get(outcome, ""), str(Outcome(outcome).label).capitalize(), advice(code)
    )
