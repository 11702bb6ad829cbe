"""Which Chromium the tests drive: the order in which one is looked for, and what is said where none can be had."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from huume.tests import browser
from huume.tests.browser import NoBrowser, find_chromium, get_chromium

ROOT = Path(__file__).resolve().parents[2]
DOWNLOAD = [sys.executable, "-m", "playwright", "install", "chromium"]
PACKAGE = [["apt-get", "update"], ["apt-get", "install"]]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One without any browser; what `bin` holds is on the path."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.delenv("CHROMIUM", raising=False)
    return tmp_path


@pytest.fixture
def attempts(machine: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands by which a browser was tried to be had, none of which is run."""
    tried: list[list[str]] = []
    monkeypatch.setattr(browser, "attempt", lambda command, patience: tried.append(command))
    return tried


def put(program: Path, status: int = 0) -> Path:
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\nexit {status}\n")
    program.chmod(0o755)
    return program


def on_path(machine: Path, name: str = "chromium") -> Path:
    return put(machine / "bin" / name)


def playwrights(machine: Path, number: int = 1, status: int = 0) -> Path:
    return put(machine / f"playwright/chromium-{number}/chrome-linux/chrome", status)


def test_where_there_is_none_one_sentence_says_how_to_get_one(machine: Path) -> None:
    with pytest.raises(NoBrowser, match=r"^The tests need Chromium, and there is none here\. Name one with CHROMIUM="):
        find_chromium()


def test_make_test_stops_with_that_sentence(machine: Path) -> None:
    command = [sys.executable, "-m", "huume.tests.browser"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"CHROMIUM": "/nowhere"}, capture_output=True, text=True, timeout=60
    )
    said = "CHROMIUM is '/nowhere', and that is not a program that can be run.\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


def test_a_named_one_that_is_none_is_not_replaced(
    machine: Path, attempts: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path(machine)
    monkeypatch.setenv("CHROMIUM", str(machine / "mistyped"))
    with pytest.raises(NoBrowser, match="mistyped"):
        get_chromium()
    assert attempts == []


def test_a_download_that_does_not_run_is_not_taken(machine: Path) -> None:
    playwrights(machine, status=127)
    with pytest.raises(NoBrowser):
        find_chromium()


def test_the_named_one_comes_first_then_the_path_then_playwrights_own(
    machine: Path, attempts: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = playwrights(machine)
    assert get_chromium() == own
    found = on_path(machine)
    assert get_chromium() == found
    named = put(machine / "elsewhere" / "chrome")
    monkeypatch.setenv("CHROMIUM", str(named))
    assert get_chromium() == named
    assert attempts == []


@pytest.mark.parametrize("user", [0, 1000])
def test_a_download_is_tried_and_then_debians_package_by_root_alone(
    machine: Path, attempts: list[list[str]], monkeypatch: pytest.MonkeyPatch, user: int
) -> None:
    on_path(machine, "apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    with pytest.raises(NoBrowser):
        get_chromium()
    assert attempts[0] == DOWNLOAD
    assert [command[:2] for command in attempts[1:]] == (PACKAGE if user == 0 else [])


def test_what_the_download_brought_is_taken(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path(machine, "apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    tried: list[list[str]] = []

    def download(command: list[str], patience: float) -> None:
        tried.append(command)
        playwrights(machine, 7)

    monkeypatch.setattr(browser, "attempt", download)
    assert get_chromium() == machine / "playwright/chromium-7/chrome-linux/chrome"
    assert tried == [DOWNLOAD]
