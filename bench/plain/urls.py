from django.urls import path

from bench import views

urlpatterns = [path("bench/trivial/", views.trivial), path("bench/me/", views.me)]
