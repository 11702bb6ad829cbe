"""The readiness board: every customer, how far it is, since when it is stuck, and the next action as a button."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huume.setup import guides
from huume.staff.situation import Situation, Turn, age_in_words, attention, error_in_words, situation_of
from tenants.models import IdentityProvider, Tenant
from tenants.progress import MILESTONES, Progress, State, latest_links

PERMISSION = "tenants.view_tenant"
MAY_ACT = "tenants.change_identityprovider"
MINE, NOBODYS = "mine", "nobody"
# What the board says nothing of would be most of what it reads.
NOT_READ = ("client_secret", "metadata_document")
HEADINGS = {
    Turn.OURS: gettext_lazy("Waiting for you"),
    Turn.THEIRS: gettext_lazy("Waiting for the customer"),
    Turn.DONE: gettext_lazy("Live and in use"),
    Turn.OFF: gettext_lazy("Suspended or switched off"),
}
SIGNS = {
    State.DONE: ("✓", gettext_lazy("done")),
    State.FAILED: ("✗", gettext_lazy("failed")),
    State.NEXT: ("→", gettext_lazy("next")),
    State.SKIPPED: ("–", gettext_lazy("skipped")),
    State.OPEN: ("", gettext_lazy("not yet")),
}


class Mark(NamedTuple):
    state: State
    heading: Any
    sign: str
    word: Any
    at: datetime | None


@dataclass(frozen=True)
class Row:
    tenant: Tenant
    progress: Progress
    situation: Situation
    # How many providers it has that are not switched off; the row is about one of them.
    providers: int
    stuck: str
    address: str
    error: str

    @property
    def marks(self) -> list["Mark"]:
        return [Mark(one.state, one.heading, *SIGNS[one.state], one.at) for one in self.progress.milestones]


class FilterForm(forms.Form):
    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    stage = forms.ChoiceField(label=gettext_lazy("Comes next"), required=False)
    manager = forms.ChoiceField(label=gettext_lazy("Account manager"), required=False)

    def __init__(self, data: Any, managers: Iterable[str]) -> None:
        super().__init__(data)
        stages = [(name, whole) for name, (_heading, whole) in MILESTONES.items()]
        whose = [("", _("Everybody’s")), (MINE, _("Mine")), (NOBODYS, _("Nobody’s"))]
        # Of choice fields, which the annotation of `fields` does not say.
        self.fields["stage"].choices = [("", _("Anything")), *stages, ("done", _("Nothing"))]  # type: ignore[attr-defined]
        self.fields["manager"].choices = [*whose, *((each, each) for each in managers)]  # type: ignore[attr-defined]

    @property
    def asked(self) -> dict[str, str]:
        """Empty for what is no choice: a board with too much on it helps more than none."""
        self.is_valid()
        return {name: str(self.cleaned_data.get(name, "")) for name in self.fields}


def readiness(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    rows = list(all_rows())
    managers = sorted({row.tenant.account_manager for row in rows if row.tenant.account_manager})
    form = FilterForm(request.GET, managers)
    me = getattr(request.user, "email", "") or request.user.get_username()
    asked = form.asked
    wanted = sorted((row for row in rows if is_wanted(row, asked, me)), key=order)
    more = {
        "form": form,
        "groups": list(groups_of(wanted)),
        "number": len(wanted),
        "of": len(rows),
        "narrowed": any(asked.values()),
        "headings": [(name, heading, whole) for name, (heading, whole) in MILESTONES.items()],
        "signs": SIGNS,
        "may_act": request.user.has_perm(MAY_ACT),
        "title": _("Readiness"),
        # Every pixel is the board's.
        "is_nav_sidebar_enabled": False,
    }
    return TemplateResponse(request, "admin/staff/readiness.html", {**context, **more})


def all_rows() -> Iterator[Row]:
    """Of every customer, by three statements. No tenant's schema is looked at."""
    providers = IdentityProvider.objects.defer(*NOT_READ)
    tenants = list(Tenant.objects.customers().prefetch_related(Prefetch("providers", providers)))
    links = latest_links()
    steps = cache(lambda kind: len(guides.read(kind)))
    for tenant in tenants:
        yield _row(tenant, [Progress(tenant, each, links.get(each.pk)) for each in tenant.providers.all()], steps)


def _row(tenant: Tenant, all_of_them: list[Progress], steps: Any) -> Row:
    """About the provider in trouble, else the least far one, of those that are not switched off."""
    on = [each for each in all_of_them if each.provider and each.provider.status != IdentityProvider.Status.DISABLED]
    progress = min(on or all_of_them, key=attention, default=Progress(tenant, None, None))
    provider = progress.provider
    if provider:
        provider.tenant = tenant
    situation = situation_of(progress, steps=steps(provider.kind) if provider else 0)
    return Row(
        tenant,
        progress,
        situation,
        providers=len(on),
        stuck=age_in_words((timezone.now() - progress.last_moved_at).total_seconds()),
        address=situation.address(progress),
        error=error_in_words(progress),
    )


def is_wanted(row: Row, asked: dict[str, str], me: str) -> bool:
    tenant, manager, stage = row.tenant, asked["manager"], asked["stage"]
    whose = {"": tenant.account_manager, MINE: me, NOBODYS: ""}.get(manager, manager)
    words = asked["q"].casefold().split()
    return (
        tenant.account_manager.casefold() == whose.casefold()
        and stage in ("", row.progress.stage)
        and all(word in f"{tenant.name} {tenant.schema_name}".casefold() for word in words)
    )


def order(row: Row) -> Any:
    """Whose turn it is, then whoever is stuck longest, then by name."""
    return row.situation.turn, row.progress.last_moved_at, row.tenant.name.casefold()


def groups_of(rows: list[Row]) -> Iterator[tuple[Any, Turn, list[Row]]]:
    for turn, heading in HEADINGS.items():
        if found := [row for row in rows if row.situation.turn == turn]:
            yield heading, turn, found
