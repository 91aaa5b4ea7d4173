"""The bell: a message arrives, the number stands in it without a reload, and is gone when it was opened. On a phone it fits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from playwright.sync_api import expect

from app.enums import NotificationKind
from app.models import Notification
from app.services import notifications
from tests.browser.axe import axe
from tests.browser.conftest import Open
from tests.browser.driving import DESK, PHONE
from tests.browser.serving import Served

WOKEN = "document.dispatchEvent(new Event('visibilitychange'))"  # as when somebody comes back to the page


def tell(served: Served, name: str, *, number: int = 1, path: str = "/account/") -> None:
    """This many unread notifications for this person, and no others."""
    with served.rows() as session:
        user = session.scalar(sa.select(User.id).where(User.username == f"{name}@demo.test"))
        session.execute(sa.delete(Notification).where(Notification.user_id == user))
        for one in range(number):
            said = {"path": path, "key": f"browser:{one}", "now": datetime.now(UTC)}
            notifications.tell([user], NotificationKind.MESSAGE, "message_new", **said)


@pytest.mark.parametrize(("name", "viewport"), [("noor", DESK), ("noor", PHONE), ("fatima", PHONE)])
def test_a_message_arrives_is_opened_and_the_number_is_gone(open_window: Open, served: Served, name: str, viewport: dict[str, int]) -> None:
    tell(served, name, number=0)
    window = open_window(name, viewport=viewport)
    page = window.go("/account/")
    bell = page.locator(".bell:visible")
    expect(bell).to_have_accessible_name("Meldingen")
    window.fits()

    tell(served, name)
    page.evaluate(WOKEN)
    expect(bell).to_have_accessible_name("Meldingen, 1 nieuw")
    window.fits()
    bell.click()
    page.wait_for_url("**/meldingen/")
    assert axe(page) == []
    page.get_by_role("button", name="Er is een nieuw bericht voor je.").click()
    page.wait_for_url("**/account/")

    expect(bell).to_have_accessible_name("Meldingen")


def test_it_works_without_scripts(open_window: Open, served: Served) -> None:
    tell(served, "noor", number=2)
    page = open_window("noor", viewport=PHONE, java_script_enabled=False).go("/account/")
    page.locator(".bell:visible").click()
    page.get_by_role("button", name="Alles gelezen").click()

    expect(page.locator(".bell:visible")).to_have_accessible_name("Meldingen")
    assert page.locator(".told-new").count() == 0


def test_somebody_chooses_what_to_hear_of_on_a_phone(open_window: Open, served: Served) -> None:
    window = open_window("carla", viewport=PHONE)
    page = window.go("/account/meldingen")
    group = page.get_by_role("group", name="Groepsberichten")
    window.fits()
    group.get_by_label("Nooit").check()
    page.get_by_role("button", name="Keuzes opslaan").click()
    page.get_by_text("Opgeslagen.").wait_for()

    expect(group.get_by_label("Nooit")).to_be_checked()
    assert axe(page) == []
