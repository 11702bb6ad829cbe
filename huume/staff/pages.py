"""Pages of ours within the admin: route, view, name. Each view gets the request and the admin's own context."""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase

from huume.staff import break_glass, changing, checks, going_live, readiness, setup_links, sign_ins

Page = Callable[..., HttpResponseBase]

PAGES: tuple[tuple[str, Any, str], ...] = (
    ("readiness/", readiness.readiness, "readiness"),
    ("going-live/<uuid:pk>/", going_live.switch, "going-live"),
    ("break-glass/", break_glass.break_glass, "break-glass"),
    ("break-glass/<uuid:pk>/approve", break_glass.approve, "break-glass-approve"),
    ("break-glass/<uuid:pk>/turn-down", break_glass.turn_down, "break-glass-turn-down"),
    ("sign-ins/", sign_ins.look_up, "sign-ins"),
    ("setup-links/<int:tenant>/", setup_links.setup_link, "setup-link"),
    ("changing/<uuid:pk>/", changing.changing, "changing"),
    ("check/<uuid:pk>/", checks.check, "check"),
    ("check/<uuid:pk>/<uuid:run>/", checks.run, "check-run"),
)
