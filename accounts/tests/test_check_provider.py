"""manage.py check_provider: what it prints, and its exit status."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command, load_command_class

from accounts.check_runs import run_now
from accounts.live_check import CHECKS
from accounts.models import HistoryEntry
from accounts.tests.fake_provider import FakeProvider
from accounts.tests.live_check_cast import use_secret
from huume.testing import configure_okta, live_provider_row
from tenants.actor import COMMAND
from tenants.models import IdentityProvider, ProviderCheck, Tenant


@pytest.fixture
def provider(acme: Tenant, okta: FakeProvider) -> IdentityProvider:
    return configure_okta(acme, okta)


def run(*arguments: str) -> tuple[int, str]:
    """Exit status and standard output."""
    said = StringIO()
    try:
        call_command("check_provider", *arguments, stdout=said)
    except SystemExit as ended:
        return int(str(ended.code)), said.getvalue()
    return 0, said.getvalue()


def refusal(*arguments: str) -> str:
    with pytest.raises(CommandError) as refused:
        run(*arguments)
    return str(refused.value)


@pytest.mark.parametrize("subdomain", ["staff", "public"])
def test_huumes_own_schemas_are_refused(acme: Tenant, subdomain: str) -> None:
    assert "Huume's own" in refusal(subdomain)


def test_a_tenant_without_a_provider_is_told_so(acme: Tenant) -> None:
    assert refusal("acme") == "Acme Homes has no provider yet."


def test_several_providers_are_named_where_none_was_chosen(acme: Tenant) -> None:
    for slug in ("okta", "entra"):
        live_provider_row(acme, slug)
    assert refusal("acme") == "Acme Homes has several providers. Say which one: entra, okta."


def test_another_tenants_provider_is_not_found(acme: Tenant, globex: Tenant) -> None:
    live_provider_row(acme, "okta")
    live_provider_row(globex, "other")
    assert refusal("acme", "other") == "Acme Homes has no provider “other”. It has: okta."


def test_too_many_checks_are_refused(provider: IdentityProvider) -> None:
    ProviderCheck.objects.bulk_create(ProviderCheck(provider=provider, asked_by="command") for _ in range(59))
    ProviderCheck.objects.update(finished_at="2026-01-01T00:00Z")
    run_now(provider, by=COMMAND)
    assert "60 checks within the last hour" in refusal("acme")


def test_a_failed_check_is_exit_status_1_and_json_alone(provider: IdentityProvider) -> None:
    use_secret(provider, "not the secret of acme")
    status, output = run("acme", "okta", "--json")
    lines: list[dict[str, Any]] = json.loads(output)
    assert status == 1
    assert [line["check"] for line in lines] == list(CHECKS)
    assert all(set(line) == {"check", "outcome", "expected", "found", "advice"} for line in lines)
    assert [line["check"] for line in lines if line["outcome"] == "failed"] == ["client"]


def test_a_good_check_is_exit_status_0(provider: IdentityProvider) -> None:
    status, output = run("acme", "--json")
    assert status == 0
    assert {line["outcome"] for line in json.loads(output)} == {"ok", "unknown"}


def test_people_read_words_and_what_to_do(provider: IdentityProvider) -> None:
    use_secret(provider, "not the secret of acme")
    status, output = run("acme")
    assert status == 1
    assert "Fix this  Client ID or client secret is wrong: refused (invalid_client)" in output
    assert "copy the Client ID" in output
    assert "Fine      The issuer is the same: it is what was expected" in output
    assert "not the secret of acme" not in output


def test_it_is_on_record(provider: IdentityProvider) -> None:
    run("acme")
    assert HistoryEntry.objects.filter(kind="provider.checked").get().actor_kind == "command"


def test_help_shows_an_example() -> None:
    parser = load_command_class("accounts", "check_provider").create_parser("manage.py", "check_provider")
    assert "manage.py check_provider acme okta --json" in parser.format_help()
