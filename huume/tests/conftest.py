from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from huume.tests.browser import find_chromium

# Chromium's own calls home, which no test needs and a closed network answers with noise.
QUIET = [
    *["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
    *["--disable-sync", "--no-first-run", "--host-resolver-rules=MAP *.huume.test 127.0.0.1, MAP huume.test 127.0.0.1"],
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find_chromium()), args=QUIET)
        yield browser
        browser.close()
