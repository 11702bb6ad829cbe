"""System checks: what would be wrong with this installation before anybody signs in."""

from typing import Any

import psycopg
from django.conf import settings
from django.core import checks
from django.db import connection

from huume.crypto import KeyRing
from huume.database.pooler import TransactionPoolerError, refuse_transaction_pooler


def register() -> None:
    checks.register(encryption_keys)
    checks.register(transaction_pooler)
    checks.register(local_providers, deploy=True)
    checks.register(demo_outbox, deploy=True)


def encryption_keys(app_configs: Any, **_kwargs: Any) -> list[checks.CheckMessage]:
    try:
        KeyRing(settings.ENCRYPTION_KEYS)
    except ValueError as error:
        return [checks.Error(str(error), hint="manage.py generate_key prints a good one.", id="huume.E001")]
    return []


def transaction_pooler(app_configs: Any, **_kwargs: Any) -> list[checks.CheckMessage]:
    """Without Django's tag for checks of the database: `manage.py check` leaves those out."""
    try:
        refuse_transaction_pooler(connection.get_connection_params())
    except TransactionPoolerError as error:
        return [checks.Error(str(error), id="huume.E002")]
    except psycopg.Error as error:
        text = f"The database cannot be reached, so nobody looked for a transaction pooler: {type(error).__name__}."
        return [checks.Warning(text, id="huume.W002")]
    return []


def local_providers(app_configs: Any, **_kwargs: Any) -> list[checks.CheckMessage]:
    if settings.OIDC_ALLOW_LOCAL_PROVIDERS:
        return [checks.Warning("OIDC_ALLOW_LOCAL_PROVIDERS is for the demo and tests only.", id="huume.W001")]
    return []


def demo_outbox(app_configs: Any, **_kwargs: Any) -> list[checks.CheckMessage]:
    if settings.DEMO_OUTBOX:
        return [checks.Warning("HUUME_OUTBOX is for the demo only: no mail goes out.", id="huume.W003")]
    return []
