"""The product's addresses and the bench's, which pass the same gates."""

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from accounts.gate import open_to_anybody, open_to_signed_in
from accounts.models import Team
from bench import views


@open_to_signed_in
def error(request: HttpRequest) -> HttpResponse:
    """Fails after a read, inside a transaction that has written."""
    with transaction.atomic():
        Team.objects.create(name="never kept")
        raise RuntimeError("on purpose")


@open_to_signed_in
def rollback(request: HttpRequest) -> HttpResponse:
    """Reads on in the connection that rolled a transaction and a savepoint back."""
    try:
        with transaction.atomic():
            Team.objects.create(name="twice")
            with transaction.atomic():
                Team.objects.create(name="twice")
    except IntegrityError:
        pass
    request.user.refresh_from_db()  # type: ignore[union-attr]  # the gate lets only users through
    return views.me(request)


urlpatterns = [
    # First, as they are in the projects compared with: Django tries one address after the other.
    path("bench/trivial/", open_to_anybody(views.trivial)),
    path("bench/me/", open_to_signed_in(views.me)),
    path("bench/error/", error),
    path("bench/rollback/", rollback),
    path("", include("huume.urls")),
]
handler500 = "huume.refusals.server_error"
