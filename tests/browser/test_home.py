"""Vandaag and searching everything, as people use them: with a mouse, with the keyboard alone, on a phone, and without scripts."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import Request, expect

from app.models import Candidate, Region
from tests.browser.axe import axe
from tests.browser.conftest import Open
from tests.browser.driving import PHONE, Window
from tests.browser.serving import Served

DIALOG = "dialog#find"
FIELD = f"{DIALOG} input"
OPTIONS = f"{DIALOG} [role=option]"
CHOSEN = f"{OPTIONS}[aria-selected=true]"
STAFF = ("noor", "carla", "nadia", "beheer", "hr", "opleider", "studie")


def _someone(served: Served) -> tuple[int, str]:
    """The key and the name of a candidate of Utrecht whose name nobody else there has."""
    with served.rows() as rows:
        region = sa.select(Region.id).where(Region.slug == "utrecht").scalar_subquery()
        once = sa.select(Candidate.name).group_by(Candidate.name).having(sa.func.count() == 1)
        query = sa.select(Candidate.id, Candidate.name).where(Candidate.region_id == region, Candidate.name.in_(once))
        key, name = rows.execute(query.order_by(sa.func.length(Candidate.name).desc()).limit(1)).one()
        return int(key), str(name)


def _asked(window: Window) -> list[str]:
    """The searches that a window sends from here on."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if "/zoeken?" in request.url:
            sent.append(request.url)

    window.page.on("request", note)
    return sent


def test_noor_goes_from_today_to_the_first_candidate_who_is_overdue(open_window: Open) -> None:
    noor = open_window("noor")
    page = noor.page

    overdue = page.locator("section.waits", has_text="Vraagt om aandacht").first
    number = overdue.locator(".number").first.inner_text()
    expect(overdue.locator(".waits-when .mark-stop").first).to_contain_text("te laat")
    overdue.locator(".waits-who a").first.click()

    page.wait_for_url(re.compile(r"/kandidaten/show/\d+"))
    expect(page.locator("main")).to_contain_text(number)


def test_a_candidate_is_found_by_part_of_a_name_with_the_keyboard_alone(open_window: Open, served: Served) -> None:
    key, name = _someone(served)
    page = open_window("noor").page

    page.keyboard.press("Control+k")
    page.keyboard.type(name[2:])
    expect(page.locator(CHOSEN)).to_contain_text(name)
    assert page.locator(FIELD).get_attribute("aria-activedescendant") == page.locator(CHOSEN).get_attribute("id")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/kandidaten/show/{key}")


def test_the_arrow_keys_go_round_the_list_and_escape_gives_the_focus_back(open_window: Open) -> None:
    page = open_window("noor").page
    link = page.locator(".waits-all").first
    link.focus()

    page.keyboard.press("Control+k")
    page.keyboard.type("utrecht")
    expect(page.locator(CHOSEN)).to_have_count(1)
    last = page.locator(OPTIONS).count() - 1
    seen = []
    for key in ("ArrowDown", "ArrowUp", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
        seen.append(page.locator(OPTIONS).evaluate_all("all => all.findIndex(one => one.ariaSelected === 'true')"))
    page.keyboard.press("Escape")

    assert seen == [1, 0, last, 0]
    expect(page.locator(DIALOG)).to_be_hidden()
    expect(link).to_be_focused()


def test_typing_asks_once_and_enter_before_the_answer_opens_the_page(open_window: Open) -> None:
    noor = open_window("noor")
    page, asked = noor.page, _asked(noor)

    page.keyboard.press("Control+k")
    page.keyboard.type("utrecht", delay=20)
    expect(page.locator(CHOSEN)).to_have_count(1)
    once = len(asked)
    page.locator(FIELD).fill("zeist")
    page.keyboard.press("Enter")

    page.wait_for_url("**/zoeken?q=zeist")
    assert once == 1


def test_what_comes_late_is_not_shown(open_window: Open) -> None:
    page = open_window("noor").page
    page.route("**/zoeken?q=utrecht", lambda route: (page.wait_for_timeout(800), route.continue_()))

    page.keyboard.press("Control+k")
    page.keyboard.type("utrecht")
    page.wait_for_timeout(300)
    page.locator(FIELD).fill("zzzzzz")

    expect(page.locator(f"{DIALOG} [role=status]")).to_contain_text("zzzzzz")
    page.wait_for_timeout(800)
    expect(page.locator(OPTIONS)).to_have_count(0)


def test_one_letter_asks_nothing_and_a_server_that_is_gone_is_told(open_window: Open) -> None:
    noor = open_window("noor")
    page, asked = noor.page, _asked(noor)

    page.keyboard.press("Control+k")
    page.keyboard.type("u")
    page.wait_for_timeout(400)
    few = (len(asked), page.locator(f"{DIALOG} [role=status]").inner_text())
    page.route("**/zoeken?*", lambda route: route.fulfill(status=503, body=""))
    noor.expected = {503}
    page.keyboard.type("t")

    expect(page.locator(f"{DIALOG} [role=status]")).to_contain_text("Zoeken lukt nu niet")
    assert few == (0, "Typ ten minste twee letters of cijfers.")


def test_on_a_phone_the_search_fills_the_screen(open_window: Open) -> None:
    noor = open_window("noor", viewport=PHONE, is_mobile=True, has_touch=True)
    page = noor.page

    page.locator("[data-find]:visible").first.click()
    page.locator(FIELD).fill("utrecht")
    expect(page.locator(CHOSEN)).to_have_count(1)
    box = page.locator(DIALOG).bounding_box()

    assert box is not None
    assert (round(box["x"]), round(box["y"]), round(box["width"])) == (0, 0, PHONE["width"])
    page.locator(f"{DIALOG} [data-close]").click()
    expect(page.locator(DIALOG)).to_be_hidden()


def test_without_scripts_the_same_link_leads_to_a_page_that_finds_the_same(open_window: Open, served: Served) -> None:
    _, name = _someone(served)
    page = open_window("noor", java_script_enabled=False).page

    page.locator("a[data-find]:visible").first.click()
    page.locator("main input[name=q]").fill(name)
    page.locator("main form button[type=submit]").click()

    expect(page.locator(".find-list a").first).to_contain_text(name)


@pytest.mark.parametrize("name", STAFF)
def test_today_is_for_everybody_and_fits_on_a_phone(open_window: Open, name: str) -> None:
    window = open_window(name)

    found = axe(window.page, "main")
    window.fits()

    assert found == []


def test_searching_is_for_everybody(open_window: Open) -> None:
    noor = open_window("noor")
    page = noor.page

    page.keyboard.press("Control+k")
    page.keyboard.type("utrecht")
    expect(page.locator(CHOSEN)).to_have_count(1)
    dialog = axe(page, DIALOG)
    noor.go("/zoeken?q=utrecht")
    noor.fits()

    assert (dialog, axe(page, "main")) == ([], [])
