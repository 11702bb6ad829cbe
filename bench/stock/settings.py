"""mozilla-django-oidc as its documentation sets it up, with PKCE, which the provider asks for."""

import os

from bench.common_settings import *  # noqa: F403
from bench.common_settings import INSTALLED_APPS, database

INSTALLED_APPS = [*INSTALLED_APPS, "mozilla_django_oidc"]
AUTHENTICATION_BACKENDS = ["mozilla_django_oidc.auth.OIDCAuthenticationBackend"]
ROOT_URLCONF = "bench.stock.urls"
DATABASES = {"default": database("bench_stock")}
LOGIN_REDIRECT_URL = "/bench/me/"
LOGIN_REDIRECT_URL_FAILURE = "/failed/"

_PROVIDER = os.environ.get("BENCH_PROVIDER", "")
OIDC_RP_CLIENT_ID = "stock-client"
OIDC_RP_CLIENT_SECRET = "stock-secret"
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_RP_SCOPES = "openid profile email"
OIDC_USE_PKCE = True
OIDC_OP_AUTHORIZATION_ENDPOINT = f"{_PROVIDER}/oauth2/v1/authorize"
OIDC_OP_TOKEN_ENDPOINT = f"{_PROVIDER}/oauth2/v1/token"
OIDC_OP_USER_ENDPOINT = f"{_PROVIDER}/oauth2/v1/userinfo"
OIDC_OP_JWKS_ENDPOINT = f"{_PROVIDER}/oauth2/v1/keys"
