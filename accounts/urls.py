from django.urls import path

from accounts.views import home, sign_in

urlpatterns = [
    path("", home.home, name="home"),
    path("profile/", home.profile, name="profile"),
    path("sign-in/", sign_in.choose, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("oidc/<slug:slug>/start/", sign_in.start, name="sign-in-start"),
    path("oidc/<slug:slug>/initiate/", sign_in.initiate, name="sign-in-initiate"),
    path("oauth2/<slug:slug>/authresp", sign_in.finish, name="sign-in-finish"),
]
