"""Mail on its way: queued with what it tells of, sent once, sealed until then, and nothing of it left behind."""

import json

import pytest
from django.core.exceptions import ValidationError
from django_tasks_db.models import DBTaskResult

from huume.testing import Mails
from tenants.models import Mail, Tenant
from tenants.outbox import queue_mail


def test_try(acme: Tenant, mails: Mails) -> None:
    queue_mail("welcome", "a@acme.example", tenant=acme, context={"tenant": "Acme", "address": "https://x.example", "ask": "me"})
    sent = mails()
    print(sent[0].message().as_string())
    assert 0
