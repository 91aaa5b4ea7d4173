"""Forms in a real browser: searching for a relation by keyboard, drafts that survive, and no warning where nothing would be lost."""

from __future__ import annotations

import re

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from app.models import Candidate, Draft, Region
from tests.browser.axe import axe
from tests.browser.conftest import Open
from tests.browser.serving import Served

REPORT = "We bezoeken samen een school in Zeist. Daarna bellen we."


def somebody(served: Served) -> tuple[str, str]:
    """A candidate of Regio Utrecht whose name is nobody else's."""
    with served.rows() as rows:
        mine = sa.select(Candidate.name).join(Region, Region.id == Candidate.region_id).where(Region.slug == "utrecht")
        name = rows.scalar(mine.group_by(Candidate.name).having(sa.func.count() == 1).order_by(Candidate.name).limit(1))
        return str(name), str(rows.scalar(sa.select(Candidate.number).join(Region).where(Candidate.name == name, Region.slug == "utrecht")))


def combobox(page: Page, label: str) -> None:
    page.get_by_role("combobox", name=label).focus()


def drafts(served: Served) -> int:
    with served.rows() as rows:
        return int(rows.scalar(sa.select(sa.func.count()).select_from(Draft)))


def kept(page: Page, served: Served, text: str) -> None:
    """Wait until the page says that the draft is kept and the database holds this text: two drafts are some seconds apart."""
    page.locator("[data-status]", has_text=re.compile(r"Concept bewaard \d\d:\d\d")).wait_for()
    for _ in range(60):
        with served.rows() as rows:
            if any(text in str(draft.content) for draft in rows.scalars(sa.select(Draft))):
                return
        page.wait_for_timeout(200)
    raise AssertionError(f"{text} is not kept")


def test_a_report_by_keyboard_goes_on_where_it_was_on_another_device(open_window: Open, served: Served) -> None:
    name, number = somebody(served)
    first = open_window("noor")
    page = first.go("/gesprekken/add")

    combobox(page, "Kandidaat")
    page.keyboard.type(name)
    page.locator(".ts-dropdown .option", has_text=number).wait_for()
    assert axe(page, "main") == []
    page.keyboard.press("Enter")
    assert page.input_value("input[name=candidate]") == number
    page.get_by_label("Samenvatting").fill(REPORT)
    page.keyboard.press("Tab")
    kept(page, served, REPORT)

    second = open_window("noor")
    page = second.go("/gesprekken/add")
    assert page.locator(".draft-notice").is_visible()
    assert (page.get_by_label("Samenvatting").input_value(), page.input_value("input[name=candidate]")) == (REPORT, number)
    assert name in page.locator(".ts-control .item").first.inner_text()
    second.fits()
    assert axe(page, "main") == []
    second.save()
    page.wait_for_url("**/gesprekken/show/*")
    second.go("/gesprekken/add")
    assert (page.locator(".draft-notice").count(), drafts(served)) == (0, 0)


def test_who_throws_the_draft_away_starts_again(open_window: Open, served: Served) -> None:
    noor = open_window("noor")
    page = noor.go("/gesprekken/add")
    page.locator("textarea[name=notes]").fill("weg ermee")
    page.keyboard.press("Tab")
    kept(page, served, "weg ermee")

    noor.go("/gesprekken/add")
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator(".draft-notice button").click()
    expect(page.locator(".draft-notice")).to_have_count(0)

    assert page.locator("textarea[name=notes]").input_value() == ""


def test_many_boxes_are_one_line_that_is_searched(open_window: Open, served: Served) -> None:
    name, number = somebody(served)
    noor = open_window("noor")
    noor.go(f"/kandidaten/list/?q={number}").locator("tbody th a").first.click()
    noor.page.wait_for_url("**/kandidaten/show/*")
    page = noor.go(f"/kandidaten/edit/{noor.page.url.rstrip('/').rpartition('/')[2].partition('?')[0]}")
    while page.locator("#subjects .item button").count():
        page.locator("#subjects .item button").first.click()

    combobox(page, "Vakken")
    page.keyboard.type("wisk")
    page.keyboard.press("Enter")
    page.keyboard.type("natuurk")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    chosen = page.locator("input[name=subjects]:checked").count()
    page.keyboard.press("Backspace")
    left = page.locator("input[name=subjects]:checked").count()
    noor.fits()
    assert axe(page, "main") == []
    noor.save()
    page.wait_for_url("**/kandidaten/show/*")

    assert (chosen, left) == (2, 1)
    assert "iskunde" in page.locator("main").inner_text()


def test_leaving_asks_only_when_something_would_be_lost(open_window: Open, served: Served) -> None:
    noor = open_window("noor")
    page = noor.page
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    noor.go("/taken/add")
    noor.go("/taken/add")
    page.get_by_label("Wat", exact=True).fill("Bellen")
    noor.go("/gesprekken/add")
    page.locator("textarea[name=notes]").fill("bewaard")
    page.keyboard.press("Tab")
    kept(page, served, "bewaard")
    noor.go("/kandidaten/list/")

    assert asked == ["beforeunload"]


def test_a_day_is_typed_as_people_do(open_window: Open, served: Served) -> None:
    _, number = somebody(served)
    noor = open_window("noor")
    page = noor.go(f"/taken/add?candidate={number}")
    page.get_by_label("Wat", exact=True).fill("Terugbellen")
    page.locator("select[name=holder]").select_option("ADVISER")
    page.fill("input[name=due_on]", "31 februari")
    noor.expected = {422}
    noor.save()
    page.locator(".error-summary").wait_for()

    assert page.evaluate("document.activeElement.className") == "error-summary"
    assert page.input_value("input[name=due_on]") == "31 februari"
    page.locator(".error-summary a").click()
    assert page.evaluate("document.activeElement.name") == "due_on"
    page.fill("input[name=due_on]", "1 dec 2027")
    noor.save()
    page.wait_for_url("**/taken/show/*")
    assert "2027" in page.locator("main").inner_text()


def test_without_scripts_a_relation_is_chosen_on_a_page_of_its_own(open_window: Open, served: Served) -> None:
    name, number = somebody(served)
    noor = open_window("noor", java_script_enabled=False)
    page = noor.go("/gesprekken/add")
    page.fill("textarea[name=summary]", REPORT)

    page.locator("button[value='choose:candidate']").click()
    page.fill("main input[name=q]", name)
    page.locator("main .search button").click()
    page.locator(".choose a", has_text=number).click()

    assert (page.input_value("input[name=candidate]"), page.input_value("textarea[name=summary]")) == (number, REPORT)
    page.locator("button[value=draft]").click()
    page.locator("button[value=forget]").click()
    assert page.input_value("textarea[name=summary]") == ""


def test_the_preview_of_an_article_stands_under_its_text(open_window: Open) -> None:
    carla = open_window("carla")
    page = carla.go("/kennisbank/add")
    page.get_by_label("Tekst").fill("# De eerste stap\n\n- bel het loket")

    page.get_by_role("button", name="Bekijk hoe het eruitziet").click()
    page.locator(".preview li").wait_for()

    assert page.locator(".preview li").inner_text() == "bel het loket"
    assert page.get_by_label("Tekst").input_value().startswith("# De eerste stap")
    carla.fits()
