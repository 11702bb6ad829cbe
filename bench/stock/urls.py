from django.urls import include, path

from bench import views

urlpatterns = [
    path("oidc/", include("mozilla_django_oidc.urls")),
    path("bench/trivial/", views.trivial),
    path("bench/me/", views.me),
]
