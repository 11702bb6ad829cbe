"""What each line expects, the same whatever was found: values of ours, to compare with."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from accounts.live_check.pace import LEEWAY, SLOW
from accounts.live_check.state import Run
from tenants.discovery import SIGNING_ALGORITHMS

EXPECTED: Mapping[str, Callable[[Run], str]] = {
    "domain": lambda run: _("%(host)s answers") % {"host": run.host},
    "tls": lambda run: _("a valid certificate for %(host)s") % {"host": run.host},
    "discovery": lambda run: _("a document at /.well-known/openid-configuration"),
    "issuer": lambda run: run.provider.issuer,
    "endpoints": lambda run: _own_host(run) if run.is_okta else _("addresses that begin with https://"),
    "flow": lambda run: _("code in response_types_supported"),
    "pkce": lambda run: _("S256 in code_challenge_methods_supported"),
    "signing": lambda run: _("one of %(algorithms)s") % {"algorithms": ", ".join(SIGNING_ALGORITHMS)},
    "jwks": lambda run: _("a public key to check signatures with"),
    "client": lambda run: _key_accepted(run) if run.provider.uses_private_key else _secret_accepted(run),
    "redirect_uri": lambda run: run.redirect_uri,
    "scopes": lambda run: run.scopes,
    "sign_out": lambda run: run.sign_out_uri,
    "clock": lambda run: _("clocks at most %(seconds)s s apart") % {"seconds": round(LEEWAY)},
    "speed": lambda run: _("each answer in less than %(seconds)s s") % {"seconds": round(SLOW)},
}


def _own_host(run: Run) -> str:
    return _("addresses on %(origin)s") % {"origin": run.provider.issuer.removesuffix("/")}


def _secret_accepted(run: Run) -> str:
    return _("client %(client)s with its secret is accepted") % {"client": run.provider.client_id or "—"}


def _key_accepted(run: Run) -> str:
    return _("client %(client)s with our public key is accepted") % {"client": run.provider.client_id or "—"}
