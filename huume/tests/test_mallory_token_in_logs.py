"""The secret in the address of a setup or emergency link is in no line of the log, whatever goes wrong on the way."""

import logging

import pytest
from django.db import connection
from django.test import Client

from huume.logs import JsonFormatter
from huume.serve_logs import LineFormatter

TOKEN = "AbC-_" * 8 + "xyz"
ADDRESSES = [f"/setup/{TOKEN}/", f"/emergency/{TOKEN}/", f"/setup/{TOKEN}", f"/setup/{TOKEN}/wp-admin"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.django_db
def test_a_register_that_is_out_of_reach(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE public.tenants_domain RENAME COLUMN domain TO broken")
    answer = Client(HTTP_HOST="not-looked-up-yet.localhost:8000").get(address)
    assert answer.status_code == 503
    written = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    assert "Service Unavailable" in written
    assert TOKEN not in written


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_the_server_itself_says(address: str) -> None:
    record = logging.LogRecord(
        "gunicorn.error", logging.ERROR, __file__, 0, "Error handling request %s", (address,), None
    )
    assert TOKEN not in LineFormatter().format(record)
