"""What handing over does to a provider's credential, whoever does it."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.tests.fake_provider import FakeProvider
from huume.setup.tests.setup_cast import provider_of
from tenants.actor import COMMAND, Actor
from tenants.configure import configure, look_up
from tenants.discovery import DiscoveryError
from tenants.handover import HandedOver, explain, read, submit
from tenants.models import IdentityProvider, Tenant

CONTACT = Actor("contact", key="1", name="it@acme.example")


def handed(okta: FakeProvider, **changed: str) -> HandedOver:
    found = look_up("okta", issuer=okta.issuer, client_id="acme-client")
    return HandedOver(found=found, **{"client_id": "acme-client", **changed})  # type: ignore[arg-type]  # of texts alone


def test_a_first_submission_needs_a_secret(acme: Tenant, okta: FakeProvider) -> None:
    with pytest.raises(ValidationError) as refused:
        submit(provider_of(acme), handed(okta), by=CONTACT)
    assert refused.value.code == "secret_missing"


def test_the_secret_is_not_in_what_a_traceback_would_show(acme: Tenant, okta: FakeProvider) -> None:
    assert "the-secret" not in repr(handed(okta, client_secret="the-secret"))


def test_a_secret_given_by_a_command_takes_the_private_key_s_place(acme: Tenant, okta: FakeProvider) -> None:
    provider = provider_of(acme)
    given = handed(okta, auth_method="private_key_jwt")
    submit(provider, given, by=COMMAND)
    configure(acme, "okta", kind="okta", found=given.found, client_id="acme-client", client_secret="s3cret")
    provider.refresh_from_db()
    assert (provider.auth_method, provider.open_client_secret()) == ("client_secret", "s3cret")


def test_configuring_the_same_again_keeps_what_was_checked(acme: Tenant, okta: FakeProvider) -> None:
    given = handed(okta, client_secret="s3cret")
    submit(provider_of(acme), given, by=CONTACT)
    now = timezone.now()
    IdentityProvider.objects.update(checked_at=now)
    configure(acme, "okta", kind="okta", found=given.found, client_id="acme-client")
    assert provider_of(acme).checked_at == now
    configure(acme, "okta", kind="okta", found=given.found, client_id="another-client")
    assert provider_of(acme).checked_at is None


def test_a_live_provider_left_without_a_credential_is_live_no_more(acme: Tenant, okta: FakeProvider) -> None:
    given = handed(okta, client_secret="s3cret")
    submit(provider_of(acme), given, by=CONTACT).provider.activate()
    with FakeProvider() as other:
        found = look_up("okta", issuer=other.issuer, client_id="acme-client")
        configure(acme, "okta", kind="okta", found=found, client_id="acme-client")
    assert provider_of(acme).status == "submitted"


READ = [
    ("okta", "https://acme.okta.com/oauth2/default", ("domain", "https://acme.okta.com/oauth2/default")),
    ("oidc", "https://idp.example/realms/acme", ("issuer", "https://idp.example/realms/acme")),
    (
        "oidc",
        "https://idp.example/realms/acme/.well-known/openid-configuration",
        ("issuer", "https://idp.example/realms/acme"),
    ),
    ("oidc", "idp.example", ("domain", "idp.example")),
    ("google", "", ("domain", "")),
]


@pytest.mark.parametrize(("kind", "typed", "expected"), READ)
def test_what_was_typed_is_a_domain_or_an_issuer(kind: str, typed: str, expected: tuple[str, str]) -> None:
    assert read(IdentityProvider(kind=kind), typed) == expected


@pytest.mark.parametrize(
    "reason", ["blocked", "unreachable", "too_late", "tls", "status", "not_json", "issuer_mismatch"]
)
def test_no_explanation_repeats_what_the_call_saw(reason: str) -> None:
    words = explain(DiscoveryError(reason, "10.0.0.7 answered with status 418"), "acme.okta.com")
    assert "acme.okta.com" in words
    assert not {"10.0.0.7", "418"} & set(words.split())
