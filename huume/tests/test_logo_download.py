"""The logo that the guide offers for download is what it is said to be, and what Okta takes."""

import re
import struct
from pathlib import Path

from huume.setup.guides import read, render
from huume.testing import live_provider_row
from tenants.models import Tenant

LOGO = Path(__file__).parents[2] / "static" / "huume-logo.png"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
# PNG, 11.2.2: with an alpha channel.
COLOUR_AND_ALPHA = 6


def header() -> tuple[int, int, int]:
    """Width, height and colour type: the IHDR chunk comes first (PNG, 11.2.2)."""
    start = LOGO.read_bytes()[:26]
    assert start.startswith(SIGNATURE)
    width, height, _depth, colour = struct.unpack(">IIBB", start[16:26])
    return width, height, colour


def test_it_is_a_transparent_png_of_the_size_that_is_said(acme: Tenant) -> None:
    width, height, colour = header()
    provider = live_provider_row(acme)
    text = " ".join(str(render(provider, step.key)) for step in read(provider.kind))
    assert re.search(r"(\d+) × (\d+) pixels", text), "the guide names the size"
    assert f"{width} × {height} pixels" in text
    assert colour == COLOUR_AND_ALPHA
    assert LOGO.stat().st_size < 1_000_000
    assert 'download="huume-logo.png"' in text
