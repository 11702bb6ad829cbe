"""The staff host."""

from django.urls import include, path
from django.views.generic import RedirectView

from huume.admin import site

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", site.urls),
    # Not there but in `make demo`.
    path("outbox/", include("huume.demo_outbox_urls")),
]

handler400 = "huume.refusals.bad_request"
handler403 = "huume.refusals.forbidden"
handler404 = "huume.refusals.not_found"
handler500 = "huume.refusals.server_error"
