"""manage.py send_setup_link: to whom, for which provider, and what it says."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from huume.testing import ClientFor, Mails, live_provider_row
from tenants.models import IdentityProvider, SetupLink, Tenant

ADDRESS = re.compile(r"http://acme\.localhost:8000(/setup/[A-Za-z0-9_-]{43}/)")


def send(*arguments: str) -> str:
    said = StringIO()
    call_command("send_setup_link", *arguments, stdout=said)
    return said.getvalue()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], "There is no tenant “nobody”"),
        (["staff"], "Huume's own"),
        (["acme", "--email", "it"], "Enter a valid email address"),
        (["acme", "--days", "0"], "1 to 30 days"),
        (["acme", "--days", "31"], "1 to 30 days"),
        (["acme", "--days", "soon"], "invalid int value"),
        (["acme", "Not A Slug"], "Small letters"),
        (["acme", "--kind", "saml"], "invalid choice"),
    ],
)
def test_refusals(acme: Tenant, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        send(*arguments)
    assert not SetupLink.objects.exists()
    assert not IdentityProvider.objects.exists()


def test_without_a_contact_it_asks_for_one(acme: Tenant) -> None:
    Tenant.objects.filter(pk=acme.pk).update(contact="")
    with pytest.raises(CommandError, match="--email"):
        send("acme")


def test_of_several_providers_one_is_named(acme: Tenant) -> None:
    for slug in ("north", "south"):
        live_provider_row(acme, slug)
    with pytest.raises(CommandError, match="north, south"):
        send("acme")
    send("acme", "south")
    assert SetupLink.objects.get().provider.slug == "south"


def test_a_kind_that_it_is_not(acme: Tenant) -> None:
    live_provider_row(acme)
    with pytest.raises(CommandError, match="its kind is okta"):
        send("acme", "--kind", "entra")


def test_a_suspended_tenant(acme: Tenant) -> None:
    acme.suspend()
    with pytest.raises(CommandError, match="suspended"):
        send("acme")


def test_it_goes_to_the_contact_for_a_new_draft(acme: Tenant, mails: Mails, client_for: ClientFor) -> None:
    said = send("acme")
    assert said.startswith("On its way to it@acme.example, for Acme Homes: Okta. It opens until ")
    (mail,) = mails()
    assert mail.to == ["it@acme.example"]
    found = ADDRESS.search(str(mail.body))
    assert found
    assert found[1] not in said
    provider = IdentityProvider.objects.get()
    assert (provider.slug, provider.kind, provider.status) == ("okta", "okta", "draft")
    assert client_for(acme).get(found[1])["Location"] == "/setup/"


@pytest.mark.parametrize(
    ("arguments", "slug", "kind"),
    [(["entra"], "entra", "entra"), (["north"], "north", "oidc"), (["north", "--kind", "google"], "north", "google")],
)
def test_the_kind_goes_by_the_slug(acme: Tenant, arguments: list[str], slug: str, kind: str) -> None:
    send("acme", *arguments)
    provider = IdentityProvider.objects.get()
    assert (provider.slug, provider.kind) == (slug, kind)


def test_the_only_provider_is_meant(acme: Tenant) -> None:
    live_provider_row(acme, "north")
    send("acme", "--email", "sam@acme.example", "--days", "1")
    link = SetupLink.objects.select_related("provider").get()
    assert (link.provider.slug, link.email, link.provider.status) == ("north", "sam@acme.example", "live")


def test_run_again_the_new_link_replaces_the_former(acme: Tenant) -> None:
    send("acme")
    send("acme")
    assert SetupLink.objects.count() == 2
    assert SetupLink.objects.standing().count() == 1
    assert IdentityProvider.objects.count() == 1


def test_printed_it_is_not_sent(acme: Tenant, mails: Mails, client_for: ClientFor) -> None:
    said = send("acme", "--print")
    found = ADDRESS.match(said)
    assert found
    assert "Shown this once" in said
    assert mails() == []
    assert client_for(acme).get(found[1])["Location"] == "/setup/"
