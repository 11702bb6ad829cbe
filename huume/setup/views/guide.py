"""The guide: one step a page, each ticked off when it is done; and all of them on one page to print."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from huume.setup import guides
from huume.setup.access import SetupRequest, with_setup_session
from huume.setup.frame import FrameStep, first_not_done, frame, steps_of


@with_setup_session
@require_safe
def guide(request: SetupRequest) -> HttpResponse:
    """Where somebody comes back to: the first step that is not done."""
    return redirect(first_not_done(request.provider)["url"])


@with_setup_session
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: SetupRequest, step: str) -> HttpResponse:
    if step not in {node.key for node in guides.read(request.provider.kind)}:
        raise Http404
    before, here, after = around(steps_of(request.provider, step), step)
    if request.method == "POST":
        done = request.POST.get("done") != "no"
        guides.tick(request.provider, step, done=done)
        return redirect(after["url"] if done else here["url"])
    guides.remember_place(request.provider, step)
    text = {"step": here, "before": before, "after": after, "text": guides.render(request.provider, step)}
    return render(request, "setup/step.html", frame(request, step) | text)


@with_setup_session
@require_safe
def print_view(request: SetupRequest) -> HttpResponse:
    guide = {"guide": whole_guide(request), "values": guides.values_of(request.provider)}
    return render(request, "setup/print.html", frame(request, "") | guide)


def around(steps: list[FrameStep], key: str) -> tuple[FrameStep | None, FrameStep, FrameStep]:
    """The step before (none for the first), the step itself, the one after. A guide's step always has one after."""
    place = [each["id"] for each in steps].index(key)
    return steps[place - 1] if place else None, steps[place], steps[place + 1]


def whole_guide(request: SetupRequest) -> list[tuple[str, SafeString]]:
    """Title and text of every step."""
    steps = guides.read(request.provider.kind)
    return [(node.title, guides.render(request.provider, node.key)) for node in steps]
