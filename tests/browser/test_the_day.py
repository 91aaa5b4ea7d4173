"""A working day from beginning to end, with a mouse and again with nothing but a keyboard: somebody who was over time is not lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, expect

from app.adapters import clock
from app.enums import Holder, MatchState, OfferKind, Stage, Status
from app.extensions import db
from app.jobs import mail
from app.models import AdviceSession, Article, Candidate, Handover, Match, Offer, Organisation, Task, UserProfile
from app.security.identity import system_scope
from app.services import tasks
from tests.browser.conftest import Open
from tests.browser.driving import Window
from tests.browser.serving import Served
from tests.browser.test_by_keyboard import Hands

TALKED, NEXT, WHY = "Je weet nu welke routes er zijn.", "Bellen over de meeloopdag", "De reistijd is te lang"


class Mouse:
    """Somebody with a mouse."""

    def __init__(self, window: Window) -> None:
        self.window, self.page = window, window.page

    def press(self, where: Locator) -> None:
        where.click()

    def write(self, where: Locator, text: str) -> None:
        where.fill(text)

    def choose(self, where: Locator, label: str) -> None:
        where.select_option(label=label)

    def find(self, label: str, text: str) -> None:
        """Choose in a field that is searched."""
        self.page.get_by_label(label).first.click()
        self.page.keyboard.type(text)
        self.page.locator(".ts-dropdown .option", has_text=text).first.click()

    def move(self, slip: Locator, column: str) -> None:
        slip.drag_to(self.page.locator(f".board-lane#{column}"))


class Keys(Mouse):
    """The same with nothing but a keyboard; where the focus is can be seen at each stop."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.hands = Hands(window)

    def press(self, where: Locator) -> None:
        self.hands.to(where, "Space" if where.first.get_attribute("type") in ("radio", "checkbox") else "Enter")

    def write(self, where: Locator, text: str) -> None:
        self.hands.to(where)
        self.hands.write(text)

    def choose(self, where: Locator, label: str) -> None:
        self.hands.to(where)
        self.page.keyboard.type(label)
        expect(where.locator("option:checked")).to_have_text(label)

    def find(self, label: str, text: str) -> None:
        self.hands.to(self.page.get_by_label(label).first)
        self.page.keyboard.type(text)
        self.page.locator(".ts-dropdown .option", has_text=text).first.wait_for()
        self.page.keyboard.press("Enter")

    def move(self, slip: Locator, column: str) -> None:
        self.hands.to(slip.locator("[data-move]"), "Enter")
        self.hands.to(self.page.locator(f"#board-menu [data-to={column}]"), "Enter", by="ArrowDown")


def late_one(rows: Any, stage: Stage) -> Candidate:
    """Somebody of Noor's who is over time, free of matches until now, and whom a school has just met."""
    today, now = clock.day(clock.now()), clock.now()
    noor = sa.select(UserProfile.user_id).where(UserProfile.name == "Noor de Wit").scalar_subquery()
    late = (Candidate.lead_adviser_id == noor, Candidate.status == Status.ACTIVE, Candidate.next_action_on < today)
    free = (~sa.exists().where(one.candidate_id == Candidate.id) for one in (Match, Handover))
    row = rows.scalars(sa.select(Candidate).where(*late, *free, Candidate.stage == stage).order_by(Candidate.id).limit(1)).one()
    school = rows.scalars(sa.select(Organisation).where(Organisation.name == "Stichting Domstad Onderwijs")).one()
    of = {"candidate_id": row.id, "region_id": row.region_id, "organisation_id": school.id}
    rows.add(Match(**of, state=MatchState.MEETING_HELD, state_at=now, created_at=now))
    rows.flush()
    return row  # type: ignore[no-any-return]


def newest(served: Served, model: Any, of: int) -> Any:
    with served.rows() as rows:
        row = rows.scalars(sa.select(model).where(model.candidate_id == of).order_by(model.id.desc()).limit(1)).one()
        rows.expunge(row)
        return row


@pytest.mark.parametrize(("way", "stage", "next_stage"), [(Mouse, "EXPLORING", "ORIENTING"), (Keys, "ORIENTING", "DECIDING")])
def test_a_day_of_noor(
    open_window: Open, served: Served, monkeypatch: pytest.MonkeyPatch, way: type[Mouse], stage: str, next_stage: str
) -> None:
    with served.rows() as rows:
        row = late_one(rows, Stage[stage])
        key, number, names = row.id, row.number, [row.name, row.surname]
        article = str(
            rows.scalars(
                sa.select(Article.title)
                .where(Article.published_on <= clock.day(clock.now()), Article.region_id.is_(None))
                .order_by(Article.id)
                .limit(1)
            ).one()
        )
    noor = way(open_window("noor", reduced_motion="reduce"))

    opens_who_is_late(noor, served, number)
    writes_a_report(noor, served, key)
    moves_the_card(noor, served, number, key, next_stage)
    sets_out(noor, served, key, article)
    refers(noor, served, number, key, way(open_window("studie", reduced_motion="reduce")))
    sees_a_match_fall_through(noor, served, key)
    reads_the_mail_of_the_morning(noor, served, monkeypatch, [name for name in names if name])


def opens_who_is_late(noor: Mouse, served: Served, number: str) -> None:
    page = noor.page
    late = page.locator("section.waits", has_text="Over tijd").first
    noor.press(late.locator(".waits-all"))
    page.wait_for_url("**/list/**")
    total = int(str(page.locator("table.list").get_attribute("data-total")))
    assert total >= 3
    noor.press(page.locator(f"tr[data-number={number}] a").first)
    page.wait_for_url(re.compile(r"/kandidaten/show/\d+"))
    expect(page.locator("main")).to_contain_text(number)


def writes_a_report(noor: Mouse, served: Served, key: int) -> None:
    page = noor.page
    noor.press(page.get_by_role("link", name="Gesprek toevoegen").first)
    page.wait_for_url("**/gesprekken/add**")
    noor.write(page.get_by_label("Samenvatting"), TALKED)
    for box in page.locator("[name=done]").all():
        noor.press(box)
    noor.write(page.get_by_label("Volgende actie"), NEXT)
    noor.write(page.locator("[name=next_due]"), f"{tasks.add_working_days(clock.day(clock.now()), 5):%d-%m-%Y}")
    noor.press(page.locator(".form-foot button[type=submit]"))
    page.wait_for_url("**/gesprekken/show/*")

    assert newest(served, AdviceSession, key).summary == TALKED
    task = newest(served, Task, key)
    assert (task.title, task.done_at) == (NEXT, None)


def moves_the_card(noor: Mouse, served: Served, number: str, key: int, column: str) -> None:
    page = noor.window.go("/statusbord/")
    noor.press(page.locator(".tools > a.btn"))
    slip = page.locator(f'.slip[data-number="{number}"]')
    noor.move(slip, column)
    expect(page.locator(f'.board-lane#{column} [data-number="{number}"]')).to_have_count(1)
    expect(page.locator("[data-said]")).not_to_be_empty()

    with served.rows() as rows:
        assert rows.get(Candidate, key).stage is Stage[column]


def sets_out(noor: Mouse, served: Served, key: int, article: str) -> None:
    page = noor.window.go(f"/kandidaten/show/{key}")
    noor.press(page.get_by_role("link", name="Meer", exact=True).or_(page.locator("summary", has_text="Meer")).first)
    noor.press(page.get_by_role("link", name="Iets klaarzetten").first)
    noor.write(page.locator("#offer-q"), article)
    expect(page.locator(".offer-list li")).to_have_count(1)
    noor.press(page.locator(".offer-list li", has_text=article).get_by_role("button"))
    expect(page.locator(".offer-basket")).to_contain_text(article)
    noor.press(page.locator("#send"))
    page.wait_for_url(re.compile(r"/kandidaten/show/\d+"))

    assert newest(served, Offer, key).kind is OfferKind.ARTICLE


def refers(noor: Mouse, served: Served, number: str, key: int, other: Mouse) -> None:
    page = noor.window.go(f"/doorverwijzingen/add?candidate={number}")
    noor.find("Opleider", "Hogeschool Waterlinie")
    noor.press(page.locator(".form-foot button[type=submit]"))
    noor.press(page.get_by_role("button", name="Verder: bekijk wat de ander leest"))
    noor.press(page.locator("#by-phone"))
    noor.press(page.get_by_role("button", name="Toestemming vastleggen"))
    noor.press(page.get_by_role("button", name="Versturen", exact=True))
    expect(page.locator("main")).to_contain_text("Verstuurd")
    made = newest(served, Handover, key).id

    theirs = other.window.go(f"/doorverwijzingen/show/{made}")
    other.press(theirs.get_by_role("button", name="Aannemen"))
    expect(theirs.locator("main")).to_contain_text("aangenomen")
    theirs.get_by_role("link", name="Naar het dossier").wait_for()


def sees_a_match_fall_through(noor: Mouse, served: Served, key: int) -> None:
    page = noor.window.go(f"/matches/edit/{newest(served, Match, key).id}")
    noor.choose(page.locator("[name=state]"), "niet doorgegaan")
    noor.choose(page.locator("[name=fell_through_by]"), "organisatie")
    noor.write(page.locator("[name=fell_through_reason]"), WHY)
    noor.press(page.locator(".form-foot button[type=submit]"))
    page.wait_for_url("**/matches/show/*")

    task = newest(served, Task, key)
    assert (task.holder, task.done_at, task.due_on <= tasks.add_working_days(clock.day(clock.now()), 5)) == (Holder.ADVISER, None, True)
    expect(noor.window.go(f"/kandidaten/show/{key}").locator("main")).to_contain_text("match niet doorgegaan")


def reads_the_mail_of_the_morning(noor: Mouse, served: Served, monkeypatch: pytest.MonkeyPatch, names: list[str]) -> None:
    morning = datetime.combine(tasks.add_working_days(clock.day(clock.now()), 1), time(8), UTC)
    with monkeypatch.context() as patch, served.app.app_context(), system_scope():
        patch.setattr(clock, "now", lambda: morning)
        mail.queue_digests(morning)
        db.session.commit()
        mail.deliver(morning)
    page = noor.window.go("/dev/mail/")
    noor.press(page.locator(".mails li", has_text="noor@demo.test").filter(has_text="vandaag").locator("a").first)
    page.wait_for_url(re.compile(r"/dev/mail/.+"))
    words = page.locator("main").inner_text()

    assert re.findall(r"(Over tijd|Match niet doorgegaan): \d", words) == ["Over tijd", "Match niet doorgegaan"]
    assert [name for name in names if name in words] == []
