"""Django keeps content types once for the process; their ids are each schema's own, so here they are kept by schema."""

from typing import Any

from django.contrib.contenttypes.models import ContentType

from tenants.schemas import current_schema


class CacheBySchema(dict[Any, Any]):
    """Stands in for ContentTypeManager._cache, whose keys are database aliases (django.contrib.contenttypes.models)."""

    def __getitem__(self, using: str) -> Any:
        return super().__getitem__((current_schema(), using))

    def setdefault(self, using: Any, default: Any = None) -> Any:
        return super().setdefault((current_schema(), using), default)


def keep_apart() -> None:
    cache = CacheBySchema()
    # The model's manager is a copy of its local one, made anew when the app registry forgets: both get the same cache.
    for manager in (ContentType.objects, *ContentType._meta.local_managers):
        manager._cache = cache  # type: ignore[attr-defined]  # the manager's own, private attribute
