"""What is found of one thing, and why a thing was not looked at."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from huume.outbound import OutboundError

OK, FAILED, UNKNOWN = "ok", "failed", "unknown"


@dataclass(frozen=True)
class Finding:
    outcome: str
    found: str
    advice: str = ""


class NotLookedAt(Exception):
    """`reason` completes the sentence "not looked at, because ..."."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def finding(self) -> Finding:
        return Finding(UNKNOWN, _("not looked at, because %(reason)s") % {"reason": self.reason})


def words_of(error: OutboundError) -> str:
    """What was found instead of an answer. Refused, closed, blocked, unresolvable and too late all read alike."""
    words = {
        "tls": _("a certificate that cannot be trusted"),
        "too_large": _("an answer of more than 1 MiB"),
        "not_json": _("an answer that is not JSON"),
        "redirect": _("a redirect to another address, which is not followed"),
    }
    return words.get(error.reason) or _("no answer")


def status_words(status: int) -> str:
    return _("an answer with status %(status)s") % {"status": status}
