"""One of the other projects made ready, in a process of its own: `python -m bench.theirs`, with its settings module.

Prints as JSON the keys of sessions, one for each of its tenants, or one where it has none.
"""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

# In the projects that have them; pages are asked of each in turn.
TENANTS = 4
EMAIL = "alice.reed@acme.example"


def contexts() -> Iterator[AbstractContextManager[object]]:
    """Migrates, and makes tenants where the project has them; what to enter for each."""
    if not apps.is_installed("django_tenants"):
        call_command("migrate", verbosity=0)
        yield nullcontext()
        return
    from django_tenants.utils import tenant_context

    from bench.tenants_stock.models import Client, Domain

    call_command("migrate_schemas", schema_name="public", verbosity=0)
    for number in range(TENANTS):
        client = Client(schema_name=f"tenant{number}", name="Tenant")
        client.save()  # type: ignore[no-untyped-call]  # the library is untyped
        host = f"tenant{number}.localhost" if number else "tenants.localhost"
        Domain(domain=host, tenant=client, is_primary=True).save()  # type: ignore[no-untyped-call]  # as above
        yield tenant_context(client)


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
    sessions = []
    for context in contexts():
        with context:
            sessions.append(open_session())
    print(json.dumps(sessions))


if __name__ == "__main__":
    main()
