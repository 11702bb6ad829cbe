"""What a run knows so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.check_words import host_of, provider_name
from accounts.live_check.findings import UNKNOWN, NotLookedAt
from accounts.live_check.replies import Reply
from accounts.live_check.wire import Wire
from accounts.oidc.requests import scopes_for
from huume.outbound import Answer, Client, Deadline, OutboundError
from tenants.discovery import Metadata
from tenants.models import IdentityProvider


@dataclass
class Run:
    """`barrier` is why nothing more can be looked at; the outcomes are those of the lines that later ones lean on."""

    provider: IdentityProvider
    wire: Wire
    redirect_uri: str
    sign_out_uri: str
    barrier: str = ""
    answer: Answer | None = None
    error: OutboundError | None = None
    document: Mapping[str, Any] = field(default_factory=dict)
    metadata: Metadata | None = None
    client: str = UNKNOWN
    redirect: str = UNKNOWN
    may_push: bool = True
    # What was made of the plain scopes: for a kind that has no others, the answer about all of them too.
    plain_reply: Reply | None = None

    @classmethod
    def of(cls, provider: IdentityProvider, client: Client, deadline: Deadline) -> "Run":
        address = provider.tenant.address
        wire = Wire(provider.pk, client, deadline)
        return cls(provider, wire, redirect_uri=address + provider.redirect_path, sign_out_uri=address)

    @property
    def allow_local(self) -> bool:
        return bool(settings.OIDC_ALLOW_LOCAL_PROVIDERS)

    @property
    def is_okta(self) -> bool:
        return self.provider.kind == IdentityProvider.Kind.OKTA

    @property
    def name(self) -> str:
        return provider_name(self.provider)

    @property
    def host(self) -> str:
        return host_of(self.provider)

    @property
    def plain_scopes(self) -> str:
        return scopes_for(self.provider.kind, plain=True)

    @property
    def scopes(self) -> str:
        return scopes_for(self.provider.kind)

    def go_on(self) -> None:
        """Raises NotLookedAt where the barrier is down."""
        if self.barrier:
            raise NotLookedAt(self.barrier)

    def read_metadata(self) -> Metadata:
        """Raises NotLookedAt."""
        self.go_on()
        if self.metadata is None:
            raise NotLookedAt(_("there is no document to read"))
        return self.metadata

    def endpoint(self, member: str) -> str:
        """The address that the document gives, where it may be used. Raises NotLookedAt."""
        address = str(getattr(self.read_metadata(), member))
        if not address:
            raise NotLookedAt(_("there is no usable %(member)s") % {"member": member})
        return address
