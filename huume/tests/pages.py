"""What every page must be, seen in Chromium: no axe finding, no console error, no sideways scrolling."""

import json
import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

SIZES = {"wide": (1280, 800), "narrow": (390, 844)}
# Where pictures go, if anybody wants to look at them or to put them into docs/pictures.
PICTURES = os.environ.get("HUUME_PICTURES", "")


def open_window(browser: Browser, *, scheme: str = "light", size: str = "wide") -> BrowserContext:
    """A browser of somebody's own: nothing is shared with another window."""
    width, height = SIZES[size]
    window = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    window.set_default_timeout(15_000)
    return window


def watched(page: Page, address: str) -> list[str]:
    """Violations of the Content-Security-Policy, script errors and failures of our own pages, from now on."""
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        # axe reads style sheets on its own and takes an @import of Django's to be beside the page.
        if message.type == "error" and url.startswith(address) and not url.endswith("/widgets.css"):
            said.append(f"{message.text} {message.location}")

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def expect_good(page: Page, name: str) -> None:
    """Looks at the page wide and narrow, light and dark."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            # A colour half way between two schemes is nobody's contrast.
            page.evaluate("Promise.all(document.getAnimations().map(running => running.finished))")
            found = Axe().run(page).response["violations"]
            assert not found, f"{name} {size} {scheme}: {json.dumps([rule['nodes'] for rule in found])[:2000]}"
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 0, f"{name} {size}: scrolls sideways by {overflow} pixels"
            if PICTURES:
                page.screenshot(path=Path(PICTURES) / f"{name}-{size}-{scheme}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    assert page.locator("h1").count() == 1, name
    assert page.title(), name
