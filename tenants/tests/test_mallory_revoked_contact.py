"""Whose link was taken back, as it had gone to the wrong person, hears no more of the tenant."""

from datetime import timedelta

from django.utils import timezone

from tenants import emails
from tenants.models import IdentityProvider, SetupLink


def link_to(provider: IdentityProvider, email: str, end: str = "") -> None:
    now = timezone.now()
    SetupLink.objects.create(
        provider=provider,
        email=email,
        token_digest=email,
        expires_at=now + timedelta(days=7),
        ended_at=now if end else None,
        end=end,
    )


def test_a_contact_whose_link_was_revoked_is_told_nothing(acme_provider: IdentityProvider) -> None:
    link_to(acme_provider, "mallory@elsewhere.example", SetupLink.End.REVOKED)
    mails = [*emails.went_live(acme_provider, None), *emails.secret_runs_out(acme_provider, 7)]
    assert "mallory@elsewhere.example" not in [mail.recipient for mail in mails]


def test_the_one_before_is_the_contact_again(acme_provider: IdentityProvider) -> None:
    link_to(acme_provider, "it@acme.example", SetupLink.End.DONE)
    link_to(acme_provider, "mallory@elsewhere.example", SetupLink.End.REVOKED)
    assert emails.contact_of(acme_provider) == "it@acme.example"
