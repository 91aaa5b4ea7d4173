"""The first two minutes of an adviser, in a database that `make run` fills; a coordinator beside her."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from flask_babel import force_locale
from playwright.sync_api import Download

from app.adapters import clock
from app.enums import Stage, Status
from app.models import Candidate, Region, UserProfile
from app.views.candidates import KandidatenView
from tests.browser.conftest import Open
from tests.browser.driving import Window
from tests.browser.serving import Served

LIST = "table[data-list=kandidaten]"
CONTACT = ("name", "email", "phone")


def of_utrecht(*where: sa.ColumnElement[bool]) -> sa.Select[tuple[str]]:
    """The numbers of Regio Utrecht's candidates."""
    return sa.select(Candidate.number).join(Region, Region.id == Candidate.region_id).where(Region.name == "Regio Utrecht", *where)


def numbers(served: Served, *where: sa.ColumnElement[bool]) -> set[str]:
    with served.rows() as rows:
        return set(rows.scalars(of_utrecht(*where)))


def total(window: Window) -> int:
    return int(window.page.locator(LIST).get_attribute("data-total") or -1)


def labels(served: Served, *names: str) -> set[str]:
    """How these columns are called in the language of the demo accounts."""
    with served.app.test_request_context(), force_locale("nl"):
        return {str(KandidatenView.label_columns[name]) for name in names}


def export(window: Window, reason: str) -> Download:
    with window.page.expect_download() as waiting:
        window.page.locator("details:has(form[action$='/export']) > summary").click()
        window.page.fill("input[name=reason]", reason)
        window.page.locator("form[action$='/export'] button[type=submit]").click()
    return waiting.value


def lines_of(download: Download, folder: Path) -> list[dict[str, str]]:
    target = folder / download.suggested_filename
    download.save_as(target)
    text = target.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines(), delimiter=";"))


def test_the_sign_in_page_shows_an_account_that_leads_to_todays_work(open_window: Open) -> None:
    newcomer = open_window()
    page = newcomer.go("/login/")
    newcomer.fits()

    name = page.locator("dl.demo-accounts dt").first.inner_text()
    password = page.locator("section:has(dl.demo-accounts) p code").inner_text()
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(newcomer.address + "/")

    assert page.locator(".side .whoami b").inner_text().startswith("Noor")
    assert page.locator("section.waits").count() >= 4


def test_the_list_holds_exactly_the_candidates_of_the_region(open_window: Open, served: Served) -> None:
    noor = open_window("noor")

    noor.page.locator(".side a[href='/kandidaten/list/']").click()

    assert total(noor) == len(numbers(served)) > 100
    shown = noor.page.locator(f"{LIST} tbody tr").evaluate_all("rows => rows.map(row => row.dataset.number)")
    assert set(shown) < numbers(served)


def test_searching_filtering_and_removing_a_filter(open_window: Open, served: Served) -> None:
    with served.rows() as rows:
        noor_id = rows.scalar(sa.select(UserProfile.user_id).where(UserProfile.name.startswith("Noor")))
    noor = open_window("noor")
    page = noor.go("/kandidaten/list/")

    page.keyboard.press("/")
    page.keyboard.type("fatima el idr")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=fatima*")
    assert page.locator(f"{LIST} tbody tr[data-number=K-200001]").count() == 1
    page.locator(".chip a").click()
    page.wait_for_url(lambda url: "q=" not in url)

    advisers = page.locator("select[name=_flt_0_lead_adviser]")
    assert advisers.locator("option").count() == 1  # nothing of a relation is in the page itself
    page.locator("details[data-filters] > summary").click()
    advisers.locator(f"option[value='{noor_id}']").wait_for(state="attached")
    noor.fits()
    page.locator("input[name=_flt_0_stage][value=EXPLORING]").check()
    advisers.select_option(str(noor_id))
    page.locator("details[data-filters] button[type=submit]").click()
    page.wait_for_url("**_flt_0_stage=EXPLORING*")
    both = numbers(served, Candidate.stage == Stage.EXPLORING, Candidate.lead_adviser_id == noor_id)
    assert total(noor) == len(both) > 0
    assert page.locator(".chip").count() == 2

    page.locator(".chip", has=page.locator("a[href*='_flt_0_stage']")).locator("a").click()
    page.wait_for_url(lambda url: "lead_adviser" not in url)
    assert total(noor) == len(numbers(served, Candidate.stage == Stage.EXPLORING))
    assert "_flt_0_lead_adviser" not in page.url
    assert page.locator(".chip").count() == 1


def test_a_changed_telephone_number_is_there_afterwards(open_window: Open) -> None:
    noor = open_window("noor")
    page = noor.go("/kandidaten/list/")
    page.locator(f"{LIST} tbody th a").first.click()
    page.wait_for_url("**/kandidaten/show/*")

    noor.menu(".head-actions details.pop > summary", "a.pop-item[href*='/kandidaten/edit/']")
    page.wait_for_url("**/kandidaten/edit/*")
    noor.fits()
    page.fill("input[name=phone]", "06 12 34 56 78")
    noor.save()
    page.wait_for_url("**/kandidaten/show/*")

    assert page.locator(".notice-good").count() == 1
    page.locator(".reach").click()
    page.locator("#contact a[href='tel:0612345678']").wait_for()


def test_a_conversation_a_task_and_a_step_from_the_file_of_a_candidate(open_window: Open, served: Served) -> None:
    with served.rows() as rows:
        where = (Candidate.stage == Stage.EXPLORING, Candidate.status == Status.ACTIVE)
        number = min(numbers(served, *where))
        candidate = rows.scalar(sa.select(Candidate.id).where(Candidate.number == number))
    noor = open_window("noor")
    page = noor.page
    file = f"/kandidaten/show/{candidate}"

    noor.go(file)
    page.locator(".head-actions a[href^='/gesprekken/add']").click()
    page.wait_for_url("**/gesprekken/add*")
    assert page.input_value("input[name=candidate]") == number
    page.fill("textarea[name=summary]", "We bezoeken samen een school in Zeist.")
    page.fill("input[name=minutes]", "40")
    noor.save()
    page.wait_for_url("**/gesprekken/show/*")
    assert "We bezoeken samen een school in Zeist." in page.locator("main").inner_text()

    noor.go(file)
    page.locator(".head-actions a[href^='/taken/add']").click()
    page.wait_for_url("**/taken/add*")
    page.fill("input[name=title]", "Bellen na het schoolbezoek")
    page.fill("input[name=due_on]", (clock.day(clock.now()) + timedelta(days=7)).isoformat())
    page.locator("select[name=holder]").select_option("ADVISER")
    noor.save()
    page.wait_for_url("**/taken/show/*")

    noor.go(file)
    page.locator(".head-actions a[href^='/kandidaten/verplaatsen/']").click()
    page.wait_for_url("**/kandidaten/verplaatsen/*")
    noor.fits()
    page.locator("select[name=stage]").select_option("ORIENTING")
    noor.save()
    page.wait_for_url(f"**{file}")

    lines = page.locator(".timeline").inner_text()
    wanted = ("Bellen na het schoolbezoek", "We bezoeken samen een school in Zeist.", "Van interesseren naar oriënteren")
    assert [words for words in wanted if words not in lines] == []
    assert numbers(served, Candidate.stage == Stage.ORIENTING, Candidate.id == candidate) == {number}
    noor.fits()


def test_an_adviser_exports_what_is_filtered_without_contact_data(open_window: Open, served: Served, tmp_path: Path) -> None:
    noor = open_window("noor")
    noor.go("/kandidaten/list/?_flt_0_stage=DECIDING")

    lines = lines_of(export(noor, "Voor het overleg met de besturen"), tmp_path)

    number = labels(served, "number").pop()
    assert sorted(line[number] for line in lines) == sorted(numbers(served, Candidate.stage == Stage.DECIDING))
    assert labels(served, *CONTACT) & set(lines[0]) == set()


def test_a_coordinator_exports_with_contact_data(open_window: Open, served: Served, tmp_path: Path) -> None:
    carla = open_window("carla")
    carla.go("/kandidaten/list/?_flt_0_stage=DECIDING")

    lines = lines_of(export(carla, "Uitnodiging voor de regiodag"), tmp_path)

    assert len(lines) == len(numbers(served, Candidate.stage == Stage.DECIDING))
    assert labels(served, *CONTACT) <= set(lines[0])
