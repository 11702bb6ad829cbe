"""configure_provider brings a provider up to what was handed over, and refuses only what can never work."""

import io
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

from accounts.tests.fake_provider import FakeProvider
from huume.testing import live_provider_row
from tenants.configure import Found, explain_remarks
from tenants.discovery import Metadata, parse_domain
from tenants.models import IdentityProvider, Tenant

SECRET = "of-acme's_okta"


class Command:
    """The command as an operator types it, with the secret on standard input."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch

    def run(self, *arguments: str, secret: str = SECRET + "\n") -> str:
        said = StringIO()
        self.monkeypatch.setattr("sys.stdin", io.StringIO(secret))
        call_command("configure_provider", *arguments, stdout=said)
        return said.getvalue()

    def refusal(self, *arguments: str, secret: str = SECRET) -> str:
        """The one line with which it refuses, having changed nothing."""
        before = list(IdentityProvider.objects.values())
        with pytest.raises(CommandError) as refused:
            self.run(*arguments, secret=secret)
        assert list(IdentityProvider.objects.values()) == before
        (line,) = str(refused.value).splitlines()
        return line


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(monkeypatch)


def acme_okta(okta: FakeProvider, *more: str, slug: str = "okta") -> tuple[str, ...]:
    with_issuer = () if "--domain" in more or "--issuer" in more else ("--issuer", okta.issuer)
    return ("acme", slug, *with_issuer, "--client-id", "acme-client", "--client-secret-stdin", *more)


def there(slug: str = "okta") -> IdentityProvider:
    return IdentityProvider.objects.get(tenant__schema_name="acme", slug=slug)


@pytest.mark.parametrize("subdomain", ["nobody", "staff", "public"])
def test_only_a_customers_tenant_has_providers(db: None, command: Command, okta: FakeProvider, subdomain: str) -> None:
    assert f"“{subdomain}”" in command.refusal(subdomain, *acme_okta(okta)[1:])


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ("", "Give either a domain or an issuer."),
        ("acme", "bad_domain: Enter the whole domain, like acme.okta.com."),
        ("it@acme.example", "bad_domain: This is an email address."),
        ("10.0.0.1", "bad_domain: Enter a domain name, not an IP address."),
        ("acme .okta.com", "bad_domain: A domain has no spaces in it."),
    ],
)
def test_what_cannot_be_a_domain_is_refused(
    acme: Tenant, command: Command, okta: FakeProvider, domain: str, said: str
) -> None:
    assert command.refusal(*acme_okta(okta, "--domain", domain)).startswith(said)


def test_a_domain_and_an_issuer_at_once_are_refused(acme: Tenant, command: Command, okta: FakeProvider) -> None:
    said = command.refusal(*acme_okta(okta, "--domain", "acme.okta.com", "--issuer", okta.issuer))
    assert said == "Give either a domain or an issuer."


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("discovery_other_issuer", "issuer_mismatch"),
        ("discovery_no_issuer", "issuer_mismatch"),
        ("discovery_missing", "incomplete"),
        ("discovery_foreign_endpoint", "endpoint"),
        ("discovery_http_endpoint", "endpoint"),
        ("discovery_not_an_object", "not_json"),
    ],
)
def test_an_unusable_document_is_refused(
    acme: Tenant, command: Command, okta: FakeProvider, fault: str, reason: str
) -> None:
    okta.break_rule(fault)
    assert command.refusal(*acme_okta(okta)).startswith(f"{reason}: ")


def test_a_provider_that_does_not_answer_is_refused(acme: Tenant, command: Command, okta: FakeProvider) -> None:
    okta.stop()
    assert command.refusal(*acme_okta(okta)).startswith("unreachable: ")


@pytest.mark.parametrize("slug", ["ok ta", "-okta", "ok/ta", "x" * 41])
def test_a_slug_that_fits_no_path_is_refused(acme: Tenant, command: Command, okta: FakeProvider, slug: str) -> None:
    assert command.refusal("acme", *acme_okta(okta)[2:], "--", slug)


def test_a_bad_email_domain_is_refused(acme: Tenant, command: Command, okta: FakeProvider) -> None:
    said = command.refusal(*acme_okta(okta, "--email-domain", "acme"))
    assert said == "“acme” is not a host name such as portal.example.org."


def test_a_second_provider_for_an_issuer_is_refused(acme: Tenant, command: Command, okta: FakeProvider) -> None:
    command.run(*acme_okta(okta))
    assert command.refusal(*acme_okta(okta, slug="second")) == "This tenant has a provider for this issuer already."


@pytest.mark.parametrize("secret", ["", "\n", "  \n"])
def test_no_secret_where_one_was_promised_is_refused(
    acme: Tenant, command: Command, okta: FakeProvider, secret: str
) -> None:
    assert command.refusal(*acme_okta(okta), secret=secret) == "No client secret came on standard input."


def test_a_provider_without_a_secret_does_not_go_live(acme: Tenant, command: Command, okta: FakeProvider) -> None:
    arguments = [part for part in acme_okta(okta, "--activate") if part != "--client-secret-stdin"]
    with pytest.raises(CommandError, match="Missing: client secret"):
        command.run(*arguments)
    assert not IdentityProvider.objects.live().exists()


def test_a_provider_is_made_with_what_was_handed_over(acme: Tenant, command: Command, okta: FakeProvider) -> None:
    said = command.run(*acme_okta(okta, "--email-domain", "@Acme.example", "--email-domain", "acme.example"))
    provider = there()
    assert (provider.kind, provider.issuer, provider.client_id) == ("okta", okta.issuer, "acme-client")
    assert (provider.email_domains, provider.status) == (["acme.example"], "submitted")
    assert provider.open_client_secret() == SECRET
    assert "Redirect URI: http://acme.localhost:8000/oauth2/okta/authresp" in said
    assert SECRET not in said


def test_a_wrong_secret_is_stored_for_the_live_check_to_find(
    acme: Tenant, command: Command, okta: FakeProvider
) -> None:
    command.run(*acme_okta(okta, "--activate"), secret="wrong")
    assert there().is_live
    assert there().open_client_secret() == "wrong"
    assert not okta.calls_to("token")


def test_a_domain_is_looked_up_with_the_client_id(acme: Tenant, command: Command, okta: FakeProvider) -> None:
    command.run(*acme_okta(okta, "--domain", f"{okta.issuer}/some/page"))
    assert there().issuer == okta.issuer
    assert okta.calls_to("discovery")[0].query == {"client_id": "acme-client"}


def test_what_was_made_of_the_typed_domain_is_said(acme: Tenant, command: Command, okta: FakeProvider) -> None:
    said = command.run(*acme_okta(okta, "--domain", f"{urlsplit(okta.issuer).netloc}/some/page"))
    assert "Only the host was used" in said


def test_the_host_of_oktas_console_is_said_to_be_that() -> None:
    typed = parse_domain("https://acme-admin.okta.com/admin/dashboard")
    issuer = f"https://{typed.host}"
    metadata = Metadata(issuer, authorization_endpoint=issuer, token_endpoint=issuer, jwks_uri=issuer)
    assert explain_remarks(Found(metadata, remarks=typed.remarks)) == [
        "That was the address of Okta's admin console; the host without “-admin” is used."
    ]


@pytest.mark.parametrize(("slug", "kind"), [("okta", "okta"), ("entra", "entra"), ("landlord-b", "oidc")])
def test_the_kind_is_the_slug_where_it_is_one(
    acme: Tenant, command: Command, okta: FakeProvider, slug: str, kind: str
) -> None:
    command.run(*acme_okta(okta, slug=slug))
    assert there(slug).kind == kind


def test_the_kind_can_be_said(acme: Tenant, command: Command, okta: FakeProvider) -> None:
    command.run(*acme_okta(okta, "--kind", "okta", slug="Landlord-B"))
    assert there("landlord-b").kind == "okta"


def test_the_same_again_changes_nothing(acme: Tenant, command: Command, okta: FakeProvider) -> None:
    said = [command.run(*acme_okta(okta, "--email-domain", "acme.example", "--activate")) for _again in range(2)]
    assert said[0] == said[1]
    assert there().is_live


def test_what_is_not_said_again_stays(acme: Tenant, command: Command, okta: FakeProvider) -> None:
    command.run(*acme_okta(okta, "--email-domain", "acme.example", "--activate"))
    command.run("acme", "okta", "--issuer", okta.issuer, "--client-id", "another-client")
    provider = there()
    assert (provider.client_id, provider.email_domains) == ("another-client", ["acme.example"])
    assert provider.is_live
    assert provider.open_client_secret() == SECRET


def test_the_secret_does_not_follow_to_another_issuer(acme: Tenant, command: Command, okta: FakeProvider) -> None:
    before = live_provider_row(acme)
    command.run("acme", "okta", "--issuer", okta.issuer, "--client-id", "acme-client")
    provider = there()
    assert (provider.pk, provider.issuer) == (before.pk, okta.issuer)
    assert not provider.client_secret
    assert not provider.is_live
