"""A mail of the demo, from the outbox to the page that its button leads to."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app.adapters import clock
from app.enums import OPEN_STATUSES
from app.jobs import mail
from app.models import Candidate
from app.services import outbox
from tests.browser.axe import axe
from tests.browser.conftest import Open
from tests.browser.driving import PHONE
from tests.browser.serving import Served


@pytest.fixture
def mailed(served: Served) -> str:
    """The key of a mail that a worker just sent."""
    with served.rows() as session:
        query = sa.select(Candidate).where(Candidate.email_norm.is_not(None), Candidate.status.in_(OPEN_STATUSES)).order_by(Candidate.id)
        candidate = session.scalars(query.limit(1)).one()
        row = outbox.post("set_out", candidate, key=f"test:{clock.now()}", now=clock.now())
        assert row is not None
        key = row.message_id
        session.commit()
        mail.deliver(clock.now())
    return key


@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, PHONE])
def test_a_mail_is_read_and_its_button_opens_the_page_in_a_tab_of_its_own(open_window: Open, mailed: str, viewport: dict[str, int]) -> None:
    window = open_window(viewport=viewport)
    page = window.go("/dev/mail/")
    page.locator(f"a[href='/dev/mail/{mailed}']").click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("h1")).to_have_text("Er is iets voor je klaargezet")
    assert axe(page) == []

    with page.expect_popup() as opened:
        frame.get_by_role("link", name="Bekijk wat het is").click()

    assert opened.value.url.startswith((f"{window.address}/mijn/", f"{window.address}/login/", f"{window.address}/aanmelden/"))
