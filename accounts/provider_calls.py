"""The calls to a provider that a sign-in makes: two for most, one where the ID token says enough; keys from a cache."""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from django.core.cache import cache

from accounts import rotation
from accounts.client_authentication import client_secret, credentials
from accounts.connection import release_connection
from accounts.oidc import myaccount
from accounts.oidc.claims import Person, holds_what_we_need, read_person
from accounts.oidc.errors import (
    IssuerMismatch,
    ProviderUnreachable,
    SignInError,
    TokenEndpointRefused,
    UnknownKey,
    UserinfoRefused,
)
from accounts.oidc.requests import TokenResponse, read_token_response
from accounts.oidc.tokens import verify_id_token
from huume.outbound import Answer, Deadline, OutboundError
from tenants.discovery import DiscoveryError, Metadata
from tenants.metadata import current_metadata, outbound_client
from tenants.models import IdentityProvider

__all__ = ["ProviderCalls", "release_connection", "unreachable"]

JWKS_SECONDS = 3600
REFETCH_SECONDS = 60
MYACCOUNT_SECONDS = 2.0
UNREACHABLE = {
    "too_late": "provider_too_late",
    "too_large": "provider_too_large",
    "not_json": "provider_not_json",
    "status": "provider_error_status",
    "redirect": "provider_error_status",
}
logger = logging.getLogger(__name__)
_askers = ThreadPoolExecutor(max_workers=12, thread_name_prefix="myaccount")


def unreachable(error: OutboundError | DiscoveryError) -> SignInError:
    return ProviderUnreachable(UNREACHABLE.get(error.reason, "provider_unreachable"), error.detail)


class ProviderCalls:
    """One sign-in's calls, under one deadline. Every failure is a SignInError.

    `with_kept`: whether a credential kept beside the provider's own may be tried where that is refused. So it is for
    people who sign in, and not for a test, which is of one credential.
    """

    def __init__(self, provider: IdentityProvider, *, with_kept: bool = False) -> None:
        self.provider, self.with_kept = provider, with_kept
        self.deadline = Deadline()
        self.client = outbound_client()
        self.metadata = self._metadata()

    def _metadata(self) -> Metadata:
        try:
            return current_metadata(self.provider, self.deadline)
        except DiscoveryError as error:
            if error.reason == "issuer_mismatch":
                raise IssuerMismatch("issuer_mismatch", error.detail) from error
            raise unreachable(error) from error

    @property
    def client_secret(self) -> str:
        return client_secret(self.provider)

    def redeem(self, form: dict[str, str]) -> TokenResponse:
        """RFC 6749 section 4.1.3. Two client authentications at most, the second where a secret is being rotated."""
        first: TokenEndpointRefused | None = None
        for choice in self._choices():
            try:
                tokens = self._redeem_as(choice.provider, form)
            except TokenEndpointRefused as error:
                if error.code == "code_refused":
                    # So the client was good: a provider may have spent the code on the credential it refused before.
                    self._remember(choice)
                if error.code != "client_refused":
                    raise
                rotation.note_refusal(choice)
                first = first or error
                continue
            self._remember(choice)
            return tokens
        if self.with_kept:
            rotation.forget(self.provider)
        raise first or TokenEndpointRefused("client_refused")

    def _choices(self) -> Iterable[rotation.Choice]:
        return rotation.choices(self.provider) if self.with_kept else [rotation.Choice(self.provider)]

    def _remember(self, choice: rotation.Choice) -> None:
        if self.with_kept:
            rotation.remember(self.provider, choice)

    def _redeem_as(self, client: IdentityProvider, form: dict[str, str]) -> TokenResponse:
        proof = credentials(client, self.metadata, self.metadata.token_endpoint)
        try:
            answer = self.client.post_form(
                self.metadata.token_endpoint,
                {"grant_type": "authorization_code", **form, **proof.form},
                headers={"Accept": "application/json"},
                auth=proof.basic,
                deadline=self.deadline,
            )
            return read_token_response(answer.status, answer.json())
        except OutboundError as error:
            raise unreachable(error) from error

    def verify(self, id_token: str, *, nonce: str, access_token: str, now: float) -> dict[str, Any]:
        """The ID token's claims; keys fetched once more where they may have been rotated, at most once a minute."""
        rules: dict[str, Any] = {
            "issuer": self.provider.issuer,
            "client_id": self.provider.client_id,
            "nonce": nonce,
            "access_token": access_token,
            "now": now,
        }
        jwks, fresh = self._keys()
        try:
            return verify_id_token(id_token, jwks=jwks, **rules)
        except UnknownKey:
            if fresh or not cache.add(f"jwks-asked:{self._jwks_key}", True, REFETCH_SECONDS):
                raise
        return verify_id_token(id_token, jwks=self._fetch_keys(), **rules)

    @property
    def _jwks_key(self) -> str:
        return f"jwks:{self.provider.pk}:{self.metadata.jwks_uri}"

    def _keys(self) -> tuple[Any, bool]:
        """The provider's keys, and whether they were fetched just now."""
        jwks = cache.get(self._jwks_key)
        return (jwks, False) if jwks is not None else (self._fetch_keys(), True)

    def _fetch_keys(self) -> Any:
        try:
            jwks = self.client.get_json(self.metadata.jwks_uri, deadline=self.deadline)
        except OutboundError as error:
            raise unreachable(error) from error
        cache.set(self._jwks_key, jwks, JWKS_SECONDS)
        return jwks

    def person(self, access_token: str, claims: dict[str, Any]) -> Person:
        """Userinfo is not asked where the ID token says enough; never skipped for Okta, whose tokens are thin."""
        okta = self.provider.kind == IdentityProvider.Kind.OKTA
        if not self.metadata.userinfo_endpoint or (not okta and holds_what_we_need(claims)):
            return read_person(claims, None)
        person = read_person(claims, self._userinfo(access_token))
        return self._enriched(person, access_token) if okta else person

    def _userinfo(self, access_token: str) -> Any:
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        try:
            answer = self.client.get(self.metadata.userinfo_endpoint, headers=headers, deadline=self.deadline)
            if answer.status != 200:
                raise ProviderUnreachable("provider_error_status", f"userinfo answered {answer.status}")
            if "jwt" in answer.headers.get("content-type", "").lower():
                raise UserinfoRefused("userinfo_malformed", "userinfo is a JWT")
            return answer.json()
        except OutboundError as error:
            raise unreachable(error) from error

    def _enriched(self, person: Person, access_token: str) -> Person:
        """Okta's MyAccount: asked in parallel for two seconds at most; whatever fails is done without."""
        limit = Deadline(min(MYACCOUNT_SECONDS, self.deadline.left()))
        headers = {"Authorization": f"Bearer {access_token}", **myaccount.HEADERS}
        asked = {
            name: _askers.submit(self.client.get, url, headers=headers, deadline=limit)
            for name, url in myaccount.addresses(self.provider.issuer).items()
        }
        got: dict[str, object] = {}
        for name, future in asked.items():
            try:
                got[name] = _document(future.result(timeout=max(0.0, limit.left())), name)
            except (OutboundError, FutureTimeoutError) as error:
                got[name] = None
                reason = getattr(error, "reason", "too_late")
                logger.info(
                    "myaccount not available", extra={"provider": self.provider.slug, "asked": name, "reason": reason}
                )
        return myaccount.enrich(person, got["profile"], got["emails"], got["phones"])


def _document(answer: Answer, name: str) -> object:
    if answer.status != 200:
        logger.info("myaccount refused", extra={"asked": name, "status": answer.status})
        return None
    return answer.json() if name == "profile" else answer.json_list()
