"""What a guide's template is written with: steps, values to copy, drawings. See templates/setup/guides/okta.html.

Mistakes are found when the file is read, in words for whoever edited it.
"""

import re
from collections.abc import Iterator

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Token
from django.template.exceptions import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# The name in the context of the step to render.
WANTED = "step_wanted"
VALUES = frozenset({"app_name", "redirect_uri", "sign_out_uri", "initiate_login_uri", "jwks_address"})
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MINUTES = re.compile(r"minutes=([0-9]{1,2})")
_LITERAL = re.compile(r"""(["'])(.+)\1""")


class StepNode(Node):
    """One step; it renders to nothing unless the context wants it. `minutes`: about how long it takes."""

    def __init__(self, key: str, title: FilterExpression, minutes: int, nodelist: NodeList) -> None:
        self.key, self.minutes, self.nodelist = key, minutes, nodelist
        self._title = title

    @property
    def title(self) -> str:
        return str(self._title.resolve(template.Context()))

    def render(self, context: template.Context) -> SafeString:
        return self.nodelist.render(context) if context.get(WANTED) == self.key else mark_safe("")


@register.tag
def step(parser: Parser, token: Token) -> StepNode:
    """{% step "redirect" "Sign-in redirect URI" minutes=1 %} ... {% endstep %}"""
    words = token.split_contents()[1:]
    key = _literal(words[0]) if words else ""
    if len(words) not in (2, 3) or not _ID.fullmatch(key):
        raise TemplateSyntaxError('A step is written {% step "short-name" "Its title" minutes=1 %}.')
    seen: set[str] = parser.extra_data.setdefault("steps_of_guide", set())
    if key in seen:
        raise TemplateSyntaxError(f"There are two steps named {key}.")
    seen.add(key)
    minutes = _minutes(words[2:])
    nodelist = parser.parse(("endstep",))
    parser.delete_first_token()
    return StepNode(key, parser.compile_filter(words[1]), minutes, nodelist)


def _minutes(words: list[str]) -> int:
    if not words:
        return 1
    match = _MINUTES.fullmatch(words[0])
    if not match:
        raise TemplateSyntaxError("After a step's title comes minutes= and a whole number.")
    return int(match[1])


@register.tag
def copy(parser: Parser, token: Token) -> Node:
    """{% copy redirect_uri %} or {% copy "okta.myAccount.email.read" %}: a value with its copy button."""
    words = token.split_contents()[1:]
    if len(words) != 1 or not (_literal(words[0]) or words[0] in VALUES):
        raise TemplateSyntaxError(f"copy takes a text in quotes or one of: {', '.join(sorted(VALUES))}.")
    return CopyNode(parser.compile_filter(words[0]))


class CopyNode(Node):
    def __init__(self, value: FilterExpression) -> None:
        self.value = value

    def render(self, context: template.Context) -> SafeString:
        return mark_safe(get_template("includes/copy.html").render({"value": self.value.resolve(context)}))  # noqa: S308  # escaped there


@register.tag
def drawing(parser: Parser, token: Token) -> Node:
    """{% drawing "okta-redirect" %}: templates/setup/drawings/okta-redirect.svg, in the page itself."""
    words = token.split_contents()[1:]
    name = _literal(words[0]) if len(words) == 1 else ""
    if not _ID.fullmatch(name):
        raise TemplateSyntaxError('A drawing is named in quotes, such as {% drawing "okta-redirect" %}.')
    try:
        get_template(f"setup/drawings/{name}.svg")
    except TemplateDoesNotExist:
        raise TemplateSyntaxError(f"There is no drawing {name} in templates/setup/drawings.") from None
    return DrawingNode(name)


class DrawingNode(Node):
    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, context: template.Context) -> SafeString:
        image = get_template(f"setup/drawings/{self.name}.svg").render({})
        return mark_safe(f'<div class="drawing">{image}</div>')  # noqa: S308  # a file of ours


def _literal(word: str) -> str:
    match = _LITERAL.fullmatch(word)
    return match[2] if match else ""


def steps_in(nodelist: NodeList) -> Iterator[StepNode]:
    """The steps of a guide, in the file's order."""
    yield from (node for node in nodelist.get_nodes_by_type(StepNode) if isinstance(node, StepNode))
