"""The staff host."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

handler400 = "huume.refusals.bad_request"
handler403 = "huume.refusals.forbidden"
handler404 = "huume.refusals.not_found"
handler500 = "huume.refusals.server_error"
