"""How sign-in rules hook into mozilla-django-oidc, and nothing else."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from accounts.models import APP, User
from accounts.oidc.claims import Person
from accounts.oidc.requests import TokenResponse
from accounts.provider_calls import ProviderCalls
from tenants.schemas import current_schema


class StaffBackend(ModelBackend):
    """Passwords and permissions of Huume's own staff: in their schema, and nowhere else."""

    def authenticate(
        self, request: HttpRequest | None, username: Any = None, password: Any = None, **kwargs: Any
    ) -> Any:
        if current_schema() != settings.STAFF_SCHEMA:
            return None
        return super().authenticate(request, username=(username or "").strip().lower(), password=password, **kwargs)

    def get_user(self, user_id: Any) -> Any:
        return super().get_user(user_id) if current_schema() == settings.STAFF_SCHEMA else None

    def _get_permissions(self, user_obj: Any, obj: Any, from_name: str) -> set[str]:
        if current_schema() != settings.STAFF_SCHEMA:
            return set()
        return super()._get_permissions(user_obj, obj, from_name)  # type: ignore[misc,no-any-return]  # no stub for it


@dataclass(frozen=True)
class Exchange:
    """What an attempt brings to the token exchange."""

    code: str
    verifier: str
    nonce: str
    redirect_uri: str


class TenantOIDCBackend(OIDCAuthenticationBackend):
    """The library's backend for the provider of one attempt.

    The library reads settings in __init__, but Django makes every backend on every request that touches request.user,
    so that waits until `authenticate`, whose signature is its own: Django skips it where a password is tried.
    """

    SETTINGS: dict[str, Callable[[ProviderCalls], str]] = {
        "OIDC_OP_TOKEN_ENDPOINT": lambda calls: calls.metadata.token_endpoint,
        "OIDC_OP_USER_ENDPOINT": lambda calls: calls.metadata.userinfo_endpoint,
        "OIDC_OP_JWKS_ENDPOINT": lambda calls: calls.metadata.jwks_uri,
        "OIDC_RP_CLIENT_ID": lambda calls: calls.provider.client_id,
        "OIDC_RP_CLIENT_SECRET": lambda calls: calls.client_secret,
        "OIDC_RP_SIGN_ALGO": lambda calls: "RS256",
    }

    def __init__(self) -> None:
        self.UserModel = User

    def get_settings(self, attr: str, *args: Any) -> Any:  # type: ignore[override]  # static there
        return self.SETTINGS[attr](self.calls) if attr in self.SETTINGS else (args[0] if args else None)

    def authenticate(  # type: ignore[override]  # on purpose: see above
        self, request: HttpRequest, *, calls: ProviderCalls, exchange: Exchange
    ) -> Person:
        """Who the provider says this is. Raises SignInError. No user is read or made here: see accounts.arrive."""
        self.request, self.calls = request, calls
        super().__init__()  # type: ignore[no-untyped-call]  # the library is untyped
        tokens = self.get_token(
            {"code": exchange.code, "redirect_uri": exchange.redirect_uri, "code_verifier": exchange.verifier}
        )
        claims = self.verify_token(tokens.id_token, nonce=exchange.nonce, access_token=tokens.access_token)
        self.id_token, self.claims = tokens.id_token, claims
        return self.get_userinfo(tokens.access_token, tokens.id_token, claims)

    def get_token(self, payload: dict[str, str]) -> TokenResponse:
        return self.calls.redeem(payload)

    def verify_token(self, token: str, **kwargs: Any) -> dict[str, Any]:
        return self.calls.verify(token, nonce=kwargs["nonce"], access_token=kwargs["access_token"], now=time.time())

    def get_userinfo(self, access_token: str, id_token: str, payload: dict[str, Any]) -> Person:
        return self.calls.person(access_token, payload)

    def get_user(self, user_id: Any) -> User | None:
        """The user with what they may do, in one statement; nobody who is suspended."""
        if current_schema() == settings.STAFF_SCHEMA:
            return None
        user: User | None = User.objects.of_session(user_id)
        return user

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if obj is not None or user_obj.is_anonymous or current_schema() == settings.STAFF_SCHEMA:
            return set()
        return {f"{APP}.{codename}" for codename in user_obj.permissions}

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return self.get_all_permissions(user_obj, obj)

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return user_obj.is_active and perm in self.get_all_permissions(user_obj, obj)
