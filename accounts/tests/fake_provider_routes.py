"""Which address of the demo directory is served by what."""

from __future__ import annotations

from collections.abc import Callable

from accounts.tests import fake_provider_api as api
from accounts.tests import fake_provider_authorize as browser
from accounts.tests import fake_provider_console as console
from accounts.tests import fake_provider_discovery as discovery
from accounts.tests import fake_provider_people_api as people_api
from accounts.tests.fake_provider_directory import Directory
from accounts.tests.fake_provider_http import Request
from accounts.tests.fake_provider_transport import Response, okta_error

Endpoint = Callable[[Directory, Request], Response]
GET, POST, BOTH = ("GET",), ("POST",), ("GET", "POST")
Route = tuple[str, tuple[str, ...], Endpoint]

ROUTES: dict[str, Route] = {
    "/": ("dashboard", GET, browser.dashboard),
    "/signin": ("signin", POST, browser.sign_in),
    "/signout": ("signout", POST, browser.sign_out),
    "/.well-known/openid-configuration": ("discovery", GET, discovery.discovery),
    "/oauth2/v1/authorize": ("authorize", BOTH, browser.authorize),
    "/oauth2/v1/logout": ("logout", BOTH, browser.log_out),
    "/oauth2/v1/token": ("token", POST, api.token),
    "/oauth2/v1/par": ("par", POST, api.par),
    "/oauth2/v1/keys": ("jwks", GET, discovery.jwks),
    "/oauth2/v1/userinfo": ("userinfo", BOTH, people_api.userinfo),
    "/idp/myaccount/profile": ("myaccount", GET, people_api.myaccount),
    "/idp/myaccount/emails": ("myaccount", GET, people_api.myaccount),
    "/idp/myaccount/phones": ("myaccount", GET, people_api.myaccount),
    "/attacker/keys": ("attacker", GET, discovery.attacker_jwks),
}
BACK_CHANNEL = {"discovery", "token", "par", "jwks", "userinfo", "myaccount"}


ENDPOINT_NAMES = {name for name, _, _ in ROUTES.values()} | {f"myaccount/{name}" for name in people_api.RESOURCES}


def route_of(directory: Directory, path: str) -> Route:
    """Name, methods and endpoint. The console's own endpoint tells its pages apart, for they come and go."""
    if directory.has_console and path.startswith(console.ROOT):
        return "console", BOTH, console.console
    return ROUTES.get(path, ("", BOTH, not_found))


def not_found(directory: Directory, request: Request) -> Response:
    return okta_error(404, "E0000007", "Not found: Resource not found")


def wrong_method() -> Response:
    return okta_error(405, "E0000022", "The endpoint does not support the provided HTTP method")
