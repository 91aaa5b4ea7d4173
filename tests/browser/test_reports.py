"""A report in a real browser: a template without a new page, files that are named before they are sent, a doubt, and two at one report."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from app.adapters import clock
from app.enums import Status
from app.models import AdviceSession, Attachment, Candidate, Region, Task
from tests import files
from tests.browser.axe import axe
from tests.browser.conftest import Open
from tests.browser.driving import DESK, PHONE
from tests.browser.serving import Served

TYPED = "Je belde over de meeloopdag."
PDF = {"name": "verslag.pdf", "mimeType": "application/pdf", "buffer": files.pdf()}


def somebody(served: Served, at: int = 0) -> str:
    """An active candidate of Regio Utrecht with something to do."""
    with served.rows() as rows:
        query = sa.select(Candidate.number).join(Region, Region.id == Candidate.region_id)
        mine = query.where(Region.slug == "utrecht", Candidate.status == Status.ACTIVE, Candidate.next_action_on.is_not(None))
        return str(rows.scalar(mine.order_by(Candidate.id.desc()).offset(at).limit(1)))


def newest(served: Served) -> tuple[int, str, list[str]]:
    """The newest report: its key, summary and files."""
    with served.rows() as rows:
        report = rows.scalars(sa.select(AdviceSession).order_by(AdviceSession.id.desc()).limit(1)).one()
        names = rows.scalars(sa.select(Attachment.name).where(Attachment.session_id == report.id).order_by(Attachment.id))
        return report.id, str(report.summary), list(names)


def choose(page: Page, name: str) -> None:
    page.get_by_label("Begin met een sjabloon").select_option(label=name)
    page.get_by_role("button", name="Sjabloon gebruiken").click()
    page.locator("[data-filled]", has_text="Het sjabloon is toegevoegd").wait_for()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_report_with_a_template_a_file_and_a_next_action_is_saved_at_once(
    open_window: Open, served: Served, size: dict[str, int]
) -> None:
    number = somebody(served)
    window = open_window("noor", viewport=size)
    page = window.go(f"/gesprekken/add?candidate={number}")
    page.get_by_label("Samenvatting").fill(TYPED)
    page.set_input_files("input[type=file]", [PDF])

    choose(page, "Kennismaking")
    assert page.get_by_label("Samenvatting").input_value().startswith(f"{TYPED}\n\nWe hebben kennisgemaakt.")
    assert page.get_by_label("telefonisch").is_checked()
    assert page.evaluate("document.querySelector('input[type=file]').files.length") == 1
    page.locator("[name=done]").first.check()
    page.get_by_label("Volgende actie").fill("De proefles nabespreken")
    page.locator("[name=next_due]").fill(f"{clock.day(clock.now()):%d-%m-%Y}")
    window.fits()
    assert axe(page, "main") == []
    window.save()
    page.wait_for_url("**/gesprekken/show/*")

    key, summary, names = newest(served)
    with served.rows() as rows:
        planned = rows.scalar(sa.select(Task.title).order_by(Task.id.desc()).limit(1))
    assert (names, summary.startswith(TYPED), planned) == (["verslag.pdf"], True, "De proefles nabespreken")
    assert page.get_by_role("link", name="verslag.pdf").get_attribute("href") == f"/gesprekken/bijlage/{_file(served, key)}"
    window.fits()
    assert axe(page, "main") == []


def _file(served: Served, report: int) -> int:
    with served.rows() as rows:
        return int(rows.scalar(sa.select(Attachment.id).where(Attachment.session_id == report)))


def test_a_file_that_is_too_large_is_named_before_anything_is_sent(open_window: Open, served: Served) -> None:
    window = open_window("noor")
    page = window.go(f"/gesprekken/add?candidate={somebody(served, 1)}")
    page.get_by_label("Samenvatting").fill(TYPED)
    page.set_input_files("input[type=file]", [{**PDF, "name": "groot.pdf", "buffer": bytes(10_000_001)}])

    said = page.evaluate("document.querySelector('input[type=file]').validationMessage")
    window.save()

    assert said == "groot.pdf is groter dan 10 MB. Kies een kleiner bestand."
    assert ("/gesprekken/add" in page.url, page.get_by_label("Samenvatting").input_value()) == (True, TYPED)
    page.set_input_files("input[type=file]", [PDF])
    window.save()
    page.wait_for_url("**/gesprekken/show/*")


def test_a_doubt_asks_once_and_the_button_says_what_it_does(open_window: Open, served: Served) -> None:
    window = open_window("noor")
    window.expected.add(422)
    page = window.go(f"/gesprekken/add?candidate={somebody(served, 2)}")
    page.get_by_label("Samenvatting").fill("Je had een burn-out en wilt rustig beginnen.")
    window.save()

    expect(page.locator(".form .notice")).to_contain_text("Dit gaat misschien over gezondheid: burn-out.")
    assert axe(page, "main") == []
    page.get_by_role("button", name="Toch opslaan").last.click()
    page.wait_for_url("**/gesprekken/show/*")

    assert newest(served)[1] == "Je had een burn-out en wilt rustig beginnen."


def test_files_are_ticked_for_the_candidate_and_taken_away(open_window: Open, served: Served) -> None:
    window = open_window("noor")
    page = window.go(f"/gesprekken/bijlagen/{newest(served)[0]}")
    page.set_input_files("input[type=file]", [{**PDF, "name": "brief.pdf"}])
    page.get_by_role("button", name="Bestanden toevoegen").click()

    row = page.locator(".files-kept li", has_text="brief.pdf")
    expect(row).to_contain_text("Alleen adviseurs zien dit bestand")
    row.get_by_role("button", name=re.compile("Laten zien aan de kandidaat")).click()
    expect(row).to_contain_text("De kandidaat ziet dit bestand ook")
    window.fits()
    assert axe(page, "main") == []
    page.on("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button", name=re.compile("Verwijderen")).click()
    expect(page.locator(".files-kept li", has_text="brief.pdf")).to_have_count(0)


def test_of_two_at_one_report_one_is_saved_and_the_other_keeps_every_word(open_window: Open, served: Served) -> None:
    key = newest(served)[0]
    one, two = open_window("noor"), open_window("carla")
    two.expected.add(409)
    first, second = one.go(f"/gesprekken/edit/{key}"), two.go(f"/gesprekken/edit/{key}")
    mine, theirs = f"{TYPED} <script>alert(1)</script> Eén", "Wij spraken af dat je de school belt. Twee"

    first.get_by_label("Samenvatting").fill(theirs)
    one.save()
    first.wait_for_url("**/gesprekken/show/*")
    second.get_by_label("Samenvatting").fill(mine)
    two.save()

    table = second.locator("[data-conflict]").inner_text()
    assert ([text in table for text in (mine, theirs)], newest(served)[1]) == ([True, True], theirs)
    second.get_by_role("button", name="De mijne opslaan").click()
    second.wait_for_url("**/gesprekken/show/*")
    assert (newest(served)[1], second.locator("main script").count()) == (mine, 0)


def test_a_report_prints_without_the_frame_of_the_page(open_window: Open, served: Served) -> None:
    window = open_window("noor")
    page = window.go(f"/gesprekken/print/{newest(served)[0]}")
    expect(page.get_by_role("button", name="Afdrukken")).to_be_visible()
    window.fits()
    assert axe(page, "main") == []

    page.emulate_media(media="print")

    seen = [page.locator(part).first.is_visible() for part in (".sheet section", ".head-actions", "nav.trail")]
    assert seen == [True, False, False]
