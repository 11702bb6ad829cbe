"""What people paste into the hand-over form: what is around it taken off, what it is not recognised. Plain Python."""

import re
from dataclasses import dataclass

# What comes along with text copied from a page, and cannot be seen.
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
# More are nobody's: a megabyte of quotes would be taken off pair by pair, each time whole.
MOST_LAYERS = 10
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "«": "»", "<": ">", "„": "“"}
_LABEL = re.compile(
    r"(?:(?:okta|your)\s+)?(?:(?:application\s*\(client\)|app(?:lication)?|client|oauth|oidc)[\s_-]*)?"
    r"(?:id|secret|secret value|key|value|domain|issuer(?:\s*ur[il])?|org\s*url)[\"'”]?\s*[:=]\s*",
    re.IGNORECASE,
)
_CLIENT_ID = re.compile(
    r"0oa[0-9a-z]{17}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]+-[0-9a-z]+\.apps\.googleusercontent\.com",
    re.IGNORECASE,
)
# Google's, Entra's.
_MARKED_SECRET = re.compile(r"GOCSPX-[\w-]{20,}|[\w.~-]{3}[78]Q~[\w.~-]{30,}")
# Okta's are 40 or 64 of these; no client ID of anybody's is as long in practice, and no domain without a dot.
_LONG_TOKEN = re.compile(r"[\w~+/=-]{40,}", re.ASCII)
_DOTS = re.compile(r"[•●∙·*]{4,}")
# RFC 6749, appendix A: what a client ID and a client secret may consist of.
_ALLOWED = re.compile(r"[ -~]*")


@dataclass(frozen=True)
class Pasted:
    """`taken_off`: space, quotes, a label, invisible, in the order in which they were found."""

    value: str
    taken_off: tuple[str, ...] = ()


def tidy(text: str) -> Pasted:
    """The value in what was pasted: without space, line breaks, quotes, a label and what cannot be seen around it."""
    taken: list[str] = []
    for _layer in range(MOST_LAYERS):
        before = text
        for name, take in (("space", str.strip), ("invisible", _visible), ("label", _unlabelled), ("quotes", _bare)):
            if (rest := take(text)) != text:
                taken.append(name)
                text = rest
        if text == before:
            break
    return Pasted(text, tuple(dict.fromkeys(taken)))


def _visible(text: str) -> str:
    return text.strip(_INVISIBLE)


def _unlabelled(text: str) -> str:
    match = _LABEL.match(text.lstrip("\"'“"))
    return text.lstrip("\"'“")[match.end() :] if match else text


def _bare(text: str) -> str:
    """Without the quotes around it, and without the comma that stands behind them in a file."""
    inner = text.rstrip(",;") if text[:1] in _QUOTES else text
    return inner[1:-1] if len(inner) > 2 and _QUOTES.get(inner[0]) == inner[-1] else text


def looks_like_client_id(text: str) -> bool:
    return bool(_CLIENT_ID.fullmatch(text))


def looks_like_secret(text: str) -> bool:
    """Whether it had better not be shown again, wherever it was pasted."""
    return bool(_MARKED_SECRET.search(text) or _LONG_TOKEN.fullmatch(text)) and not looks_like_client_id(text)


def is_marked_secret(text: str) -> bool:
    """Whether it says of itself that it is one, as Google's and Entra's do."""
    return bool(_MARKED_SECRET.search(text))


def without_breaks(text: str) -> str:
    """A client ID that was broken into lines where it was copied from, whole again; anything else as it is."""
    whole = "".join(text.split())
    return whole if looks_like_client_id(whole) else text


def holds_secret(text: str) -> bool:
    """The same for a whole line or page of text that has one in it."""
    return any(looks_like_secret(word.strip("\"'“”,;:=<>")) for word in text.split()) or looks_like_secret(text)


def is_masked(text: str) -> bool:
    """The dots that a page shows in a secret's place."""
    return bool(_DOTS.fullmatch(text))


def has_unreadable(text: str) -> bool:
    """Whether there is what neither a client ID nor a secret can have: control marks, accents, curly quotes."""
    return not _ALLOWED.fullmatch(text)
