"""Carla writes to a group: from a filtered list to the last mail, with a real mail server; a colleague elsewhere sees nothing of it."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from playwright.sync_api import Page, expect

from app.adapters import clock
from app.adapters.mailer import SmtpMailer
from app.enums import DeliveryState, MailCategory
from app.jobs import mail
from app.models import Delivery, MailTemplate, Region
from tests.adapters.test_mailer import free_port
from tests.browser.axe import axe
from tests.browser.conftest import Open
from tests.browser.serving import Served

SUBJECT = "Kom naar de open avond"


class Mailbox:
    """A mail server that takes everything and remembers it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        made: Any = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append(made)
        return "250 ok"

    def about(self, subject: str) -> list[EmailMessage]:
        return [one for one in self.mails if one["Subject"] == subject]


@pytest.fixture
def box() -> Iterator[tuple[Mailbox, SmtpMailer]]:
    made = Mailbox()
    controller = Controller(made, hostname="127.0.0.1", port=free_port())
    controller.start()
    mailer = SmtpMailer(f"smtp://127.0.0.1:{controller.port}?tls=none", "loket@example.test", "Mijn Onderwijsloket")
    try:
        yield made, mailer
    finally:
        mailer.close()
        controller.stop()


def work(served: Served, mailer: SmtpMailer, stopped: Callable[[], bool] = lambda: False) -> None:
    """What `flask worker` does, until nothing is due or it is stopped."""
    with served.rows():
        mail.work(mailer, stopped)


def prepare(served: Served) -> None:
    """No quiet hours, no rate, nobody who has to approve; and a template to begin with."""
    with served.rows() as session:
        session.execute(sa.update(Region).values(quiet_from=None, quiet_until=None, mails_a_minute=0, approve_above=1_000))
        utrecht = session.scalars(sa.select(Region).where(Region.name == "Regio Utrecht")).one()
        words = {"category": MailCategory.ACTIVITIES, "subject": SUBJECT, "body": "{{aanhef}},\n\nKom je ook naar de open avond?"}
        session.add(MailTemplate(region_id=utrecht.id, name="Uitnodiging open avond", changed_at=clock.now(), **words))


def numbers(page: Page) -> tuple[int, int]:
    """How many get it and how many do not."""
    found = [int(text.replace(".", "")) for text in page.locator(".mailing-numbers b").all_inner_texts()]
    return found[0], found[1]


def test_carla_writes_to_everybody_who_orients_and_watches_it_go(
    open_window: Open, served: Served, box: tuple[Mailbox, SmtpMailer]
) -> None:
    sink, mailer = box
    prepare(served)
    carla = open_window("carla")

    # From the list, with its filter, to the form.
    page = carla.go("/kandidaten/list/?_flt_0_stage=ORIENTING&_flt_0_status=ACTIVE")
    page.locator("input[data-pick-page]").check()
    page.locator("form.bulk input[name=all]").check()
    page.get_by_role("button", name="Bericht sturen").click()
    expect(page.locator(".mailing-whom")).to_contain_text("oriënteren")
    page.get_by_label("Begin met een sjabloon").select_option(label="Uitnodiging open avond")
    page.get_by_role("button", name="Sjabloon gebruiken").click()
    expect(page.get_by_label("Onderwerp", exact=True)).to_have_value(SUBJECT)
    assert axe(page) == []
    page.get_by_role("button", name="Bekijk wie het krijgt").first.press("Enter")

    # Who gets it, who does not and why, by number and by name.
    expect(page.locator("h1")).to_contain_text(SUBJECT)
    get, not_get = numbers(page)
    there = urlsplit(page.url).path
    assert (get > 0, not_get > 0) == (True, True)
    assert axe(page) == []
    carla.fits()
    page.locator(".mailing-reasons a").first.click()
    expect(page.locator("tbody tr").first).to_be_visible()
    carla.go(there)
    expect(page.frame_locator(".mailing-frame").get_by_text("Kom je ook naar de open avond?")).to_be_visible()

    # To herself first.
    page.get_by_role("button", name="Stuur deze als proef naar mij").click()
    expect(page.get_by_text("De proefmail is naar je onderweg")).to_be_visible()
    work(served, mailer)
    assert [one["To"] for one in sink.mails] == ["carla@demo.test"]
    sink.mails.clear()

    # It goes: the bar moves by itself, stands still on hold, and goes on.
    page.get_by_role("button", name=re.compile("^Versturen aan")).click()
    expect(page.locator("progress")).to_be_visible()
    work(served, mailer, lambda: len(sink.mails) >= 20)
    expect(page.locator(".mailing-done")).to_contain_text(re.compile(r"^2\d van"))
    page.get_by_role("button", name="Stilzetten").click()
    expect(page.locator(".head .mark")).to_have_text("stilgezet")
    before = len(sink.mails)
    work(served, mailer)
    assert len(sink.mails) == before
    key = int(there.rsplit("/", 1)[1])
    with served.rows() as session:
        waits = sa.select(Delivery.id).where(Delivery.mailing_id == key, Delivery.state == DeliveryState.QUEUED).limit(1)
        session.execute(sa.update(Delivery).where(Delivery.id == session.scalar(waits)).values(state=DeliveryState.UNKNOWN))
    page.get_by_role("button", name="Verder", exact=True).click()
    work(served, mailer)
    page.reload()
    expect(page.locator(".head .mark")).to_have_text("klaar")

    # One of whom nobody knows: she leaves it.
    expect(page.locator("#onzeker")).to_contain_text("Van 1 weten we niet")
    assert axe(page) == []
    page.get_by_role("button", name="Zo laten").click()
    expect(page.locator("#onzeker")).to_have_count(0)
    addresses = [one["To"] for one in sink.mails]
    assert (len(addresses), len(set(addresses))) == (get - 1, get - 1)

    # Somebody unsubscribes, and is left out of the next one.
    link = re.search(r"<([^>]+)>", sink.mails[0]["List-Unsubscribe"])
    assert link is not None
    visitor = open_window()
    visitor.go(urlsplit(link[1]).path).locator("main form button[type=submit]").first.click()
    expect(visitor.page.locator("main")).to_contain_text(re.compile("afgemeld|niet meer", re.IGNORECASE))
    page = carla.go(there)
    page.get_by_role("link", name="Kopiëren als nieuw bericht").click()
    page.get_by_role("button", name="Bekijk wie het krijgt").first.press("Enter")
    expect(page.locator(".mailing-reasons")).to_contain_text("Wil dit soort bericht niet")

    # Elsewhere nothing of it is there.
    zeki = open_window("zeki")
    zeki.expected.add(404)
    assert SUBJECT not in zeki.go("/berichten/groep/list/").content()
    assert SUBJECT not in zeki.go(there).content()
