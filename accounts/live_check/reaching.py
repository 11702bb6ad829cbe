"""Whether the provider answers, and describes itself as whom we take it for (OpenID Connect Discovery 1.0, 4)."""

from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from accounts.live_check import advice
from accounts.live_check.findings import FAILED, OK, UNKNOWN, Finding, NotLookedAt, status_words, words_of
from accounts.live_check.state import Run
from huume.outbound import Answer, OutboundError
from tenants.discovery import DiscoveryError, parse_issuer, with_parameters

# What only somebody can have answered who was reached.
REACHED = frozenset({"tls", "too_large", "not_json", "redirect"})


def domain(run: Run) -> Finding:
    try:
        parse_issuer(run.provider.issuer, allow_local=run.allow_local)
    except DiscoveryError:
        run.barrier = _("there is no usable domain")
        return Finding(FAILED, _("no domain that can be called"), advice.domain(run))
    try:
        run.answer = run.wire.get(_address(run))
    except NotLookedAt as missed:
        run.barrier = missed.reason
        raise
    except OutboundError as error:
        run.error = error
        if error.reason not in REACHED:
            run.barrier = _("the domain does not answer")
            return Finding(FAILED, _("no answer"), advice.domain(run))
    return Finding(OK, _("it answers"))


def _address(run: Run) -> str:
    """Of the document, asked for as sign-ins do: Okta answers for one client with the issuer of its tokens."""
    url = f"{run.provider.issuer.removesuffix('/')}/.well-known/openid-configuration"
    return with_parameters(url, {"client_id": run.provider.client_id}) if run.is_okta else url


def tls(run: Run) -> Finding:
    run.go_on()
    if run.error and run.error.reason == "tls":
        run.barrier = _("nothing is sent without a valid certificate")
        return Finding(FAILED, _trouble_with_certificate(run.error), advice.tls(run))
    if urlsplit(run.provider.issuer).scheme != "https":
        return Finding(UNKNOWN, _("no TLS: a provider on this machine, for trying out"))
    return Finding(OK, _("valid"))


def _trouble_with_certificate(error: OutboundError) -> str:
    said = error.detail.lower()
    if "expired" in said:
        return _("a certificate that has run out")
    if "self-signed" in said or "self signed" in said or "unable to get" in said:
        return _("a certificate of an authority that is not publicly trusted, or one sent without its intermediate")
    if "mismatch" in said:
        return _("a certificate of another host")
    return _("a certificate that cannot be trusted")


def discovery(run: Run) -> Finding:
    run.go_on()
    trouble = words_of(run.error) if run.error else _read(run, run.answer)
    if trouble:
        run.barrier = _("there is no document to read")
        return Finding(FAILED, trouble, advice.discovery(run))
    return Finding(OK, _("the document is there"))


def _read(run: Run, answer: Answer | None) -> str:
    """What is wrong with the answer, in words; where nothing is, the document is known."""
    if answer is None or answer.status != 200:
        return status_words(answer.status) if answer else _("no answer")
    try:
        run.document = answer.json()
    except OutboundError as error:
        return words_of(error)
    return ""


def issuer(run: Run) -> Finding:
    run.go_on()
    named, expected = run.document.get("issuer"), run.provider.issuer
    if named == expected:
        return Finding(OK, _("it is what was expected"))
    run.barrier = _("the document is of another issuer")
    if not isinstance(named, str) or not named:
        return Finding(FAILED, _("no issuer"), advice.discovery(run))
    if named.rstrip("/") == expected.rstrip("/"):
        return Finding(FAILED, _("the same, but for a slash at the end"), advice.issuer(run))
    return Finding(FAILED, _("another issuer"), advice.issuer(run))
