"""The calls of one run under one deadline, with what each tells by the way: how long it took, what time it is there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from time import time
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.connection import release_connection
from accounts.live_check.findings import NotLookedAt
from accounts.oidc.errors import ProviderUnreachable
from accounts.provider_places import place_at
from huume.outbound import Answer, Client, Deadline, Redirects


class Wire:
    """`seconds` that each answer took; `differences`, in seconds, of the provider's clock from ours."""

    def __init__(self, provider: UUID, client: Client, deadline: Deadline) -> None:
        self._provider, self._client, self._deadline = provider, client, deadline
        self.seconds: list[float] = []
        self.differences: list[float] = []

    def get(self, url: str, *, accept: str = "application/json", redirects: Redirects = "refuse") -> Answer:
        """Raises OutboundError, NotLookedAt."""
        with self._place():
            answer = self._client.get(url, headers={"Accept": accept}, deadline=self._deadline, redirects=redirects)
        return self._noted(answer)

    def post(self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None) -> Answer:
        """Raises OutboundError, NotLookedAt."""
        with self._place():
            answer = self._client.post_form(url, form, auth=basic, deadline=self._deadline)
        return self._noted(answer)

    @contextmanager
    def _place(self) -> Iterator[None]:
        """As sign-ins do: those who wait for one slow provider leave room for the others."""
        if self._deadline.left() <= 0:
            raise NotLookedAt(_("the time that a check may take was used up"))
        release_connection()
        try:
            with place_at(self._provider):
                yield
        except ProviderUnreachable:
            raise NotLookedAt(_("too many are waiting for this provider just now")) from None

    def _noted(self, answer: Answer) -> Answer:
        self.seconds.append(answer.elapsed)
        try:
            said = parsedate_to_datetime(answer.headers.get("Date", ""))
            # It has whole seconds, and was written some time after we asked.
            self.differences.append((said.replace(tzinfo=said.tzinfo or UTC)).timestamp() + 0.5 - time())
        except (ValueError, TypeError, OverflowError):
            return answer
        return answer
