"""What an administrator and a coordinator do: rights per region, another membership, a new region."""

from __future__ import annotations

import sqlalchemy as sa

from app.models import Candidate, Region
from tests.browser.conftest import Open
from tests.browser.driving import Window
from tests.browser.serving import Served

PASSWORD = "een lange zin voor bij de deur"


def region_id(served: Served, name: str) -> int:
    with served.rows() as rows:
        found = rows.scalar(sa.select(Region.id).where(Region.name == name))
    assert found is not None
    return int(found)


def tick(admin: Window, region: int, cell: str, *, on: bool) -> None:
    admin.go(f"/beheer/rollen/?region={region}")
    admin.page.locator(f"input[name=cell][value='{cell}']").set_checked(on)
    admin.save()
    assert admin.page.locator(".notice-good").count() == 1


def test_a_right_that_a_region_takes_away_is_refused_on_the_next_click(open_window: Open, served: Served) -> None:
    utrecht = region_id(served, "Regio Utrecht")
    noor, beheer = open_window("noor"), open_window("beheer")
    page = noor.go("/kandidaten/list/?_flt_0_stage=DECIDING")
    page.locator("details:has(form[action$='/export']) > summary").click()
    page.fill("input[name=reason]", "Voor het overleg met de besturen")

    tick(beheer, utrecht, "export:ADVISER", on=False)
    noor.expected = {403}
    page.locator("form[action$='/export'] button[type=submit]").click()
    page.wait_for_url("**/kandidaten/export")

    assert page.locator("main h1").count() == 1
    assert page.locator("main p.lead").inner_text().endswith(".")
    noor.fits()
    noor.go("/kandidaten/list/")
    assert page.locator("form[action$='/export']").count() == 0

    tick(beheer, utrecht, "export:ADVISER", on=True)
    noor.go("/kandidaten/list/")
    assert page.locator("form[action$='/export']").count() == 1


def test_the_table_of_rights_says_what_a_region_changed(open_window: Open, served: Served) -> None:
    gooi = region_id(served, "Regio Gooi")
    beheer = open_window("beheer")

    tick(beheer, gooi, "export_contact:ADVISER", on=True)

    cell = beheer.page.locator("tr[data-capability=export_contact] td[data-role=ADVISER]")
    assert (cell.get_attribute("data-state"), cell.get_attribute("class")) == ("on", "changed")
    assert beheer.page.locator("td.changed").count() == 1
    beheer.fits()


def test_another_membership_shows_the_candidates_of_the_other_region(open_window: Open, served: Served) -> None:
    carla = open_window("carla")
    page = carla.page

    for place in ("Regio Gooi", "Regio Utrecht"):
        carla.menu(".side-foot > summary", f".side button[name=membership]:has-text('{place}'):not(:has-text('alle'))")
        page.wait_for_url(carla.address + "/")
        carla.go("/kandidaten/list/")

        assert place in page.locator(".side .whoami").inner_text()
        with served.rows() as rows:
            there = rows.scalar(sa.select(sa.func.count(Candidate.id)).where(Candidate.region_id == region_id(served, place)))
        assert page.locator("table[data-list=kandidaten]").get_attribute("data-total") == str(there)


def test_a_region_joins_and_its_first_coordinator_finds_an_empty_desk(open_window: Open) -> None:
    beheer = open_window("beheer")
    page = beheer.go("/beheer/regios/list/")
    page.locator(".head-actions a.btn-primary").click()
    page.wait_for_url("**/beheer/regios/nieuw")
    beheer.fits()

    page.fill("input[name=name]", "Regio Zeeland")
    page.locator("input[name=sectors][value=PO]").check()
    page.locator("input[name=sectors][value=VO]").check()
    page.fill("textarea[name=area]", "4300-4599\n4690-4699 MBO")
    page.get_by_role("combobox", name="Buurregio").focus()
    page.keyboard.type("Rotterdam")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.fill("input[name=desk_email]", "loket@zeeland.test")
    page.fill("input[name=coordinator_name]", "Pieternel de Nooijer")
    page.fill("input[name=coordinator_email]", "pieternel@zeeland.test")
    beheer.save()
    link = page.input_value("#link")
    beheer.fits()
    beheer.go("/beheer/regios/list/")
    assert page.locator("tbody th", has_text="Regio Zeeland").count() == 1

    coordinator = open_window()
    assert link.startswith(f"{coordinator.address}/account/link/")
    page = coordinator.go(link.removeprefix(coordinator.address))
    coordinator.fits()
    page.fill("input[name=password]", PASSWORD)
    page.fill("input[name=repeat]", PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(coordinator.address + "/")

    assert "Regio Zeeland" in page.locator(".side .whoami").inner_text()
    coordinator.go("/kandidaten/list/")
    assert page.locator("table[data-list=kandidaten]").get_attribute("data-total") == "0"
    assert page.locator(".empty p").inner_text() != ""
    coordinator.fits()
    coordinator.expected = {404}
    coordinator.go(link.removeprefix(coordinator.address))
    assert page.locator("input[name=password]").count() == 0  # works once


def test_a_wrong_line_in_the_guided_form_is_said_and_nothing_is_lost(open_window: Open) -> None:
    beheer = open_window("beheer")
    page = beheer.go("/beheer/regios/nieuw")
    beheer.expected = {400, 422}

    page.fill("input[name=name]", "Regio Kop van Noord-Holland")
    page.fill("textarea[name=area]", "1700 tot 1799")
    page.fill("input[name=coordinator_name]", "Jan Bakker")
    page.fill("input[name=coordinator_email]", "jan@noordkop.test")
    beheer.save()

    assert "1700 tot 1799" in page.locator(".notice-attention").inner_text()
    assert page.input_value("textarea[name=area]") == "1700 tot 1799"
    assert page.input_value("input[name=coordinator_name]") == "Jan Bakker"
    beheer.fits()
