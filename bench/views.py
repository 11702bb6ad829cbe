"""The same two pages for every project that is compared."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def trivial(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def me(request: HttpRequest) -> HttpResponse:
    """Who is signed in; 403 where nobody is, so that a lost session can never count as a fast answer."""
    return render(request, "bench/me.html", status=200 if request.user.is_authenticated else 403)
