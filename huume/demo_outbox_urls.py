from django.urls import path

from huume.demo_outbox_pages import mail_as_html, outbox

urlpatterns = [
    path("", outbox, name="demo-outbox"),
    path("<slug:name>/", mail_as_html, name="demo-outbox-html"),
]
