"""What the provider's document must offer, each mistake told apart (OpenID Connect Discovery 1.0, 3; RFC 8414, 2)."""

from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from accounts.live_check import advice
from accounts.live_check.findings import FAILED, OK, UNKNOWN, Finding, status_words, words_of
from accounts.live_check.state import Run
from accounts.oidc.errors import SignInError
from accounts.oidc.keys import ALLOWED_ALGORITHMS, select_keys
from huume.outbound import OutboundError
from tenants.discovery import OPTIONAL_ENDPOINTS, REQUIRED_ENDPOINTS, SIGNING_ALGORITHMS, Metadata
from tenants.issuers import problem_of_url

ENDPOINTS = (*REQUIRED_ENDPOINTS, *OPTIONAL_ENDPOINTS)
MOST_NAMES = 200


def endpoints(run: Run) -> Finding:
    run.go_on()
    problems = {name: _problem(run, name) for name in ENDPOINTS}
    run.metadata = _metadata(run, [name for name, problem in problems.items() if not problem])
    wrong = [f"{name}: {problem}" for name, problem in problems.items() if problem]
    if wrong:
        return Finding(FAILED, "; ".join(wrong), advice.document(run))
    return Finding(OK, _("all of them are"))


def _problem(run: Run, name: str) -> str:
    """What is wrong with an endpoint, in words; empty where nothing is, or where it is one that need not be there."""
    url = run.document.get(name)
    if url is None or url == "":
        return _("it is missing") if name in REQUIRED_ENDPOINTS else ""
    problem = problem_of_url(url, allow_local=run.allow_local) if isinstance(url, str) else _("it is not text")
    if not problem and run.is_okta and _origin(str(url)) != _origin(run.provider.issuer):
        return _("it is not on the issuer's host")
    return problem


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _metadata(run: Run, usable: list[str]) -> Metadata:
    """As sign-ins read it, with those endpoints alone that may be used: nothing is sent to any other."""
    address = {name: str(run.document.get(name) or "") if name in usable else "" for name in ENDPOINTS}
    offered = names(run, "id_token_signing_alg_values_supported")
    return Metadata(
        issuer=run.provider.issuer,
        authorization_endpoint=address["authorization_endpoint"],
        token_endpoint=address["token_endpoint"],
        jwks_uri=address["jwks_uri"],
        end_session_endpoint=address["end_session_endpoint"],
        pushed_authorization_request_endpoint=address["pushed_authorization_request_endpoint"],
        signing_algorithms=tuple(name for name in SIGNING_ALGORITHMS if name in offered),
        token_auth_methods=names(run, "token_endpoint_auth_methods_supported") or ("client_secret_basic",),
        token_auth_signing_algorithms=names(run, "token_endpoint_auth_signing_alg_values_supported"),
        scopes=names(run, "scopes_supported"),
        code_challenge_methods=names(run, "code_challenge_methods_supported"),
    )


def names(run: Run, member: str) -> tuple[str, ...]:
    value = run.document.get(member)
    given = value[:MOST_NAMES] if isinstance(value, list) else []
    return tuple(name for name in given if isinstance(name, str))


def flow(run: Run) -> Finding:
    run.go_on()
    if "code" in names(run, "response_types_supported"):
        return Finding(OK, _("it offers it"))
    found = _("it does not say") if "response_types_supported" not in run.document else _("other flows only")
    return Finding(FAILED, found, advice.flow(run))


def pkce(run: Run) -> Finding:
    run.go_on()
    if "code_challenge_methods_supported" not in run.document:
        return Finding(UNKNOWN, _("the document does not say; it is sent all the same, which does no harm"))
    if "S256" in names(run, "code_challenge_methods_supported"):
        return Finding(OK, "S256")
    return Finding(FAILED, _("other methods only"), advice.document(run))


def signing(run: Run) -> Finding:
    accepted = run.read_metadata().signing_algorithms
    if accepted:
        return Finding(OK, ", ".join(accepted))
    missing = "id_token_signing_alg_values_supported" not in run.document
    return Finding(FAILED, _("it does not say") if missing else _("none of these"), advice.signing(run))


def jwks(run: Run) -> Finding:
    address = run.endpoint("jwks_uri")
    try:
        answer = run.wire.get(address)
        if answer.status != 200:
            return Finding(FAILED, status_words(answer.status), advice.jwks(run))
        published = answer.json()
    except OutboundError as error:
        return Finding(FAILED, words_of(error), advice.jwks(run))
    fitting = [name for name in run.read_metadata().signing_algorithms or ALLOWED_ALGORITHMS if _has(published, name)]
    if fitting:
        return Finding(OK, _("a key for %(algorithms)s") % {"algorithms": ", ".join(fitting)})
    return Finding(FAILED, _("no key that can be used"), advice.jwks(run))


def _has(published: object, algorithm: str) -> bool:
    """Whether a token without `kid` would find a key: the broken, symmetric and unfit ones are passed over."""
    try:
        return bool(select_keys(published, {"alg": algorithm}))
    except SignInError:
        return False
