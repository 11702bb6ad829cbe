"""manage.py as an operator runs it: a process of its own, on the tests' database."""

import os
import subprocess
import sys
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection


def connect() -> psycopg.Connection[Any]:
    """A connection of its own, outside the test's transaction."""
    parameters = connection.get_connection_params()
    return psycopg.connect(**{name: parameters[name] for name in parameters.keys() & set(PARAMETERS)})


PARAMETERS = ("dbname", "user", "password", "host", "port")


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database_url(), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    with start(*arguments, **environment) as process:
        output, errors = process.communicate(timeout=60)
    return process.returncode, output, errors


def database_url() -> str:
    """A socket's folder stands before the name, as django-environ reads it."""
    database = connection.settings_dict
    user, password, host = (str(database.get(part) or "") for part in ("USER", "PASSWORD", "HOST"))
    account = quote(user, safe="") + (":" + quote(password, safe="") if password else "")
    where, folder = ("", f"/{host}") if host.startswith("/") else (host, "")
    return f"postgres://{account}@{where}:{database['PORT'] or 5432}{folder}/{database['NAME']}"
