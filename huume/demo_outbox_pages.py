"""/outbox/ on the demo's staff host: every mail, for whoever sits at the machine that the demo runs on.

Nobody needs to sign in, for a newcomer wants to see the mail of people he has not been yet. So it is there only where
the outbox is switched on, on localhost, and for a browser on the same machine; for everybody else it is not there.
"""

import ipaddress
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from huume.content_policy import HEADER
from huume.demo_outbox import kept_mail, kept_mails

# A mail brings its own styles, as mails must; it can do nothing else but be looked at, and lead to its links.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


def only_in_the_demo(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: str) -> HttpResponse:
        if not (settings.DEMO_OUTBOX and settings.LOCAL and is_loopback(request.META.get("REMOTE_ADDR", ""))):
            raise Http404
        return view(request, **kwargs)

    return guarded


def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


@require_safe
@only_in_the_demo
def outbox(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/outbox.html", {"mails": kept_mails()})


@require_safe
@only_in_the_demo
def mail_as_html(request: HttpRequest, name: str) -> HttpResponse:
    mail = kept_mail(name)
    if mail is None:
        raise Http404
    return HttpResponse(mail.html, headers={HEADER: MAIL_POLICY})
