"""The staff host."""

from django.urls import path
from django.views.generic import RedirectView

from huume.admin import site

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", site.urls),
]

handler400 = "huume.refusals.bad_request"
handler403 = "huume.refusals.forbidden"
handler404 = "huume.refusals.not_found"
handler500 = "huume.refusals.server_error"
