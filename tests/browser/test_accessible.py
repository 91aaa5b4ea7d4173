"""What no link leads to is in order too: panels and dialogs, and the pages that answer a form."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.walking import WAYS, panels, problems

FULL = pytest.mark.full
MAIN = (
    pytest.param(0, "", "/login/", marks=FULL),
    (1, "noor", "/"),
    (2, "noor", "/kandidaten/list/?_flt_0_stage=DECIDING"),
    (3, "noor", "/kandidaten/show/1"),
    pytest.param(0, "noor", "/kandidaten/edit/1", marks=FULL),
    pytest.param(1, "noor", "/cijfers/", marks=FULL),
    pytest.param(2, "carla", "/beheer/rollen/", marks=FULL),
    (3, "fatima", "/mijn/"),
)


@pytest.mark.parametrize(("turn", "name", "path"), MAIN)
def test_what_opens_on_a_main_page_is_in_order(open_window: Open, turn: int, name: str, path: str) -> None:
    opened = open_window(name)
    WAYS[turn % len(WAYS)].apply(opened)

    opened.go(path)

    found = list(panels(opened, "body" if path == "/" else "main"))
    assert not found, "\n".join(found)


def refused(page: Page) -> None:
    page.locator(".form-foot button[type=submit]").click()
    page.locator(".error-summary").wait_for()


def chosen(page: Page) -> None:
    page.locator("input[name=_rows]").first.check()
    page.locator("form.bulk button[name=action]").last.click()
    page.wait_for_url("**/keuze")


def no_match(page: Page) -> None:
    page.locator("main .form-control").first.fill("iemand")
    page.locator("main button[type=submit]").click()
    page.locator(".error-summary, .notice").first.wait_for()


@pytest.mark.parametrize(
    ("turn", "name", "path", "act"),
    [
        (0, "", "/login/", no_match),
        (1, "noor", "/kandidaten/add", refused),
        pytest.param(2, "noor", "/gesprekken/add", refused, marks=FULL),
        (3, "noor", "/kandidaten/list/", chosen),
        pytest.param(1, "noor", "/taken/list/", chosen, marks=FULL),
    ],
)
def test_what_answers_a_form_is_in_order(open_window: Open, turn: int, name: str, path: str, act: Callable[[Page], None]) -> None:
    opened = open_window(name)
    opened.expected = {400, 401, 422}

    act(opened.go(path))

    found = list(problems(opened, (WAYS[turn], WAYS[(turn + 1) % len(WAYS)])))
    assert not found, "\n".join(found)
