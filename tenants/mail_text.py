"""A mail's text, and the HTML made from it. The text is what counts: whoever reads it alone misses nothing.

How the text of a template (templates/emails/<name>-body.txt) is read:
- the first line is the heading; an empty line ends each paragraph;
- a line that is an address and nothing else makes a button: the line before it is its label;
- a paragraph of digits alone is a code to be typed, shown large;
- lines that start with "- " are a list.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.template import Context, Template
from django.template.loader import get_template, render_to_string

ADDRESS = re.compile(r"https?://\S+")
CODE = re.compile(r"\d{4,12}")
# Formatting characters that turn a line's direction: text after them could be read as something else.
TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Value = str | int | Sequence[str]


@dataclass(frozen=True)
class Block:
    """`kind`: paragraph, button, code or list."""

    kind: str
    text: str = ""
    address: str = ""
    items: tuple[str, ...] = ()


def one_line(value: Value) -> Value:
    """What a name may do in a mail: stand in a line, never begin another one. Numbers stay as they are."""
    if isinstance(value, str):
        spaced = "".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in value if sign not in TURNING)
        return " ".join(spaced.split())
    return value if isinstance(value, int) else [str(one_line(item)) for item in value]


def render_text(template: str, context: Mapping[str, Value]) -> str:
    """As plain text: nothing is escaped."""
    loaded: Template = get_template(template).template  # type: ignore[attr-defined]  # of Django's own engine
    said = loaded.render(Context({name: one_line(value) for name, value in context.items()}, autoescape=False))
    return re.sub(r"\n{3,}", "\n\n", said).strip()


def render_html(text: str) -> str:
    heading, _, rest = text.partition("\n")
    return render_to_string("emails/layout.html", {"heading": heading, "blocks": list(blocks(rest))})


def blocks(text: str) -> Iterator[Block]:
    for paragraph in text.strip().split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line.strip()]
        if lines:
            yield from _blocks_of(lines)


def _blocks_of(lines: list[str]) -> Iterator[Block]:
    if ADDRESS.fullmatch(lines[-1]):
        label = lines[-2] if len(lines) > 1 else lines[-1]
        yield from _blocks_of(lines[:-2]) if lines[:-2] else ()
        yield Block("button", label, lines[-1])
    elif all(line.startswith("- ") for line in lines):
        yield Block("list", items=tuple(line[2:] for line in lines))
    else:
        text = "\n".join(lines)
        yield Block("code" if CODE.fullmatch(text) else "paragraph", text)
