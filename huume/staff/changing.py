"""Changing a live provider's settings: what is live beside what would be, what the swap still lacks, the way back."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tenants.utils import tenant_context

from accounts.rekeying import people_of, read_subjects
from accounts.swap import SwapRefused, conditions, confirm_rekey, give_back, swap
from huume.crypto import DecryptionError
from huume.staff import confirmation
from huume.staff.actor import staff_actor
from tenants.candidates import CANDIDATE, FORMER, drop, kept
from tenants.models import IdentityProvider, ProviderSettings
from tenants.models.client_settings import ClientSettings

TO_SEE, TO_CHANGE = "tenants.view_tenant", "tenants.change_identityprovider"
MOST_PEOPLE = 200
MOST_TYPED = 900_000
# Excel takes what begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Fact:
    """One line of the table: what is live, what the candidate has, what was live before ("" where there is none)."""

    label: str
    live: str
    candidate: str
    former: str
    is_setting: bool = True

    @property
    def differs(self) -> bool:
        return self.is_setting and bool(self.candidate) and self.candidate != self.live


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    subject: str
    becomes: str


class PeopleForm(forms.Form):
    subjects = forms.CharField(
        label=gettext_lazy("New subjects"),
        required=False,
        max_length=MOST_TYPED,
        strip=False,
        help_text=gettext_lazy(
            "Only for people whose subject changes, one a line: old subject, new subject. With nothing after the comma,"
            " that person is left out: their record stays, they would arrive as a new person, and their sessions end."
            " Everybody else keeps the subject."
        ),
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField", "spellcheck": "false"}),
    )
    compared = forms.BooleanField(
        label=gettext_lazy("I have compared the list: by the new issuer, these subjects are the same people"),
        error_messages={"required": gettext_lazy("Compare the list first, and say so.")},
    )

    def clean_subjects(self) -> dict[str, str]:
        return read_subjects(str(self.cleaned_data["subjects"]))


def changing(request: HttpRequest, context: dict[str, Any], pk: UUID) -> HttpResponse:
    if not request.user.has_perm(TO_SEE):
        raise PermissionDenied
    provider = get_object_or_404(IdentityProvider.objects.select_related("tenant"), pk=pk)
    if request.method == "POST":
        return _act(request, context, provider)
    if request.GET.get("people") == "csv":
        return _people_file(provider)
    return _page(request, context, provider)


def _act(request: HttpRequest, context: dict[str, Any], provider: IdentityProvider) -> HttpResponse:
    if not request.user.has_perm(TO_CHANGE):
        raise PermissionDenied
    page = page_of(provider)
    if redirect := confirmation.first(request, page):
        return redirect
    act = ACTS.get(request.POST.get("act", ""))
    form = PeopleForm(request.POST)
    if act is None or (act is _confirm_people and not form.is_valid()):
        return _page(request, context, provider, form=form)
    try:
        with transaction.atomic():
            words = act(request, provider, form)
            _log(request, provider, words)
    except SwapRefused as refusal:
        messages.error(request, str(refusal))
    except ValidationError as error:
        form.add_error("subjects", error)
        return _page(request, context, provider, form=form)
    else:
        messages.success(request, f"{provider}: {words}")
    return HttpResponseRedirect(page)


def _log(request: HttpRequest, provider: IdentityProvider, words: str) -> None:
    LogEntry.objects.log_actions(cast(int, request.user.pk), [provider], CHANGE, words, single_object=True)


def _swap(request: HttpRequest, provider: IdentityProvider, form: PeopleForm) -> str:
    _seen(request, provider)
    swap(provider, staff_actor(request))
    return _("Swapped. The candidate’s settings are live; the former ones are kept for going back.")


def _drop(request: HttpRequest, provider: IdentityProvider, form: PeopleForm) -> str:
    drop(_seen(request, provider), staff_actor(request))
    return _("The candidate was dropped.")


def _give_back(request: HttpRequest, provider: IdentityProvider, form: PeopleForm) -> str:
    give_back(provider, staff_actor(request))
    return _("Gone back. The former settings are live again.")


def _confirm_people(request: HttpRequest, provider: IdentityProvider, form: PeopleForm) -> str:
    confirm_rekey(_seen(request, provider), staff_actor(request), form.cleaned_data["subjects"])
    return _("The list of people is confirmed.")


ACTS: dict[str, Callable[[HttpRequest, IdentityProvider, PeopleForm], str]] = {
    "swap": _swap,
    "drop": _drop,
    "give-back": _give_back,
    "confirm-people": _confirm_people,
}


def _seen(request: HttpRequest, provider: IdentityProvider) -> ProviderSettings:
    """The candidate that the page showed. Raises SwapRefused where it is another one by now."""
    candidate = kept(provider, CANDIDATE)
    if candidate is None or str(candidate.pk) != request.POST.get("candidate"):
        raise SwapRefused(
            "no_candidate", _("The candidate has changed since you looked. Nothing was done: look again.")
        )
    return candidate


def page_of(provider: IdentityProvider) -> str:
    return reverse("admin:changing", args=[provider.pk])


def _page(
    request: HttpRequest, context: dict[str, Any], provider: IdentityProvider, form: PeopleForm | None = None
) -> HttpResponse:
    candidate, former = kept(provider, CANDIDATE), kept(provider, FORMER)
    wanted = conditions(provider, candidate) if candidate else []
    more: dict[str, Any] = {
        "provider": provider,
        "candidate": candidate,
        "former": former,
        "facts": facts(provider, candidate, former),
        "conditions": wanted,
        "ready": bool(candidate) and all(condition.done for condition in wanted),
        "may_change": request.user.has_perm(TO_CHANGE),
        "back_to": reverse("admin:tenants_identityprovider_change", args=[provider.pk]),
        "title": _("Change %(provider)s safely") % {"provider": provider},
    }
    if candidate and candidate.has_another_issuer:
        people = _people(provider, candidate)
        more |= {"people": people[:MOST_PEOPLE], "number": len(people), "cut_off": len(people) > MOST_PEOPLE}
        more["form"] = form or PeopleForm(initial={"subjects": _as_lines(candidate)})
    return TemplateResponse(request, "admin/staff/changing.html", {**context, **more})


def _people(provider: IdentityProvider, candidate: ProviderSettings) -> list[Person]:
    with tenant_context(provider.tenant):
        known = list(people_of(provider, provider.issuer))
    becomes = candidate.subjects
    return [
        Person(each.user.display_name, each.user.email, each.subject, becomes.get(each.subject, each.subject))
        for each in known
    ]


def _as_lines(candidate: ProviderSettings) -> str:
    return "\n".join(f"{old}, {new}" for old, new in candidate.subjects.items())


def _people_file(provider: IdentityProvider) -> HttpResponse:
    """Everybody who would be re-keyed, for comparing with the directory."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{provider.tenant.schema_name}-{provider.slug}-people.csv"'
    rows = csv.writer(answer)
    rows.writerow([_("subject"), _("name"), _("email")])
    with tenant_context(provider.tenant):
        for known in people_of(provider, provider.issuer):
            rows.writerow([_plain(text) for text in (known.subject, known.user.name, known.user.email)])
    return answer


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def facts(
    provider: IdentityProvider, candidate: ProviderSettings | None, former: ProviderSettings | None
) -> list[Fact]:
    settings: list[tuple[str, Callable[[ClientSettings], str]]] = [
        (_("Issuer"), lambda each: each.issuer),
        (_("Client ID"), lambda each: each.client_id),
        (_("Client authentication"), lambda each: str(each.get_auth_method_display())),
        (_("Client secret"), lambda each: _secret(each, provider)),
        (_("Runs out on"), lambda each: _day(each.secret_expires_on) or _("no date is known")),
    ]
    done: list[tuple[str, Callable[[ClientSettings], str]]] = [
        (_("Checked"), _checked),
        (_("Test sign-in"), lambda each: _moment(each.tested_at) or _("never")),
    ]

    def line(label: str, say: Callable[[ClientSettings], str], is_setting: bool) -> Fact:
        beside = [say(each) if each else "" for each in (candidate, former)]
        return Fact(label, say(provider), beside[0], beside[1], is_setting)

    return [*(line(*one, True) for one in settings), *(line(*one, False) for one in done)]


def _secret(settings: ClientSettings, live: IdentityProvider) -> str:
    """Whether there is one, never which."""
    if settings.uses_private_key:
        return _("none: we hold a private key")
    if not settings.client_secret:
        return _("none is stored")
    if isinstance(settings, IdentityProvider):
        return _("stored")
    try:
        same = settings.open_client_secret() == live.open_client_secret()
    except DecryptionError:
        return _("stored, and cannot be decrypted")
    return _("stored") if same else _("stored, another one than the live one")


def _checked(settings: ClientSettings) -> str:
    said = _moment(settings.checked_at) or _("never")
    return f"{said}; {_('failed')}: {', '.join(settings.check_failed)}" if settings.check_failed else said


def _moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "j M Y, H:i") if at else ""


def _day(day: Any) -> str:
    return date_format(day, "j M Y") if day else ""
