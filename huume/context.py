from typing import Any

from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, Any]:
    """What every page knows: whose portal it is on."""
    return {"tenant": getattr(request, "tenant", None)}
