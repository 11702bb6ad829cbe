"""Customers' hosts."""

from django.urls import include, path

urlpatterns = [
    path("setup/", include("huume.setup.urls")),
    path("", include("accounts.urls")),
]

handler400 = "huume.refusals.bad_request"
handler403 = "huume.refusals.forbidden"
handler404 = "huume.refusals.not_found"
handler500 = "huume.refusals.server_error"
