"""System checks: what would be wrong with this installation before anybody signs in."""

from typing import Any

from django.conf import settings
from django.core import checks

from huume.crypto import KeyRing


def register() -> None:
    checks.register(encryption_keys)
    checks.register(local_providers, deploy=True)


def encryption_keys(app_configs: Any, **_kwargs: Any) -> list[checks.CheckMessage]:
    try:
        KeyRing(settings.ENCRYPTION_KEYS)
    except ValueError as error:
        return [checks.Error(str(error), hint="manage.py generate_key prints a good one.", id="huume.E001")]
    return []


def local_providers(app_configs: Any, **_kwargs: Any) -> list[checks.CheckMessage]:
    if settings.OIDC_ALLOW_LOCAL_PROVIDERS:
        return [checks.Warning("OIDC_ALLOW_LOCAL_PROVIDERS is for the demo and tests only.", id="huume.W001")]
    return []
