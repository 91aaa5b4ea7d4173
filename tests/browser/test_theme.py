"""Light and dark, the folded sidebar, the look of a region, paper, large screens and large letters: in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.models import Region
from tests.adapters.test_pictures import png
from tests.browser.conftest import Open
from tests.browser.driving import Window
from tests.browser.serving import Served

LIST = "/kandidaten/list/"
WHITE, NIGHT = "rgb(255, 255, 255)", "rgb(20, 25, 28)"
UTRECHT = 2


def ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def token(page: Page, name: str) -> str:
    return str(page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('{name}').trim()"))


def choose(window: Window, theme: str) -> None:
    window.menu(".side-foot > summary", f".side button[name=theme][value={theme}]")
    window.page.wait_for_load_state()


def test_left_to_the_machine_the_theme_follows_it_while_the_page_is_open(open_window: Open) -> None:
    page = open_window("noor", color_scheme="dark").go(LIST)
    by_night = ground(page)

    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")

    assert (by_night, ground(page)) == (NIGHT, WHITE)


def test_a_chosen_theme_wins_from_the_machine_on_every_page_and_can_be_given_back(open_window: Open) -> None:
    noor = open_window("noor", color_scheme="light")
    noor.go(LIST)

    choose(noor, "dark")
    chosen = [ground(noor.go(path)) for path in (LIST, "/account/", "/")]
    scheme = noor.page.evaluate("getComputedStyle(document.documentElement).colorScheme")
    choose(noor, "auto")

    assert (chosen, scheme, ground(noor.page)) == ([NIGHT] * 3, "dark", WHITE)


def test_without_scripts_a_theme_can_be_chosen_too(open_window: Open) -> None:
    hr = open_window("hr", java_script_enabled=False)
    hr.go("/account/")

    hr.page.locator("main button[name=theme][value=dark]").click()
    hr.page.wait_for_load_state()

    assert ('data-bs-theme="dark"' in hr.page.content(), hr.page.url.endswith("/account/")) == (True, True)


def test_the_folded_sidebar_stays_folded_says_what_each_icon_is_and_opens_for_a_group(open_window: Open) -> None:
    noor = open_window("noor")
    page = noor.go(LIST)
    width = "document.querySelector('.side').offsetWidth"
    wide = page.evaluate(width)

    page.get_by_role("button", name="Menu inklappen").click()
    noor.go("/taken/list/")

    narrow = page.evaluate(width)
    link = page.get_by_role("navigation", name="Hoofdmenu").get_by_role("link", name="Kandidaten")
    assert (wide > 200, narrow < 80, link.get_attribute("title"), noor.overflow(1440)) == (True, True, "Kandidaten", [])
    page.locator(".side .menu-group summary").first.click()
    assert (page.evaluate(width), page.locator(".side .menu-group[open] a").first.is_visible()) == (wide, True)


def test_a_region_with_a_colour_and_a_logo_of_its_own_shows_them(open_window: Open, served: Served) -> None:
    with served.rows() as session:
        session.get(Region, UTRECHT).colour = "#6a1b9a"
    carla = open_window("carla")
    page = carla.go(f"/beheer/regios/logo/{UTRECHT}")

    page.set_input_files("input[name=logo]", {"name": "logo.png", "mimeType": "image/png", "buffer": png(300, 100)})
    carla.save()
    page.wait_for_url("**/beheer/regios/show/*")

    logo = page.locator(".side .brand-logo")
    assert (token(page, "--brand"), logo.get_attribute("alt")) == ("#6a1b9a", "Regio Utrecht")
    assert logo.evaluate("picture => [picture.naturalWidth, picture.offsetHeight <= 36]") == [300, True]
    assert carla.overflow(320) == []


def test_a_colour_can_be_picked_or_written(open_window: Open) -> None:
    page = open_window("carla").go(f"/beheer/regios/edit/{UTRECHT}")

    page.locator("[data-colour-of]").fill("#1565c0")
    picked = page.locator("input[name=colour]").input_value()
    page.locator("input[name=colour]").fill("#2e7d32")

    assert (picked, page.locator("[data-colour-of]").input_value()) == ("#1565c0", "#2e7d32")


def test_on_paper_there_is_no_menu_and_no_night(open_window: Open) -> None:
    noor = open_window("noor", color_scheme="dark")
    page = noor.go(LIST)

    page.emulate_media(media="print")

    hidden = page.locator(".side, .top-phone, .head-actions, .trail")
    assert [hidden.nth(place).is_visible() for place in range(hidden.count())] == [False] * hidden.count()
    assert (token(page, "--ground"), page.evaluate("getComputedStyle(document.querySelector('h1')).color")) == (
        "#ffffff",
        "rgb(29, 37, 41)",
    )


@pytest.mark.parametrize("width", [320, 640, 991, 992, 3840])
def test_no_width_makes_a_page_scroll_sideways(open_window: Open, width: int) -> None:
    noor = open_window("noor")

    found = {path: sticks for path in (LIST, "/account/", "/") if noor.go(path) and (sticks := noor.overflow(width))}

    assert found == {}


@pytest.mark.parametrize(("name", "width"), [("noor", 1440), ("noor", 640), ("fatima", 640), ("", 640)])
def test_letters_twice_as_large_fit(open_window: Open, name: str, width: int) -> None:
    one = open_window(name)
    page = one.go("/account/" if name else "/login/")

    page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert one.overflow(width) == []


def test_the_letters_are_ours_and_come_from_here(open_window: Open) -> None:
    page = open_window("noor").go(LIST)

    page.evaluate("document.fonts.ready")

    assert page.evaluate("[...document.fonts].some(face => face.family.includes('Inter') && face.status === 'loaded')") is True
    assert re.match(r'"?Inter', page.evaluate("getComputedStyle(document.body).fontFamily"))
