"""The Chromium that the tests drive: which one, and how `make test` comes by one."""

import glob
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DOWNLOAD_PATIENCE = 60  # seconds: behind a closed network a download may neither work nor fail
PACKAGE_PATIENCE = 600  # seconds
HOW = "Name one with CHROMIUM=/path/to/chromium, or install one (Debian, Ubuntu: apt-get install chromium)."


class NoBrowser(Exception):
    """One sentence for whoever runs the tests."""


def find_chromium() -> Path:
    """The browser that CHROMIUM names, else the first on the path, else Playwright's own. Raises NoBrowser."""
    if named := os.environ.get("CHROMIUM"):
        if found := shutil.which(named):
            return Path(found)
        raise NoBrowser(f"CHROMIUM is {named!r}, and that is not a program that can be run.")
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    if own := playwrights_own():
        return own
    raise NoBrowser(f"The tests need Chromium, and there is none here. {HOW}")


def playwrights_own() -> Path | None:
    """The newest that Playwright has downloaded and that runs here: the libraries it needs are not always there."""
    folder = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright"
    for found in sorted(glob.glob(f"{folder}/chromium-*/chrome-linux*/chrome"), reverse=True):
        if runs(found):
            return Path(found)
    return None


def runs(program: str) -> bool:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def get_chromium() -> Path:
    """find_chromium, and where there is none: Playwright's download, then Debian's package when root."""
    try:
        return find_chromium()
    except NoBrowser:
        if os.environ.get("CHROMIUM"):
            raise
    attempt([sys.executable, "-m", "playwright", "install", "chromium"], DOWNLOAD_PATIENCE)
    if playwrights_own() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        attempt(["apt-get", "update", "-qq"], PACKAGE_PATIENCE)
        attempt(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], PACKAGE_PATIENCE)
    return find_chromium()


def attempt(command: list[str], patience: float) -> None:
    """Runs it with all that it starts for so many seconds at most. Whether it worked is seen by looking again."""
    print(f"There is no Chromium: trying {' '.join(command)}", file=sys.stderr, flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment, start_new_session=True
    )
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        print(f"Given up after {patience:g} s.", file=sys.stderr)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


if __name__ == "__main__":
    try:
        print(get_chromium())
    except NoBrowser as error:
        sys.exit(str(error))
