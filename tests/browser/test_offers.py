"""Noor sets two things out and starts a plan; Fatima reads one and ticks off a step; Noor sees that it was read."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app.models import Offer
from tests.browser.axe import axe
from tests.browser.conftest import Open
from tests.browser.driving import PHONE
from tests.browser.serving import Served

FATIMA = 1


def test_what_is_set_out_is_read_and_a_step_is_ticked_off(open_window: Open, served: Served) -> None:
    with served.rows() as rows:
        for row in rows.scalars(sa.select(Offer).where(Offer.candidate_id == FATIMA)):
            rows.delete(row)
    noor = open_window("noor")
    page = noor.go(f"/kandidaten/show/{FATIMA}?tab=klaargezet")
    page.get_by_role("link", name="Iets klaarzetten").first.click()
    page.wait_for_url("**/klaarzetten/**")
    page.get_by_role("button", name="Routes").click()
    page.get_by_role("button", name=re.compile("Toevoegen.*Kopopleiding")).click()
    expect(page.locator("#basket .count")).to_have_text("· 1")
    page.get_by_label("Toelichting bij: Kopopleiding").fill("Lees dit eerst")
    page.get_by_role("button", name="Artikelen en vragen").click()
    expect(page.locator("#tab-ARTICLE")).to_have_attribute("aria-current", "true")
    page.get_by_label("Zoek in deze lijst").press_sequentially("zij-instroom", delay=30)
    expect(page.locator(".offer-list li").first).to_contain_text("zij-instroom", ignore_case=True)
    page.get_by_role("button", name="Toevoegen").first.click()
    expect(page.locator("#basket .count")).to_have_text("· 2")
    expect(page.get_by_label("Toelichting bij: Kopopleiding")).to_have_value("Lees dit eerst")
    assert axe(page) == []
    page.locator("#send").click()
    page.wait_for_url("**tab=klaargezet")
    assert page.locator("table.list tbody tr").count() == 2

    page = noor.go(f"/stappenplannen/starten/{FATIMA}")
    page.locator("#template").select_option(label="Hybride docent · het hele land")
    expect(page.locator("#days li").first).to_contain_text("werkgever")
    assert axe(page) == []
    page.locator(".form-foot button[type=submit]").click()
    page.wait_for_url("**tab=stappenplan")
    expect(page.locator(".plan")).to_have_count(2)

    fatima = open_window("fatima", viewport=PHONE)
    page = fatima.go("/mijn/")
    page.get_by_role("link", name="Kopopleiding").click()
    expect(page.locator(".offer-note")).to_contain_text("Lees dit eerst")
    assert axe(page) == []
    fatima.fits()
    page = fatima.go("/mijn/")
    page.get_by_role("button", name=re.compile("Met de werkgever praten over vrije dagen")).first.click()
    page.get_by_text("Goed gedaan.").wait_for()

    page = noor.go(f"/kandidaten/show/{FATIMA}?tab=klaargezet")
    assert [page.locator(f"table.list {mark}").count() for mark in (".mark-good", ".mark-plain")] == [1, 1]
    expect(page.locator("table.list .mark-good")).to_contain_text("gelezen")
    page = noor.go(f"/kandidaten/show/{FATIMA}?tab=stappenplan")
    expect(page.locator(".plan", has_text="Hybride docent")).to_contain_text("1 van 6 stappen")
    assert axe(page) == []


def test_without_scripts_the_same_is_done_with_plain_forms(open_window: Open) -> None:
    noor = open_window("noor", java_script_enabled=False, viewport=PHONE)
    page = noor.go(f"/klaarzetten/{FATIMA}?kind=ROUTE")

    page.get_by_role("button", name=re.compile("Toevoegen.*Gastdocent")).click()
    page.get_by_role("button", name="Contacten").click()
    page.locator("#send").click()

    page.wait_for_url("**tab=klaargezet")
    assert page.locator("table.list tbody tr", has_text="Gastdocent").count() == 1


@pytest.mark.parametrize("width", [1440, 320])
def test_steps_of_a_template_are_added_moved_and_removed(open_window: Open, width: int) -> None:
    nadia = open_window("nadia", viewport={"width": width, "height": 900})
    page = nadia.go("/beheer/stappenplannen/edit/5")
    titles = page.locator("[name=steps-title]")
    before = titles.count()

    page.get_by_role("button", name="Stap toevoegen").click()
    titles.last.fill("Vieren dat het is gelukt")
    page.get_by_role("button", name="Omhoog").last.click()
    page.get_by_role("button", name="Stap weghalen").first.click()
    assert (nadia.overflow(width), titles.count()) == ([], before)
    nadia.save()

    page.wait_for_url("**/beheer/stappenplannen/show/5")
    assert page.locator(".plan-list li").count() == before
