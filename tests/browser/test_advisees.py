"""Noor's own people: who needs what, somebody from the inbox, a colleague, a signal; also by keyboard and on a phone."""

from __future__ import annotations

import sqlalchemy as sa
from playwright.sync_api import expect

from app.enums import Role
from app.models import Candidate, Membership, Region
from tests.browser.axe import axe
from tests.browser.conftest import Open
from tests.browser.driving import PHONE
from tests.browser.serving import Served

LIST = "table[data-list=adviesvragers]"
ROWS = f"{LIST} tbody tr"
INBOX = "/adviesvragers/list/?_flt_0_part=INBOX"


def _adviser_of(served: Served, number: str) -> int | None:
    with served.rows() as rows:
        return rows.scalar(sa.select(Candidate.lead_adviser_id).where(Candidate.number == number))  # type: ignore[no-any-return]


def _colleague(served: Served) -> int:
    with served.rows() as rows:
        here = (Membership.role == Role.ADVISER, Membership.ends_on.is_(None), Region.slug == "utrecht")
        return int(rows.scalar(sa.select(sa.func.max(Membership.user_id)).join(Membership.region).where(*here)))


def test_noor_takes_somebody_from_the_inbox_hands_them_on_and_filters_on_a_signal(open_window: Open, served: Served) -> None:
    noor = open_window("noor")
    page = noor.go("/")
    page.get_by_role("link", name="Adviesvragers", exact=True).click()
    page.get_by_role("link", name="Inbox van de regio").click()
    page.wait_for_url("**_flt_0_part=INBOX*")
    number = page.locator(ROWS).first.get_attribute("data-number") or ""

    page.locator(ROWS).first.locator("details > summary").click()
    page.get_by_role("link", name="Oppakken").click()
    noor.save()
    page.wait_for_url("**/kandidaten/show/**")
    taken = _adviser_of(served, number)
    page = noor.go(f"/adviesvragers/list/?q={number}")
    page.locator(ROWS).first.locator("details > summary").click()
    page.get_by_role("link", name="Overdragen aan een collega").click()
    page.locator("select[name=adviser]").select_option(str(_colleague(served)), force=True)
    page.fill("input[name=note]", "Belt liever 's avonds")
    noor.save()
    page.wait_for_url("**/kandidaten/show/**")

    assert (taken is not None, _adviser_of(served, number)) == (True, _colleague(served))
    page = noor.go("/")
    reason = page.locator(".reason:not(.reason-none)").first
    told = int(reason.locator("b").inner_text())
    reason.click()
    page.wait_for_url("**_flt_0_signal=*")
    assert int(page.locator(LIST).get_attribute("data-total") or 0) == told
    noor.fits()
    assert axe(page) == []


def test_the_inbox_by_keyboard(open_window: Open, served: Served) -> None:
    page = open_window("noor").go(INBOX)
    number = page.locator(ROWS).first.get_attribute("data-number") or ""

    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("x")
    button = page.locator(".bulk button[value=claim]")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/adviesvragers/keuze")
    page.locator(".form-foot button[type=submit]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/adviesvragers/list/**")

    assert _adviser_of(served, number) is not None


def test_the_list_fits_a_phone(open_window: Open) -> None:
    noor = open_window("noor", viewport=PHONE)
    page = noor.go("/adviesvragers/list/")

    expect(page.locator(ROWS).first).to_be_visible()
    noor.fits()
