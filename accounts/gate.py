"""Who may call a view. A view that says nothing is closed (accounts.middleware.GateMiddleware)."""

from collections.abc import Callable
from typing import Any, TypeVar

from accounts.permissions import Permission

View = TypeVar("View", bound=Callable[..., Any])

ANYBODY = "anybody"
SIGNED_IN = "signed in"


def open_to_anybody(view: View) -> View:
    """For the way in: sign-in pages and what providers call."""
    return _with_gate(view, ANYBODY)


def open_to_signed_in(view: View) -> View:
    """For what people who wait for access may see too."""
    return _with_gate(view, SIGNED_IN)


def requires(permission: Permission) -> Callable[[View], View]:
    return lambda view: _with_gate(view, permission.value)


def _with_gate(view: View, gate: str) -> View:
    view.gate = gate  # type: ignore[attr-defined]  # read by GateMiddleware
    return view
