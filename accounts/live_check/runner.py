import logging
import traceback
from collections.abc import Callable, Generator, Mapping

from django.utils.translation import gettext as _

from accounts.live_check import advice, client, document, front_door, leaving, pace, reaching
from accounts.live_check.expectations import EXPECTED
from accounts.live_check.findings import UNKNOWN, Finding, NotLookedAt, words_of
from accounts.live_check.lines import CHECKS, Line
from accounts.live_check.state import Run
from huume.outbound import Client, Deadline, OutboundError
from tenants.metadata import outbound_client
from tenants.models import IdentityProvider

SECONDS = 20.0
LOOKS: Mapping[str, Callable[[Run], Finding]] = {
    "domain": reaching.domain,
    "tls": reaching.tls,
    "discovery": reaching.discovery,
    "issuer": reaching.issuer,
    "endpoints": document.endpoints,
    "flow": document.flow,
    "pkce": document.pkce,
    "signing": document.signing,
    "jwks": document.jwks,
    "client": client.client,
    "redirect_uri": front_door.redirect_uri,
    "scopes": front_door.scopes,
    "sign_out": leaving.sign_out,
    "clock": pace.clock,
    "speed": pace.speed,
}
logger = logging.getLogger(__name__)


def run(
    provider: IdentityProvider, *, client: Client | None = None, seconds: float = SECONDS
) -> Generator[Line, None, None]:
    """All lines in the order of CHECKS, each as soon as it is known; none is missing, whatever the provider does.

    `client` calls instead of the process's own; all calls together take `seconds` at most. Nothing is stored.
    """
    looked = Run.of(provider, client or outbound_client(), Deadline(seconds))
    for check in CHECKS:
        finding = _look(looked, check)
        yield Line(check, finding.outcome, EXPECTED[check](looked), finding.found, finding.advice)


def _look(looked: Run, check: str) -> Finding:
    try:
        return LOOKS[check](looked)
    except NotLookedAt as missed:
        return missed.finding
    except OutboundError as error:
        return Finding(UNKNOWN, words_of(error), advice.try_again(looked))
    except Exception as error:
        # What we have not thought of must not cost the other lines. An error's own words may hold values: where it was.
        place = traceback.extract_tb(error.__traceback__)[-1]
        at = f"{place.name}:{place.lineno}"
        logger.error("live check went wrong", extra={"check": check, "error": type(error).__name__, "at": at})
        return Finding(UNKNOWN, _("this could not be looked at: a mistake of ours"), advice.ask_us(looked))
