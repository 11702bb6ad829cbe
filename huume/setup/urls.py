"""Setting a provider up: the IT contact's pages, on the tenant's own host."""

from django.urls import path

from huume.setup.views import check, details, entering, guide, live, rehearsal

urlpatterns = [
    path("", entering.door, name="setup"),
    path("send-code/", entering.send_code, name="setup-send-code"),
    path("code/", entering.code, name="setup-code"),
    path("leave/", entering.leave, name="setup-leave"),
    path("guide/", guide.guide, name="setup-guide"),
    path("guide/<slug:step>/", guide.step, name="setup-step"),
    path("print/", guide.print_view, name="setup-print"),
    path("details/", details.details, name="setup-details"),
    path("check/", check.check, name="setup-check"),
    path("check/<uuid:pk>/", check.run, name="setup-check-run"),
    path("test/", rehearsal.rehearsal, name="setup-test"),
    path("live/", live.live, name="setup-live"),
    # Last: whatever else is there is a link, whole or mangled.
    path("<str:token>/", entering.open_link, name="setup-open"),
]
