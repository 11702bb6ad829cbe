"""A run of the live check as a page: shown line by line while it runs, whole from then on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from accounts import check_runs, check_words
from accounts.live_check import CHECKS, Line
from tenants.actor import Actor
from tenants.models import IdentityProvider, ProviderCheck

# Where the lines go in a page that is sent piece by piece. No page holds it otherwise: it is no text of ours.
HERE = "<!--lines-->"
NEXT = "checks/next.html"
# Lines that are about what the IT contact has typed.
GIVEN = frozenset({"domain", "tls", "discovery", "issuer", "client"})


@dataclass(frozen=True)
class Row:
    title: str
    word: str
    line: Line


@dataclass(frozen=True)
class Report:
    """What a page says of a run."""

    check: ProviderCheck
    rows: list[Row]

    @property
    def failed(self) -> int:
        return self._with("failed")

    @property
    def fine(self) -> int:
        return self._with("ok")

    @property
    def untold(self) -> int:
        return self._with("unknown")

    @property
    def is_whole(self) -> bool:
        return len(self.rows) == len(CHECKS)

    @property
    def is_about_what_was_given(self) -> bool:
        """Whether a failure is mended here, by handing over something else; the others are mended at the provider."""
        return any(row.line.outcome == "failed" and row.line.check in GIVEN for row in self.rows)

    @property
    def is_running(self) -> bool:
        return check_runs.is_under_way(self.check)

    def _with(self, outcome: str) -> int:
        return sum(row.line.outcome == outcome for row in self.rows)


def report_of(check: ProviderCheck) -> Report:
    return Report(check, [_row(check.provider, Line(**line)) for line in check.lines])


def _row(provider: IdentityProvider, line: Line) -> Row:
    return Row(check_words.title(line.check, provider, line.outcome), check_words.outcome_word(line.outcome), line)


def page_of_run(
    request: HttpRequest, check: ProviderCheck, template: str, context: dict[str, Any], *, by: Actor
) -> HttpResponseBase:
    """Begins the run where nobody has, and shows it while it is under way; else what it has found so far."""
    if check.started_at is None and request.method == "GET":
        page = render_to_string(template, {**context, "check": check, "streams": True, "here": HERE}, request)
        return _streamed(StreamingHttpResponse(_pieces(check, page, context, by)))
    report = report_of(check)
    page = render_to_string(template, {**context, "check": check, "report": report}, request)
    return HttpResponse(page)


def _streamed(answer: StreamingHttpResponse) -> StreamingHttpResponse:
    # nginx would collect the whole page before it passes on any of it.
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


def _pieces(check: ProviderCheck, page: str, context: dict[str, Any], by: Actor) -> Iterator[str]:
    head, _here, tail = page.partition(HERE)
    yield f'{head}<ul class="checks">'
    rows = []
    for line in check_runs.carry_out(check, by=by):
        row = _row(check.provider, line)
        rows.append(row)
        yield render_to_string("checks/line.html", {"row": row})
    ending = {**context, "check": check, "report": Report(check, rows)}
    yield f"</ul>{render_to_string('checks/summary.html', ending)}{render_to_string(NEXT, ending)}{tail}"
