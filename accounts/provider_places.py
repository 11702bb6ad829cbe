"""How many requests of one process wait for providers at once, so that a slow one takes no other tenant's place.

A request that waits holds one of the process's threads (huume.serve). Whoever finds no place is told so at once.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from accounts.oidc.errors import ProviderUnreachable

MOST_FOR_ONE = 16
# Of the 32 threads of huume.serve: the others are left to pages.
MOST_FOR_ALL = 24
_waiting: Counter[UUID] = Counter()
_lock = threading.Lock()


@contextmanager
def place_at(provider: UUID) -> Iterator[None]:
    """Raises ProviderUnreachable("provider_busy")."""
    with _lock:
        if _waiting[provider] >= MOST_FOR_ONE or _waiting.total() >= MOST_FOR_ALL:
            raise ProviderUnreachable("provider_busy", "too many wait for it already")
        _waiting[provider] += 1
    try:
        yield
    finally:
        with _lock:
            _waiting[provider] -= 1
            if not _waiting[provider]:
                del _waiting[provider]
