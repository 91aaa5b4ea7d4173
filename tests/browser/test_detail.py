"""The page of one thing in a browser: tabs without a reload, contact on request, a timeline that grows; with a keyboard and on a phone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.models import AdviceSession, Candidate
from tests.browser.conftest import Open
from tests.browser.driving import PHONE
from tests.browser.serving import Served

NOW = datetime.now(UTC)
LONG_REPORT = "Een regel van het verslag.\n" + "Nog meer woorden over wat er is afgesproken. " * 300


def of_noor(served: Served, number: str = "K-200001") -> int:
    with served.rows() as rows:
        return int(rows.scalar(sa.select(Candidate.id).where(Candidate.number == number)))


def talked(served: Served, candidate: int, times: int, summary: str = "Gesproken") -> None:
    with served.rows() as rows:
        region = rows.get(Candidate, candidate).region_id
        for number in range(times):
            at = NOW - timedelta(days=number)
            rows.add(
                AdviceSession(
                    candidate_id=candidate, region_id=region, in_region_id=region, held_at=at, created_at=at, summary=f"{summary} {number}"
                )
            )


def test_tabs_open_without_a_reload_and_the_back_button_leads_back(open_window: Open, served: Served) -> None:
    noor, file = open_window("noor"), f"/kandidaten/show/{of_noor(served)}"
    page = noor.go(file)
    page.evaluate("window.stillHere = true")

    page.locator(".jump a", has_text="Gesprekken").click()
    page.wait_for_url(f"**{file}?tab=gesprekken")
    assert page.locator("table[data-list=gesprekken]").count() == 1
    assert page.locator(".jump [aria-current=page]").inner_text() == "Gesprekken"
    assert page.evaluate("[window.stillHere, document.activeElement.id]") == [True, "part-gesprekken"]

    page.go_back()
    page.wait_for_url(f"**{file}")
    page.locator(".timeline").wait_for()
    assert page.locator(".jump [aria-current=page]").inner_text() == "Tijdlijn"
    assert page.locator("h1").count() == 1


def test_contact_appears_in_its_place_and_the_candidate_sees_who_asked(open_window: Open, served: Served) -> None:
    noor = open_window("noor")
    page = noor.go(f"/kandidaten/show/{of_noor(served)}")
    assert "fatima@demo.test" not in page.content()

    page.locator("a", has_text="Contactgegevens tonen").click()
    page.locator("#contact a[href='mailto:fatima@demo.test']").wait_for()
    assert page.locator(".timeline").count() == 1

    fatima = open_window("fatima")
    fatima.go("/mijn/dossier?soort=gekeken")
    assert "Iemand bekeek je contactgegevens" in fatima.page.locator(".timeline").inner_text()


def test_without_scripts_tabs_contact_and_more_are_pages(open_window: Open, served: Served) -> None:
    candidate = of_noor(served, "K-200049")
    talked(served, candidate, 25)
    noor = open_window("noor", java_script_enabled=False)
    page = noor.go(f"/kandidaten/show/{candidate}")

    page.locator("#moments-more a").click()
    page.wait_for_url("**voor=*")
    assert page.locator(".moment").count() >= 1
    page.locator(".jump a", has_text="Taken").click()
    page.wait_for_url("**tab=taken")
    page.locator("a", has_text="Contactgegevens tonen").click()
    page.wait_for_url("**/kandidaten/contact/*")
    assert page.locator("#contact a[href^='mailto:']").count() >= 1


def test_more_of_the_timeline_comes_under_it_and_takes_the_focus(open_window: Open, served: Served) -> None:
    candidate = of_noor(served, "K-200016")
    talked(served, candidate, 45)
    noor = open_window("noor")
    page = noor.go(f"/kandidaten/show/{candidate}?soort=gesprekken")
    before = page.locator(".moment").count()

    page.locator("#moments-more a").focus()
    page.keyboard.press("Enter")
    page.locator(".moment:focus").wait_for()

    assert before == 20
    assert page.evaluate("[...document.querySelectorAll('.moment')].indexOf(document.activeElement)") == 20
    headings = page.locator(".month h2").all_inner_texts()
    assert len(headings) == len(set(headings))


@pytest.mark.parametrize("name", ["noor", "fatima"])
def test_a_long_report_a_long_name_and_large_text_break_nothing(open_window: Open, served: Served, name: str) -> None:
    candidate = of_noor(served)
    talked(served, candidate, 1, LONG_REPORT)
    person = open_window(name, viewport=PHONE, is_mobile=True, has_touch=True)
    page = person.go(f"/kandidaten/show/{candidate}")

    person.fits()
    page.locator(".moment-more summary").first.click()
    page.locator(".file > summary").click()
    person.fits()
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert person.overflow(PHONE["width"] * 2) == []
    with served.rows() as rows:
        key = rows.scalar(
            sa.select(AdviceSession.id).where(AdviceSession.summary.startswith("Een regel")).order_by(AdviceSession.id.desc())
        )
    person.go(f"/gesprekken/show/{key}")
    person.fits()


def test_the_facts_are_folded_up_on_a_phone_and_in_sight_at_a_desk(open_window: Open, served: Served) -> None:
    file = f"/kandidaten/show/{of_noor(served)}"
    desk, phone = open_window("noor"), open_window("noor", viewport=PHONE)

    desk.go(file), phone.go(file)

    assert (desk.page.locator(".facts").is_visible(), desk.page.locator(".file > summary").is_visible()) == (True, False)
    assert (phone.page.locator(".facts").is_visible(), phone.page.locator(".file > summary").is_visible()) == (False, True)
