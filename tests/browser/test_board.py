"""The status board as advisers use it: by dragging, by menu, by keyboard, on a phone, without scripts, and with a colleague at work."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect

from app.enums import LeaveReason, Stage, Status
from app.models import Candidate, StageSpan
from tests.browser.axe import axe
from tests.browser.conftest import Open
from tests.browser.driving import PHONE
from tests.browser.serving import Served

SAID = "[data-said]"
ASK = "dialog#board-ask"
MENU = "#board-menu"
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"  # what the page does by itself within fifteen seconds


@dataclass(frozen=True)
class Stand:
    """Where somebody stands in the database."""

    stage: Stage
    status: Status
    seq: int
    reason: str | None = None


def stand(served: Served, number: str) -> Stand:
    with served.rows() as rows:
        found = rows.scalars(sa.select(Candidate).where(Candidate.number == number)).one()
        open_spans = rows.scalars(sa.select(StageSpan).where(StageSpan.candidate_id == found.id, StageSpan.left_at.is_(None))).all()
        assert [span.seq for span in open_spans] == [found.stage_seq]
        return Stand(found.stage, found.status, found.stage_seq, open_spans[0].reason)


def lane(page: Page, name: str) -> Locator:
    return page.locator(f".board-lane#{name}")


def first(page: Page, name: str) -> str:
    """The number of the first card of a column."""
    return str(lane(page, name).locator(".slip").first.get_attribute("data-number"))


def card(page: Page, number: str) -> Locator:
    return page.locator(f'.slip[data-number="{number}"]')


def choose(page: Page, number: str, label: str) -> None:
    """Move a card by its menu."""
    card(page, number).locator("[data-move]").click()
    page.locator(MENU).get_by_role("menuitem", name=label).click()


def stands_in(page: Page, number: str, name: str) -> None:
    expect(lane(page, name).locator(f'[data-number="{number}"]')).to_have_count(1)


def test_a_card_is_dragged_to_the_next_column(open_window: Open, served: Served) -> None:
    page = open_window("noor").go("/statusbord/")
    number = first(page, "EXPLORING")
    name, before = card(page, number).locator("[data-name]").inner_text(), stand(served, number)

    card(page, number).drag_to(lane(page, "ORIENTING"))

    stands_in(page, number, "ORIENTING")
    expect(page.locator(SAID)).to_have_text(f"{name} staat nu in ‘oriënteren’.")
    expect(card(page, number).locator("[data-move]")).to_be_focused()
    assert stand(served, number) == Stand(Stage.ORIENTING, Status.ACTIVE, before.seq + 1)


def test_a_card_that_is_dropped_on_a_zone_is_asked_until_when(open_window: Open, served: Served) -> None:
    page = open_window("noor").go("/statusbord/")
    number = first(page, "ORIENTING")
    before = stand(served, number)

    card(page, number).hover()
    page.mouse.down()
    lane(page, "DECIDING").hover()
    zone = page.locator('.board-zones [data-drop="PAUSED"]')
    expect(zone).to_be_visible()
    zone.hover()
    zone.hover()
    page.mouse.up()
    expect(page.locator(f"{ASK} [name=until]")).to_be_focused()
    expect(page.locator(f"{ASK} [name=leave_reason]")).to_be_hidden()
    asked = stand(served, number)
    page.locator(ASK).get_by_role("button", name="over twee weken").click()
    page.locator(f"{ASK} [type=submit]").click()

    stands_in(page, number, "PAUSED")
    assert (asked, stand(served, number)) == (before, Stand(Stage.ORIENTING, Status.PAUSED, before.seq + 1))


def test_who_leaves_has_a_reason_and_escape_leaves_everything_as_it_was(open_window: Open, served: Served) -> None:
    noor = open_window("noor")
    noor.expected |= {422}
    page = noor.go("/statusbord/")
    number = first(page, "EXPLORING")
    before = stand(served, number)

    choose(page, number, "Uitgestroomd")
    expect(page.locator(f"{ASK} [name=leave_reason]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card(page, number).locator("[data-move]")).to_be_focused()
    left = stand(served, number)
    choose(page, number, "Uitgestroomd")
    page.locator(f"{ASK} [type=submit]").click()
    expect(page.locator(f"{ASK} [data-wrong]")).to_have_text("Kies waarom deze kandidaat uitstroomt.")
    page.locator(f"{ASK} [name=leave_reason]").select_option(LeaveReason.OTHER_JOB.name)
    page.locator(f"{ASK} [name=reason]").fill("Begint in januari")
    page.locator(f"{ASK} [type=submit]").click()

    stands_in(page, number, "LEFT")
    assert left == before
    assert stand(served, number) == Stand(Stage.EXPLORING, Status.LEFT, before.seq + 1, "Begint in januari")


def test_a_card_is_moved_by_the_keyboard_alone(open_window: Open, served: Served) -> None:
    page = open_window("noor").go("/statusbord/")
    number = str(lane(page, "DECIDING").locator(".slip").nth(1).get_attribute("data-number"))
    before = stand(served, number)

    lane(page, "ORIENTING").locator("[data-name]").first.focus()
    for key in ("ArrowRight", "ArrowDown", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(f"{MENU} [data-to=DECIDING]")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("m")
    expect(page.locator(f"{MENU} [data-to=MATCHING]")).to_be_focused()
    page.keyboard.press("Enter")

    stands_in(page, number, "MATCHING")
    expect(card(page, number).locator("[data-move]")).to_be_focused()
    assert stand(served, number) == Stand(Stage.MATCHING, Status.ACTIVE, before.seq + 1)


def test_a_late_stage_wants_a_reason(open_window: Open, served: Served) -> None:
    page = open_window("noor").go("/statusbord/")
    number = first(page, "EXPLORING")

    choose(page, number, "Werkzaam")
    expect(page.locator(f"{ASK} [data-wrong]")).to_contain_text("geplaatste match")
    page.locator(f"{ASK} [name=reason]").fill("Geeft al les")
    page.keyboard.press("Enter")

    stands_in(page, number, "TEACHING")
    assert stand(served, number).reason == "Geeft al les"


def test_who_is_second_sees_where_the_card_went(open_window: Open, served: Served) -> None:
    noor, piet = open_window("noor"), open_window("noor")
    piet.expected |= {409}
    mine, theirs = noor.go("/statusbord/"), piet.go("/statusbord/")
    number = first(mine, "EXPLORING")

    choose(mine, number, "Oriënteren")
    stands_in(mine, number, "ORIENTING")
    choose(theirs, number, "Beslissen")

    stands_in(theirs, number, "ORIENTING")
    expect(theirs.locator(SAID)).to_have_text(f"Iemand anders was eerder: {number} staat nu in ‘oriënteren’.")
    expect(card(theirs, number).locator(".slip-note")).to_contain_text("Iemand anders was eerder")
    assert stand(served, number).stage is Stage.ORIENTING


def test_a_move_of_a_colleague_is_shown_and_said(open_window: Open) -> None:
    noor, carla = open_window("noor"), open_window("carla")
    mine = noor.go("/statusbord/")
    theirs = carla.go("/statusbord/")
    number = first(theirs, "DECIDING")
    name = card(mine, number).locator("[data-name]").inner_text()
    card(mine, number).locator("[data-name]").focus()

    choose(theirs, number, "Matchen")
    stands_in(theirs, number, "MATCHING")
    mine.evaluate(LOOK)

    expect(mine.locator(SAID)).to_contain_text(name)
    expect(lane(mine, "DECIDING").locator(f'[data-number="{number}"]')).to_have_count(0)


def test_news_that_came_while_a_menu_opened_are_news_the_next_time_too(open_window: Open) -> None:
    noor, carla = open_window("noor"), open_window("carla")
    noor.page.add_init_script("window.setInterval = () => 1")  # looks only when this test says so
    mine, theirs = noor.go("/statusbord/"), carla.go("/statusbord/")
    number = first(theirs, "DECIDING")
    choose(theirs, number, "Matchen")
    stands_in(theirs, number, "MATCHING")
    mine.evaluate("""() => { const real = window.fetch; window.fetch = async (...asked) => {
      const answer = await real(...asked);
      window.fetch = real;
      document.querySelector(".slip [data-move]").click();
      return answer;
    } }""")

    mine.evaluate(LOOK)
    expect(mine.locator(MENU)).to_be_visible()
    mine.wait_for_timeout(1_000)  # the answer has come in whole by then, and is not drawn
    mine.evaluate("document.querySelector('#board-menu').hidePopover()")
    expect(mine.locator(MENU)).to_be_hidden()
    expect(lane(mine, "DECIDING").locator(f'[data-number="{number}"]')).to_have_count(1)
    mine.evaluate(LOOK)

    expect(lane(mine, "DECIDING").locator(f'[data-number="{number}"]')).to_have_count(0)


def test_a_board_that_nobody_sees_asks_for_nothing(open_window: Open) -> None:
    page = open_window("noor").go("/statusbord/")
    asked: list[str] = []
    page.on("request", lambda request: "nieuws" in request.url and asked.append(request.url))

    page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })")
    page.evaluate(LOOK)
    page.wait_for_timeout(300)
    hidden = list(asked)
    page.evaluate("delete document.hidden")
    with page.expect_response(lambda answer: "nieuws" in answer.url) as told:
        page.evaluate(LOOK)

    assert (hidden, told.value.status) == ([], 204)
    assert 0 < int(page.locator("[data-board]").get_attribute("data-seconds") or 0) <= 15


def test_more_of_a_column_and_the_focus_on_what_came(open_window: Open) -> None:
    page = open_window("noor").go("/statusbord/")

    lane(page, "EXPLORING").locator("[data-more]").click()

    expect(lane(page, "EXPLORING").locator(".slip")).to_have_count(40)
    expect(lane(page, "EXPLORING").locator("[data-name]").nth(20)).to_be_focused()


def test_the_heads_stay_in_sight_and_the_page_does_not_scroll_sideways(open_window: Open) -> None:
    noor = open_window("noor")
    page = noor.go("/statusbord/")

    page.locator(".board").evaluate("(board) => (board.scrollTop = 900, board.scrollLeft = 2000)")

    expect(lane(page, "LEFT").locator(".board-head")).to_be_in_viewport()
    assert noor.overflow(1440) == []


def test_a_phone_shows_one_column_and_moves_by_the_menu(open_window: Open, served: Served) -> None:
    noor = open_window("noor", viewport=PHONE, has_touch=True, is_mobile=True)
    page = noor.go("/statusbord/")
    number = first(page, "ORIENTING")

    visible = [one.get_attribute("id") for one in page.locator(".board-lane").all() if one.is_visible()]
    page.locator("[data-switch]").select_option("ORIENTING")
    expect(lane(page, "EXPLORING")).to_be_hidden()
    card(page, number).locator("[data-move]").tap()
    page.locator(MENU).get_by_role("menuitem", name="Beslissen").tap()

    expect(page.locator(SAID)).to_contain_text("staat nu in ‘beslissen’")
    noor.fits()
    assert (visible, stand(served, number).stage) == (["EXPLORING"], Stage.DECIDING)


@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, PHONE], ids=["desk", "phone"])
def test_without_scripts_a_form_does_it(open_window: Open, served: Served, viewport: dict[str, int]) -> None:
    noor = open_window("noor", java_script_enabled=False, viewport=viewport)
    noor.expected |= {400}
    page = noor.go("/statusbord/?kolom=MATCHING")
    number = first(page, "MATCHING")
    before = stand(served, number)

    card(page, number).locator("[data-move]").click()
    page.get_by_label("Verplaatsen naar").select_option("WAITING")
    noor.save()
    expect(page.locator(".notice")).to_contain_text("Kies tot welke dag")
    page.get_by_label("Tot", exact=False).first.fill("1-2-2027")
    noor.save()

    expect(page.locator("h1")).to_contain_text("Statusbord")
    assert stand(served, number) == Stand(Stage.MATCHING, Status.WAITING, before.seq + 1)


def test_the_past_is_only_to_look_at(open_window: Open) -> None:
    page = open_window("noor").go("/statusbord/")

    page.locator("summary", has_text="Terugkijken").click()
    page.locator("#op").fill("2026-09-01")
    page.get_by_role("button", name="Deze dag tonen").click()

    expect(page.locator(".notice-info")).to_contain_text("di 1 sep")
    expect(page.locator(".slip").first).to_be_visible()
    expect(page.locator("[data-move], .slip[draggable]")).to_have_count(0)


def test_on_paper_only_the_cards_remain(open_window: Open) -> None:
    page = open_window("noor").go("/statusbord/")

    page.emulate_media(media="print")

    expect(page.locator(".board-head").first).to_be_visible()
    for hidden in (".side", ".tools", "[data-move]", "[data-more]"):
        expect(page.locator(hidden).first).to_be_hidden()


@pytest.mark.parametrize("what", ["board", "menu", "dialog"])
def test_the_board_is_accessible(open_window: Open, what: str) -> None:
    page = open_window("noor").go("/statusbord/")
    if what != "board":
        card(page, first(page, "EXPLORING")).locator("[data-move]").click()
    if what == "dialog":
        page.locator(f"{MENU} [data-to=LEFT]").click()
        expect(page.locator(ASK)).to_be_visible()

    assert axe(page) == []


def test_who_has_signed_out_elsewhere_is_told(open_window: Open) -> None:
    page = open_window("noor").go("/statusbord/")
    page.context.clear_cookies()

    page.evaluate(LOOK)

    expect(page.locator(SAID)).to_contain_text("Je bent uitgelogd")
