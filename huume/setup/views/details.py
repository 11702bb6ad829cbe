"""Handing over: domain, client ID, credential."""

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.client_keys import jwks_address
from accounts.connection import release_connection
from huume.setup.access import SetupRequest, actor_of, with_setup_session
from huume.setup.forms.details import DetailsForm
from huume.setup.frame import frame, in_hand
from huume.setup.views.check import ask
from tenants import handover


@with_setup_session
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: SetupRequest) -> HttpResponse:
    settings = in_hand(request.provider)
    form = DetailsForm(request.provider, settings, request.POST if request.method == "POST" else None)
    release_connection()
    if form.is_valid():
        submitted = hand_over(request, form)
        if submitted:
            noted = ["candidate" if submitted.candidate else "stored", *form.noted()]
            return ask(request, urlencode({"noted": noted}, doseq=True))
    return render(request, "setup/details.html", {**frame(request, "details"), **page_context(request, form)})


def hand_over(request: SetupRequest, form: DetailsForm) -> handover.Submitted | None:
    """None where the rules refuse it: the form then says why."""
    try:
        return handover.submit(request.provider, form.handed_over(), by=actor_of(request))
    except ValidationError as error:
        form.take_errors(error)
        return None


def page_context(request: SetupRequest, form: DetailsForm) -> dict[str, Any]:
    return {
        "form": form,
        "jwks_address": jwks_address(request.provider),
        "secret_was_typed": bool(form.is_bound and request.POST.get("client_secret")),
    }
