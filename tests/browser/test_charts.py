"""Charts in Chromium: drawn under the policy, again in the other theme, as pictures to keep, and as bars without a script."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Download, Page, expect

from tests.browser.conftest import Open
from tests.browser.driving import PHONE

CHARTS = ("fasen", "instroom", "gesprekken", "matches", "activiteiten")
DRAWN = ".chart-canvas svg path"
FILLS = "els => [...new Set(els.map((one) => one.getAttribute('fill')))]"


def _token(page: Page, name: str) -> str:
    return str(page.evaluate("name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()", name))


def _download(page: Page, selector: str) -> Download:
    with page.expect_download() as waiting:
        page.locator(selector).click()
    return waiting.value


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE, "color_scheme": "dark"}])
def test_every_chart_is_drawn_without_anything_that_the_policy_refuses(options: dict[str, Any], open_window: Open) -> None:
    noor = open_window("noor", **options)

    for name in CHARTS:
        page = noor.go(f"/cijfers/{name}/")
        page.wait_for_selector(DRAWN, state="attached")
        fills = page.locator(DRAWN).evaluate_all(FILLS)
        label = page.locator(".chart-canvas").get_attribute("aria-label")
        assert _token(page, "--chart-1") in fills, name
        assert page.locator(".bars").is_hidden(), name
        assert label == f"{page.locator('figcaption').inner_text()}. De cijfers staan in de tabel."
        noor.fits()


def test_eighteen_months_fit_on_a_phone(open_window: Open) -> None:
    carla = open_window("carla", viewport=PHONE)
    page = carla.go("/cijfers/gesprekken/?maanden=18")
    page.wait_for_selector(DRAWN, state="attached")

    canvas = page.locator(".chart-canvas").bounding_box()
    texts = page.locator(".chart-canvas svg text").evaluate_all("els => els.map((one) => one.getBoundingClientRect().toJSON())")

    assert canvas is not None
    assert [text for text in texts if text["left"] < canvas["x"] - 1 or text["right"] > canvas["x"] + canvas["width"] + 1] == []
    assert page.locator("details.chart-numbers").get_attribute("open") is None


def test_the_other_theme_has_other_colours(open_window: Open) -> None:
    noor = open_window("noor")
    page = noor.go("/cijfers/fasen/")
    page.wait_for_selector(DRAWN, state="attached")
    light = _token(page, "--chart-1")

    page.evaluate("document.documentElement.setAttribute('data-bs-theme', 'dark')")
    dark = _token(page, "--chart-1")
    expect(page.locator(f'.chart-canvas svg [fill="{light}"]')).to_have_count(0)

    assert dark != light
    assert dark in page.locator(DRAWN).evaluate_all(FILLS)


def test_a_chart_is_kept_as_a_picture_a_drawing_and_numbers(open_window: Open, tmp_path: Path) -> None:
    noor = open_window("noor")
    page = noor.go("/cijfers/instroom/")
    page.wait_for_selector(DRAWN, state="attached")

    found = {}
    for kind in ("png", "svg"):
        made = _download(page, f"[data-picture={kind}]")
        made.save_as(tmp_path / made.suggested_filename)
        found[kind] = (made.suggested_filename, (tmp_path / made.suggested_filename).read_bytes())
    numbers = _download(page, "a[href*='cijfers.csv']").suggested_filename

    drawing = found["svg"][1].decode()
    names = [found["png"][0], found["svg"][0], numbers]
    assert [re.sub(r"\d{4}-\d\d-\d\d", "DAY", name) for name in names] == [f"instroom-DAY.{kind}" for kind in ("png", "svg", "csv")]
    assert (found["png"][1][:8], int.from_bytes(found["png"][1][16:20], "big")) == (b"\x89PNG\r\n\x1a\n", 2 * 960)
    said = [text.text for text in ElementTree.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")]
    assert {page.locator("figcaption").inner_text(), *page.locator(".chart-legend li").all_inner_texts()} <= set(said)


def test_without_a_script_the_bars_and_the_table_are_there_and_the_period_can_be_chosen(open_window: Open) -> None:
    noor = open_window("noor", java_script_enabled=False)
    page = noor.go("/cijfers/instroom/")

    page.locator("#maanden").select_option("3")
    page.locator(".chart-period button").click()
    page.wait_for_url("**maanden=3")

    assert (page.locator(".bar-row").count(), page.locator("table.numbers tbody tr").count()) == (3, 3)
    assert (page.locator(".bars").is_visible(), page.locator("[data-picture]").first.is_hidden()) == (True, True)
    noor.fits()


def test_on_paper_the_bars_of_the_server_stand(open_window: Open) -> None:
    noor = open_window("noor")
    page = noor.go("/cijfers/fasen/")
    page.wait_for_selector(DRAWN, state="attached")

    page.emulate_media(media="print")

    assert (page.locator(".bars").is_visible(), page.locator(".chart-canvas").is_visible()) == (True, False)


def test_an_idea_is_sent_from_a_screen_and_its_answer_read(open_window: Open) -> None:
    noor, carla = open_window("noor"), open_window("carla")
    page = noor.go("/kandidaten/list/?q=Anna")
    page.locator(".page-foot a").click()
    page.wait_for_url("**/ideeen/nieuw?scherm=KandidatenView.list")
    page.locator("[name=kind]").select_option("IDEA")
    page.fill("[name=text]", "Bij K-204173 wil ik de lijst smaller.")
    noor.expected = {422}
    noor.save()
    page.wait_for_selector("[name=text][aria-invalid=true]")
    page.fill("[name=text]", "Ik wil de lijst smaller kunnen maken.")
    noor.save()
    page.wait_for_url(noor.address + "/ideeen/")

    other = carla.go("/beheer/ideeen/list/?_flt_0_state=NEW&q=smaller")
    other.locator("tbody th a").first.click()
    other.wait_for_url("**/beheer/ideeen/show/*")
    other.goto(other.url.replace("/show/", "/edit/"))
    other.locator("[name=state]").select_option("PLANNED")
    other.fill("[name=answer]", "Je kunt straks kolommen kiezen.")
    carla.save()
    other.wait_for_url("**/beheer/ideeen/show/*")

    assert "Je kunt straks kolommen kiezen." in noor.go("/ideeen/").locator("main").inner_text()
