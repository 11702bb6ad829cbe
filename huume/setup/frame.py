"""What stands around every page of the setup: the steps, how far it is, whom to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from django.urls import reverse
from django.utils.translation import gettext as _

from huume.setup import guides
from huume.setup.pasted_words import noted_words
from tenants.models import ClientSettings, IdentityProvider, ProviderSettings

if TYPE_CHECKING:
    from huume.setup.access import SetupRequest


LAST = ("details", "check", "test", "live")


class FrameStep(TypedDict):
    id: str
    title: str
    url: str
    done: bool
    current: bool
    minutes: int


def frame(request: SetupRequest, current: str) -> dict[str, Any]:
    """Context for setup/page.html. `current`: a step of the guide, or details, check, test, live; "" for none."""
    provider = request.provider
    steps = steps_of(provider, current)
    ids = [step["id"] for step in steps]
    number = ids.index(current) + 1 if current in ids else 0
    return {
        "provider": provider,
        "tenant": provider.tenant,
        "provider_name": provider.get_kind_display() if provider.kind != IdentityProvider.Kind.OIDC else _("sign-in"),
        "steps": steps,
        "number": number,
        "count": len(steps),
        "minutes_left": sum(step["minutes"] for step in left(provider, steps)),
        "whom_to_ask": provider.tenant.account_manager,
        "noted": noted_words(request.GET.getlist("noted")),
    }


def steps_of(provider: IdentityProvider, current: str) -> list[FrameStep]:
    ticked = set(provider.steps_done)
    guide = [
        step(node.key, node.title, reverse("setup-step", args=[node.key]), node.key in ticked, node.minutes)
        for node in guides.read(provider.kind)
    ]
    steps = [*guide, *last_steps(provider)]
    for each in steps:
        each["current"] = each["id"] == current
    return steps


def left(provider: IdentityProvider, steps: list[FrameStep]) -> list[FrameStep]:
    """What is still to do. Who changes settings of a live provider has followed the guide once."""
    wanted = [each for each in steps if not each["done"]]
    return [each for each in wanted if each["id"] in LAST] if provider.is_live else wanted


def last_steps(provider: IdentityProvider) -> list[FrameStep]:
    """Those that are done by what has happened, not by ticking them off."""
    settings = in_hand(provider)
    handed_over = not settings.missing()
    return [
        step("details", _("Your details"), reverse("setup-details"), handed_over, 2),
        step("check", _("Live check"), reverse("setup-check"), is_checked(settings), 1),
        step("test", _("Test sign-in"), reverse("setup-test"), settings.tested_at is not None, 1),
        step("live", _("Going live"), reverse("setup-live"), settings is provider and provider.is_live, 0),
    ]


def in_hand(provider: IdentityProvider) -> ClientSettings:
    """What the pages are about: the candidate of a live provider where there is one, else the provider's own."""
    candidates = provider.kept_settings.filter(state=ProviderSettings.State.CANDIDATE)
    candidate = candidates.first() if provider.is_live else None
    return candidate or provider


def is_checked(settings: ClientSettings) -> bool:
    return settings.checked_at is not None and not settings.check_failed


def step(key: str, title: str, url: str, done: bool, minutes: int) -> FrameStep:
    return FrameStep(id=key, title=title, url=url, done=done, current=False, minutes=minutes)


def first_not_done(provider: IdentityProvider) -> FrameStep:
    """Where somebody who comes back goes on."""
    steps = steps_of(provider, "")
    return next((each for each in steps if not each["done"]), steps[-1])
