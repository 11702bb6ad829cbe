"""One of the other projects made ready, in a process of its own: `python -m bench.theirs`, with its settings module.

Prints as JSON the key of a session of somebody signed in.
"""

import json
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

EMAIL = "alice.reed@acme.example"


def migrated() -> AbstractContextManager[object]:
    """Migrates; where the project has tenants, makes one and enters it."""
    if not apps.is_installed("django_tenants"):
        call_command("migrate", verbosity=0)
        return nullcontext()
    from django_tenants.utils import tenant_context

    from bench.tenants_stock.models import Client, Domain

    call_command("migrate_schemas", schema_name="public", verbosity=0)
    client = Client(schema_name="acme", name="Acme")
    client.save()  # type: ignore[no-untyped-call]  # the library is untyped
    Domain.objects.create(domain="tenants.localhost", tenant=client, is_primary=True)
    context: AbstractContextManager[object] = tenant_context(client)
    return context


def open_session() -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User

    user = User.objects.create_user("alice", EMAIL)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session.save()
    return str(session.session_key)


def main() -> None:
    django.setup()
    with migrated():
        print(json.dumps({"session": open_session()}))


if __name__ == "__main__":
    main()
