"""Mijn plek as a candidate walks it on a phone: from a mail into the own place, a step that is done, a consent that is taken back."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from app.adapters import clock
from app.services import doors
from tests.browser.axe import axe
from tests.browser.conftest import Open
from tests.browser.driving import DESK, PHONE
from tests.browser.serving import Served

FATIMA = 1
ON_A_PHONE: dict[str, Any] = {"viewport": PHONE, "is_mobile": True, "has_touch": True}
PAGES = ("/mijn/", "/mijn/gesprekken", "/mijn/ik", "/mijn/gekeken")


def link_for(served: Served, candidate: int) -> str:
    """Where the button of the mail leads."""
    with served.rows():
        return f"/aanmelden/link/{doors.token(candidate, now=clock.now())}"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_candidate_comes_in_with_a_link_and_ticks_off_the_next_step(open_window: Open, served: Served, scripts: bool) -> None:
    window = open_window(viewport=PHONE, java_script_enabled=scripts)
    page = window.go("/login/")
    page.locator("main a[href='/aanmelden/']").click()
    page.get_by_label("Je e-mailadres").fill("fatima@demo.test")
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/aanmelden/mail")

    page = window.go(link_for(served, FATIMA))
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/mijn/")
    step = page.locator(".own-next h2")
    before = step.inner_text()
    page.locator(".own-next form button").first.click()
    page.get_by_text("Goed gedaan.").wait_for()

    assert step.inner_text() not in ("", before)
    window.fits()


def test_a_link_works_once_and_a_dead_one_leads_to_a_new_one(open_window: Open, served: Served) -> None:
    link = link_for(served, FATIMA)
    first, second = open_window(**ON_A_PHONE), open_window(**ON_A_PHONE)
    second.expected = {404}
    first.go(link).locator("main button[type=submit]").click()
    first.page.wait_for_url("**/mijn/")

    page = second.go(link)
    page.locator("main a[href='/aanmelden/']").click()

    page.wait_for_url("**/aanmelden/")
    second.fits()


def test_a_consent_is_taken_back_after_a_second_look(open_window: Open) -> None:
    window = open_window("fatima", **ON_A_PHONE)
    page = window.go("/mijn/ik")
    open_ones = page.locator(".own-sure")
    before = open_ones.count()

    open_ones.first.locator("summary").click()
    open_ones.first.get_by_role("button", name="Ja, trek in").click()

    page.get_by_text("Je toestemming is ingetrokken.").wait_for()
    expect(open_ones).to_have_count(before - 1)
    window.fits()


@pytest.mark.parametrize("size", [PHONE, DESK])
@pytest.mark.parametrize("path", PAGES)
def test_the_own_place_can_be_read_by_everybody(open_window: Open, path: str, size: dict[str, int]) -> None:
    window = open_window("fatima", viewport=size)

    found = axe(window.go(path))

    assert found == []
    window.fits()


@pytest.mark.parametrize("path", ["/aanmelden/", "/aanmelden/mail"])
def test_the_way_in_can_be_read_by_everybody(open_window: Open, path: str) -> None:
    window = open_window(viewport=PHONE)

    found = axe(window.go(path))

    assert found == []
    window.fits()
