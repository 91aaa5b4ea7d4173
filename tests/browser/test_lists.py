"""A day in a list: by mouse, by keyboard, on a phone, and without scripts."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from app.enums import Role
from app.models import Candidate, Membership, Region
from tests.browser.conftest import Open
from tests.browser.driving import PHONE, SMALLEST
from tests.browser.serving import Served
from tests.browser.test_a_newcomer import LIST, lines_of, total

ROWS = f"{LIST} tbody tr"
FILTERS = "details[data-filters]"
HERE = "**/kandidaten/list/**"


def focused_row(page: Page) -> int:
    """Which row has the cursor, from 0; -1 for none."""
    return int(page.evaluate(f"[...document.querySelectorAll('{ROWS}')].indexOf(document.activeElement.closest('tr'))"))


def heads(page: Page) -> list[str]:
    return [text for text in page.locator(f"{LIST} thead th:not(.row-pick, .does)").all_inner_texts() if text]


def chosen(page: Page) -> str:
    return page.locator(".bulk [data-count]").inner_text()


def test_a_click_on_a_row_opens_it_and_one_on_what_stands_in_it_does_that(open_window: Open) -> None:
    page = open_window("noor").go("/kandidaten/list/")
    key = page.locator(ROWS).nth(2).get_attribute("data-id")

    page.locator(ROWS).nth(1).locator("input[type=checkbox]").check()
    page.locator(ROWS).nth(1).locator("details > summary").click()
    assert page.url.endswith("/kandidaten/list/")
    page.keyboard.press("Escape")
    with page.context.expect_page() as opened:
        page.locator(ROWS).nth(2).locator("td.brief").nth(2).click(modifiers=["ControlOrMeta"])
    assert opened.value.url.endswith(f"/kandidaten/show/{key}")
    opened.value.close()
    page.locator(ROWS).nth(2).locator("td.brief").nth(2).click()

    page.wait_for_url(f"**/kandidaten/show/{key}")


def test_the_head_stays_in_sight_and_row_actions_come_with_the_pointer_and_with_the_keyboard(open_window: Open) -> None:
    page = open_window("noor").go("/kandidaten/list/")
    pencil = page.locator(f"{ROWS}:nth-child(9) .row-edit")

    hidden = pencil.evaluate("one => getComputedStyle(one).opacity")
    page.locator(ROWS).nth(8).hover()
    pointed = pencil.evaluate("one => getComputedStyle(one).opacity")
    page.mouse.move(0, 0)
    pencil.focus()
    reached = pencil.evaluate("one => getComputedStyle(one).opacity")
    page.locator(ROWS).last.scroll_into_view_if_needed()

    assert (hidden, pointed, reached) == ("0", "1", "1")
    assert page.locator(f"{LIST} thead th").nth(1).evaluate("one => one.getBoundingClientRect().top") == 0


def test_filters_of_several_values_and_columns_that_are_remembered(open_window: Open, served: Served) -> None:
    noor = open_window("noor")
    page = noor.go("/kandidaten/list/")

    page.locator(f"{FILTERS} > summary").click()
    for value in ("WAITING", "PAUSED"):
        page.locator(f"input[name=_flt_0_status][value={value}]").check()
    page.locator(f"{FILTERS} button[type=submit]").click()
    page.wait_for_url("**_flt_0_status=WAITING&_flt_0_status=PAUSED*")
    both = total(noor)
    page.locator(".chip a").first.click()
    page.wait_for_url(lambda url: "WAITING" not in url)
    assert 0 < total(noor) < both
    page.locator(".tools > details > summary").click()
    page.locator("input[name=column][value=place]").uncheck()
    page.locator("input[name=column][value=education]").check()
    up = page.locator("li:has(input[value=education]) [data-up]")
    while up.is_visible():
        up.click()
    noor.fits()
    page.get_by_role("button", name="Kolommen tonen").click()
    page.wait_for_url("**_flt_0_status=PAUSED*")

    assert (heads(page)[:3], "Plaats" in heads(page)) == (["Naam", "Vooropleiding", "Fase"], False)
    later = open_window("noor").go("/kandidaten/list/")
    assert heads(later)[:3] == ["Naam", "Vooropleiding", "Fase"]
    later.locator(".tools > details > summary").click()
    later.get_by_role("button", name="De gewone kolommen").click()
    later.wait_for_url(HERE)
    assert heads(later)[:3] == ["Naam", "Fase", "Status"]


def test_a_view_is_saved_shared_found_by_a_colleague_and_removed(open_window: Open) -> None:
    noor, carla = open_window("noor"), open_window("carla")
    page = noor.go("/kandidaten/list/?_flt_0_status=PAUSED")

    page.get_by_text("Bewaren als weergave").click()
    page.get_by_label("Naam van de weergave").fill("Even gepauzeerd")
    page.get_by_text("Delen met het loket").click()
    page.get_by_role("button", name="Weergave bewaren").click()
    page.locator(".views a[aria-current]", has_text="Even gepauzeerd").wait_for()
    hers = carla.go("/kandidaten/list/")
    tab = hers.locator(".views a", has_text="Even gepauzeerd")
    assert (tab.get_attribute("title") or "").startswith("Gedeeld door Noor")
    tab.click()
    hers.wait_for_url("**_flt_0_status=PAUSED*")
    carla.fits()
    page.get_by_text("Weergave aanpassen").click()
    page.get_by_role("button", name="Weergave verwijderen").click()

    expect(page.locator(".views a", has_text="Even gepauzeerd")).to_have_count(0)


def test_a_whole_list_by_keyboard(open_window: Open) -> None:
    noor = open_window("noor")
    page = noor.go("/kandidaten/list/")

    page.keyboard.press("/")
    page.keyboard.type("j k x ?")
    assert page.input_value("input[name=q]") == "j k x ?"
    page.fill("input[name=q]", "")
    page.locator("h1").click()
    for key in "jjjk":
        page.keyboard.press(key)
    assert focused_row(page) == 1
    page.keyboard.press("x")
    assert chosen(page) == "1 gekozen"
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert chosen(page) == "2 gekozen"
    page.keyboard.press("?")
    help_box = page.locator("dialog.keys")
    assert help_box.evaluate("one => one.open")
    page.keyboard.press("j")  # the list stands still behind it
    page.keyboard.press("Escape")
    assert focused_row(page) == 2
    row = page.locator(ROWS).nth(2).get_attribute("data-id")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/kandidaten/show/{row}")


def test_single_keys_can_be_switched_off_and_stay_off(open_window: Open) -> None:
    page = open_window("noor").go("/kandidaten/list/")

    page.get_by_role("button", name="Sneltoetsen").click()
    page.get_by_label("Deze toetsen gebruiken in lijsten").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("/")

    assert (focused_row(page), page.evaluate("document.activeElement.tagName")) == (-1, "BODY")
    page.get_by_role("button", name="Sneltoetsen").click()
    page.get_by_label("Deze toetsen gebruiken in lijsten").check()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("j")
    assert focused_row(page) == 0


def test_rows_of_two_pages_get_an_adviser_together(open_window: Open, served: Served) -> None:
    noor = open_window("noor")
    page = noor.go("/kandidaten/list/?_flt_0_status=ACTIVE")
    picked = [page.locator(ROWS).nth(row).get_attribute("data-number") or "" for row in (0, 3)]

    for row in (0, 3):
        page.locator(ROWS).nth(row).locator("input[name=_rows]").check()
    page.locator("nav.pager a[rel=next]").click()
    page.wait_for_url("**page_KandidatenView=1*")
    assert chosen(page) == "2 gekozen"
    picked.append(page.locator(ROWS).nth(1).get_attribute("data-number") or "")
    page.locator(ROWS).nth(1).locator("input[name=_rows]").check()
    page.locator("nav.pager a[rel=prev]").click()
    page.wait_for_url(lambda url: "page_KandidatenView" not in url)
    assert [page.locator(ROWS).nth(row).locator("input[name=_rows]").is_checked() for row in (0, 1, 3)] == [True, False, True]
    page.get_by_role("button", name="Adviseur kiezen").click()
    page.wait_for_url("**/kandidaten/keuze")
    assert [line.split()[-1] for line in page.locator(".bulk-names li").all_inner_texts()] == sorted(picked, reverse=True)
    noor.fits()
    with served.rows() as rows:
        works_here = (Membership.role == Role.ADVISER, Membership.ends_on.is_(None), Region.slug == "utrecht")
        adviser = rows.scalar(sa.select(sa.func.max(Membership.user_id)).join(Membership.region).where(*works_here))
    page.locator("select[name=adviser]").select_option(str(adviser), force=True)
    noor.save()
    page.wait_for_url(HERE)

    with served.rows() as rows:
        found = set(rows.scalars(sa.select(Candidate.lead_adviser_id).where(Candidate.number.in_(picked))))
    assert found == {adviser}
    assert page.locator(".bulk.on").count() == 0


def test_all_that_is_filtered_goes_into_one_file(open_window: Open, tmp_path: Path) -> None:
    noor = open_window("noor")
    page = noor.go("/kandidaten/list/?_flt_0_status=ACTIVE")
    everything = total(noor)

    page.locator("[data-pick-page]").check()
    page.get_by_text(f"Alle {everything} uit deze lijst").click()
    page.get_by_role("button", name="Exporteren").click()
    page.wait_for_url("**/kandidaten/keuze")
    assert re.search(rf"· {everything}$", page.locator("h1").inner_text())
    page.fill("input[name=reason]", "Voor het overleg met de besturen")
    with page.expect_download() as waiting:
        noor.save()

    assert len(lines_of(waiting.value, tmp_path)) == everything > 25


def test_the_choice_can_be_cleared_and_belongs_to_its_filters(open_window: Open) -> None:
    page = open_window("noor").go("/kandidaten/list/")
    page.locator(ROWS).first.locator("input[name=_rows]").check()

    page.goto(page.url + "?_flt_0_status=ACTIVE")
    elsewhere = page.locator(".bulk").is_visible()
    page.goto(page.url.partition("?")[0])
    back = chosen(page)
    page.get_by_role("button", name="Keuze wissen").click()

    assert (elsewhere, back, page.locator(".bulk").is_visible()) == (False, "1 gekozen", False)


def test_a_card_of_three_lines_on_a_phone_and_a_panel_that_is_all_in_reach(open_window: Open) -> None:
    noor = open_window("noor", viewport=PHONE)
    page = noor.go("/kandidaten/list/")

    heights = page.locator(ROWS).evaluate_all("rows => rows.map(row => row.getBoundingClientRect().height)")
    page.locator(f"{FILTERS} > summary").click()
    wide = page.locator(".pop-filters").evaluate("one => one.getBoundingClientRect().width")
    apply = page.locator(f"{FILTERS} button[type=submit]")
    apply.scroll_into_view_if_needed()

    assert max(heights) < 150
    assert sorted(heights)[len(heights) // 2] < 120
    assert (wide > 340, apply.is_visible()) == (True, True)
    noor.fits()


def test_forty_filters_and_a_long_name_fit_on_the_smallest_phone(open_window: Open) -> None:
    noor = open_window("noor", viewport=SMALLEST)
    many = "&".join(f"_flt_2_place={number}{'plaatsnaam' * (number % 4)}" for number in range(40))

    page = noor.go(f"/kandidaten/list/?{many}")

    assert page.locator(".chip").count() == 40
    noor.fits()


def test_choosing_rows_needs_no_scripts(open_window: Open) -> None:
    noor = open_window("noor", java_script_enabled=False)
    page = noor.go("/kandidaten/list/")

    before = page.locator(".bulk").is_visible()
    for row in (0, 1):
        page.locator(ROWS).nth(row).locator("input[name=_rows]").check()
    page.locator(".bulk button[value=assign]").click()

    assert (before, page.locator(".bulk-names li").count()) == (False, 2)
    page.locator(".form-foot a").click()
    page.locator(f"{FILTERS} > summary").click()
    page.locator(f"{FILTERS} noscript a, {FILTERS} a[href*='kies=1']").last.click()
    assert page.locator("h1").inner_text().startswith("Kies")
