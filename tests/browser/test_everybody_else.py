"""What a candidate, a school, a training institute and a study adviser find; and everybody's language."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app.models import Candidate
from tests.browser.conftest import Open
from tests.browser.driving import PHONE
from tests.browser.serving import Served


def test_a_candidate_sees_the_own_file_and_who_looked(open_window: Open) -> None:
    noor = open_window("noor")
    noor.go("/kandidaten/list/?q=K-200001")
    noor.page.locator("tbody th a").first.click()
    noor.page.wait_for_url("**/kandidaten/show/*")

    fatima = open_window("fatima", viewport=PHONE, is_mobile=True, has_touch=True)

    assert fatima.page.url == fatima.address + "/mijn/"
    assert "Fatima" in fatima.page.locator("h1").inner_text()
    fatima.page.locator(".bottom a[href='/mijn/ik']").click()
    fatima.page.locator("main a[href='/mijn/gekeken']").click()
    looked = fatima.page.locator(".own-looks li")
    looked.first.wait_for()
    assert "Regio-adviseur · Regio Utrecht" in looked.first.inner_text()
    fatima.fits()


def test_a_candidate_finds_no_other_candidate(open_window: Open, served: Served) -> None:
    fatima = open_window("fatima")
    fatima.expected = {403, 404}
    with served.rows() as rows:
        others = list(rows.scalars(sa.select(Candidate.id).where(Candidate.number != "K-200001").limit(3)))

    for other in others:
        fatima.go(f"/kandidaten/show/{other}")
        assert fatima.page.locator("dl").count() == 0


@pytest.mark.parametrize(
    ("name", "lists"),
    [
        ("hr", {"matches", "organisaties"}),
        ("opleider", {"matches", "opleidingen", "organisaties"}),
        ("studie", {"matches", "opleidingen", "kandidaten"}),
    ],
)
def test_an_organisation_sees_what_is_its_own(open_window: Open, served: Served, name: str, lists: set[str]) -> None:
    window = open_window(name)
    page = window.page

    for screen in sorted(lists):
        path = f"/beheer/{screen}/list/" if screen == "organisaties" else f"/{screen}/list/"
        page.locator(f".side a[href='{path}']").evaluate("link => link.click()")  # it may stand in a closed part of the menu
        page.wait_for_url(f"**{path}")
        table = page.locator(f"table[data-list={screen}]")
        with served.rows() as rows:
            everything = rows.scalar(sa.select(sa.func.count(Candidate.id)))
        assert 0 < int(table.get_attribute("data-total") or 0) < everything
        page.locator("tbody th a").first.click()
        page.wait_for_url(f"**{path.removesuffix('list/')}show/*")
        assert page.locator("main h1").count() == 1
        window.fits()


def test_the_language_changes_at_once_and_is_remembered(open_window: Open) -> None:
    noor = open_window("noor")
    page = noor.go("/kandidaten/list/?_flt_0_stage=DECIDING")

    noor.menu(".side-foot > summary", ".side button[name=locale][value=en]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url.endswith("/kandidaten/list/?_flt_0_stage=DECIDING")
    assert page.locator("h1").inner_text().startswith("Candidates")
    again = open_window("noor")
    assert again.page.locator("html").get_attribute("lang") == "en"

    noor.menu(".side-foot > summary", ".side button[name=locale][value=nl]")
    expect(page.locator("html")).to_have_attribute("lang", "nl")


def test_a_visitor_chooses_a_language_without_an_account(open_window: Open) -> None:
    visitor = open_window(viewport=PHONE)
    page = visitor.go("/")
    visitor.fits()

    page.locator("button[name=locale][value=en]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    visitor.go("/login/")

    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").inner_text() == "Sign in"
