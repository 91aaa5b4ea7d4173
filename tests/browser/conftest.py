"""The program on a free port, and browser windows on it that fail a test when anything goes wrong in them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.driving import Window, chromium, window
from tests.browser.serving import Served, filled, serving

HERE = Path(__file__).parent

Open = Callable[..., Window]


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # One worker holds them all: one browser, one filled database, and no two browsers that starve each other.
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; a machine without one fails, because nothing here would have been tested."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def newcomers_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database that a newcomer's first `make run` fills."""
    return filled(tmp_path_factory.mktemp("newcomer"))


@pytest.fixture(scope="module")
def served(newcomers_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The program for the tests of one module."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(newcomers_file, folder / "loket.db")
    with serving(folder / "loket.db") as running:
        yield running


@pytest.fixture
def open_window(browser: Browser, served: Served) -> Iterator[Open]:
    """Open a window, signed in as a demo account when a name is given. At the end every window must be without faults."""
    with ExitStack() as stack:
        windows: list[Window] = []

        def open_one(name: str = "", **options: Any) -> Window:
            made = stack.enter_context(window(browser, served.address, **options))
            windows.append(made)
            if name:
                made.sign_in(name)
            return made

        yield open_one
        for made in windows:
            made.check()
