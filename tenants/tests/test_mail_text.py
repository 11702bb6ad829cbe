"""From a mail's text to its HTML, and that nobody's name can do more there than stand in a line."""

import pytest

from tenants.mail_text import Block, blocks, one_line, render_html
from tenants.models import Tenant
from tenants.outbox import queue_mail

ODD = '<b>Ann</b> & "Sons"\r\n\r\nPay here\nhttps://evil.example/\x00\u202e'
IN_A_LINE = '<b>Ann</b> & "Sons" Pay here https://evil.example/'


def test_name_with_line_breaks_stays_in_its_line() -> None:
    assert one_line(ODD) == IN_A_LINE
    assert one_line([ODD, "\u2029Bob\u2028"]) == [IN_A_LINE, "Bob"]


def test_name_makes_no_button_no_header_and_no_markup(acme: Tenant) -> None:
    context = {"tenant": ODD, "ask": ODD, "address": "https://acme.example/"}
    mail = queue_mail("welcome", "it@acme.example", tenant=acme, context=context)
    text, html = mail.open()
    assert mail.subject == f"You can sign in to {IN_A_LINE}’s portal"
    assert f"Questions? Ask {IN_A_LINE}." in text
    assert "<b>" not in html
    assert "&lt;b&gt;Ann&lt;/b&gt; &amp; &quot;Sons&quot;" in html
    assert 'href="https://evil.example' not in html
    assert html.count("href=") == 2


def test_long_name_does_not_make_the_subject_longer_than_it_may_be(acme: Tenant) -> None:
    context = {"tenant": "x" * 500, "ask": "", "address": "https://acme.example/"}
    assert len(queue_mail("welcome", "it@acme.example", tenant=acme, context=context).subject) == 200


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One.\n\nTwo.", [Block("paragraph", "One."), Block("paragraph", "Two.")]),
        ("Open it\nhttps://a.example/x", [Block("button", "Open it", "https://a.example/x")]),
        ("https://a.example/x", [Block("button", "https://a.example/x", "https://a.example/x")]),
        (
            "Before.\nOpen\nhttps://a.example/",
            [Block("paragraph", "Before."), Block("button", "Open", "https://a.example/")],
        ),
        ("123456", [Block("code", "123456")]),
        ("It is 123456 days.", [Block("paragraph", "It is 123456 days.")]),
        ("- One\n- Two", [Block("list", items=("One", "Two"))]),
        ("At https://a.example/ now.", [Block("paragraph", "At https://a.example/ now.")]),
        ("", []),
    ],
)
def test_text_is_read_as_it_is_written(text: str, found: list[Block]) -> None:
    assert list(blocks(text)) == found


def test_address_that_is_none_of_the_web_makes_no_link() -> None:
    assert "href=" not in render_html("Heading\n\nOpen\njavascript:alert(1)")


def test_heading_and_address_in_full_are_in_the_html() -> None:
    html = render_html("Heading\n\nOpen it\nhttps://a.example/?a=1&b=2")
    assert ">Heading</h1>" in html
    assert html.count('href="https://a.example/?a=1&amp;b=2"') == 2
    assert ">https://a.example/?a=1&amp;b=2</a>" in html
