"""Finds the browser that the tests drive, and installs one the platform's way when there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser", "chrome")
APPLICATIONS = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium")


def find_browser() -> str | None:
    """The Chromium or Chrome to use: `CHROMIUM`, else one that is installed, else Playwright's own; None without any."""
    return next((path for path in _candidates() if _starts(path)), None)


def main() -> int:
    """Make sure that there is a browser: 0 when there is, 1 with a sentence when none could be installed."""
    if given := os.environ.get("CHROMIUM"):
        if _starts(given):
            return 0
        print(f"CHROMIUM is {given!r}, which does not start; let it name a Chromium or Chrome, or leave it out.", file=sys.stderr)
        return 1
    ways: tuple[tuple[str, Callable[[], None]], ...] = (("with apt-get", _apt), ("with Playwright's own download", _playwright))
    for name, way in ways:
        if find_browser():
            return 0
        if name == "with apt-get" and not _can_apt():
            continue
        print(f"No Chromium or Chrome found for the browser tests; installing one {name} ...", flush=True)
        way()
    if found := find_browser():
        print(f"The browser tests use {found}.")
        return 0
    print("No browser could be installed; install Chromium or Chrome, or set CHROMIUM to one, and run the tests again.", file=sys.stderr)
    return 1


def _candidates() -> Iterator[str]:
    if given := os.environ.get("CHROMIUM"):
        yield given
        return
    yield from filter(None, map(shutil.which, NAMES))
    yield from APPLICATIONS
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    yield own


def _starts(path: str) -> bool:
    # Being there is not enough: Ubuntu's chromium-browser is a stub that only tells where to get the real one.
    if not Path(path).exists() and not shutil.which(path):
        return False
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _can_apt() -> bool:
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def _apt() -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)


def _playwright() -> None:
    with_libraries = ["--with-deps"] if _can_apt() else []
    subprocess.run([sys.executable, "-m", "playwright", "install", *with_libraries, "chromium"], check=False)


if __name__ == "__main__":
    sys.exit(main())
