"""What comes by mail, on a phone: from the link in a mail, from the front page, and in the own place; with and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.adapters import clock
from app.enums import MailCategory
from app.services import mail_addresses, mail_links
from tests.browser.axe import axe
from tests.browser.conftest import Open
from tests.browser.driving import PHONE
from tests.browser.serving import Served

MAIL = "lezer@example.test"


def links_of(served: Served) -> tuple[str, str, str]:
    """Where a mail to this address leads: to choose, to unsubscribe, to confirm the newsletter."""
    with served.rows():
        now = clock.now()
        key = mail_addresses.known(MAIL, MAIL, "nl", now=now).id
        leave = mail_links.unsubscribe_path(key, MailCategory.INVITATIONS)
        return mail_links.preferences_path(key), leave, mail_links.newsletter_path(key, None, now=now)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reader_switches_one_kind_off_leaves_another_and_comes_back(open_window: Open, served: Served, scripts: bool) -> None:
    choose, leave, _ = links_of(served)
    window = open_window(viewport=PHONE, java_script_enabled=scripts)
    page = window.go(choose)
    page.get_by_role("switch", name="Nieuwsbrief").uncheck()
    page.get_by_role("button", name="Opslaan").click()
    expect(page.get_by_text("Vanaf nu krijg je deze niet meer: nieuwsbrief.")).to_be_visible()

    page = window.go(leave)
    page.get_by_role("button", name="Afmelden").click()
    expect(page.get_by_role("heading", name="Je bent afgemeld")).to_be_visible()
    page.get_by_role("link", name="Kies wat je krijgt").click()
    stood = [box.is_checked() for box in page.get_by_role("switch").all()]
    for box in page.get_by_role("switch").all():
        box.check()
    page.get_by_role("button", name="Opslaan").click()
    expect(page.get_by_text("Vanaf nu krijg je deze weer: nieuwsbrief en uitnodigingen.")).to_be_visible()

    assert stood == [True, False, False]
    window.fits()


def test_a_visitor_finds_the_newsletter_on_the_front_page(open_window: Open) -> None:
    window = open_window(viewport=PHONE)
    page = window.go("/")
    page.locator("main a[href='/nieuwsbrief/']").click()
    page.get_by_label("Je e-mailadres").fill("nieuw@example.test")
    page.get_by_label("Regio").select_option("Regio Utrecht")
    page.get_by_role("button", name="Stuur mij de nieuwsbrief").click()

    expect(page.get_by_role("heading", name="Nog één stap: kijk in je mail")).to_be_visible()
    window.fits()


def test_the_pages_of_mail_are_open_to_everybody(open_window: Open, served: Served) -> None:
    faults = {}
    visitor, fatima, noor = (open_window(name, viewport=PHONE) for name in ("", "fatima", "noor"))
    ways = [(visitor, path) for path in (*links_of(served), "/nieuwsbrief/", "/nieuwsbrief/mail/")]
    for window, path in (*ways, (fatima, "/mijn/voorkeuren/"), (noor, "/kandidaten/berichten/1")):
        page = window.go(path)
        window.fits()
        if found := axe(page):
            faults[path] = found

    assert faults == {}
