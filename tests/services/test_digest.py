"""The mail of the morning: on working days at half past seven, once, with counts and without a single name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from app.adapters import clock, mail_text
from app.enums import HandoverKind, HandoverState, Holder
from app.extensions import db
from app.models import Candidate, CoAdviser, Delivery, Handover, Task, UserProfile
from app.security.identity import Identity
from app.services import digest, preferences
from tests.services.cast import CARLA, DAY, NOON, NOOR, PIET, ROTTERDAM, TODAY, UTRECHT, ZEKI, beyond_the_wall, profile, registered

SURNAME = "Oldenbarnevelt"


@pytest.fixture(autouse=True)
def system(app: Any) -> Iterator[None]:
    with beyond_the_wall():
        yield


def held(by: Identity | None, *, region: Identity = NOOR, **values: Any) -> Candidate:
    """A candidate whose next action should have been done, of this adviser or in the inbox."""
    candidate = registered("Anna", surname=SURNAME, by=region)
    given = {"lead_adviser_id": by and by.user_id, "holder": Holder.ADVISER if by else Holder.DESK, "next_action_on": TODAY - DAY}
    db.session.execute(sa.update(Candidate).where(Candidate.id == candidate.id).values({**given, **values}))
    db.session.execute(sa.delete(Task).where(Task.candidate_id == candidate.id))
    db.session.commit()
    return candidate


def queued(now: datetime = NOON) -> dict[int, Any]:
    """What the mail of each person holds."""
    digest.queue(now=now)
    db.session.commit()
    return {row.user_id: (row.merge or {})["regions"] for row in db.session.scalars(sa.select(Delivery).order_by(Delivery.id))}


def test_each_adviser_hears_how_many_of_their_own_people_ask_for_attention() -> None:
    for _ in range(3):
        held(NOOR)
    held(PIET, next_action_on=TODAY)

    assert queued() == {NOOR.user_id: [{"region": UTRECHT, "counts": {"OVERDUE": 3}}]}


def test_who_looks_along_hears_of_these_people_too_and_of_nobody_twice() -> None:
    shared, own = held(NOOR), held(PIET)
    along = {"region_id": UTRECHT, "user_id": PIET.user_id, "since": NOON, "by_id": NOOR.user_id}
    db.session.add_all([CoAdviser(candidate_id=candidate.id, **along) for candidate in (shared, own)])
    db.session.commit()

    assert queued() == {person.user_id: [{"region": UTRECHT, "counts": {"OVERDUE": n}}] for person, n in ((NOOR, 1), (PIET, 2))}


def test_tasks_of_today_count_and_those_of_tomorrow_or_done_do_not() -> None:
    candidate = held(NOOR, next_action_on=TODAY)
    task = {"candidate_id": candidate.id, "region_id": UTRECHT, "title": SURNAME, "holder": Holder.ADVISER, "owner_id": NOOR.user_id}
    for due, done in ((TODAY, None), (TODAY, NOON), (TODAY + DAY, None)):
        db.session.add(Task(**task, due_on=due, created_at=NOON, done_at=done))
    db.session.commit()

    assert queued() == {NOOR.user_id: [{"region": UTRECHT, "counts": {"TASKS": 1}}]}


def test_an_older_task_for_somebody_elses_candidate_counts_until_it_is_done() -> None:
    candidate = held(NOOR, next_action_on=TODAY + DAY)
    task = {"candidate_id": candidate.id, "region_id": UTRECHT, "title": SURNAME, "holder": Holder.ADVISER, "created_at": NOON}
    for owner in (NOOR, PIET):
        db.session.add(Task(**task, owner_id=owner.user_id, due_on=TODAY - 2 * DAY))
    db.session.commit()

    assert queued() == {PIET.user_id: [{"region": UTRECHT, "counts": {"TASKS": 1}}]}


def test_a_coordinator_hears_of_the_inbox_and_of_handovers_that_wait() -> None:
    held(None)
    held(None, next_action_on=TODAY)
    elsewhere = held(ZEKI, region=ZEKI, next_action_on=TODAY)
    sides = {"candidate_id": elsewhere.id, "region_id": ROTTERDAM, "from_region_id": ROTTERDAM, "to_region_id": UTRECHT}
    db.session.add(Handover(**sides, kind=HandoverKind.REGION, state=HandoverState.SENT, created_at=NOON, answer_by=TODAY))
    db.session.commit()

    assert queued() == {CARLA.user_id: [{"region": UTRECHT, "counts": {"INBOX": 2, "LATE": 1, "HANDOVERS": 1}}]}


def test_nothing_to_tell_is_no_mail() -> None:
    held(NOOR, next_action_on=TODAY + DAY)

    assert queued() == {}


def test_who_switched_it_off_or_left_gets_none() -> None:
    held(NOOR)
    held(PIET)
    profile(NOOR).preferences = {"digest": False}
    profile(PIET).user.active = False
    db.session.commit()

    assert queued() == {}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.AMSTERDAM).astimezone(UTC)


@pytest.mark.parametrize(
    ("local", "due"),
    [
        ("2026-11-24 07:29", False),
        ("2026-11-24 07:30", True),
        ("2026-11-24 23:59", True),
        ("2026-03-27 07:30", True),  # the Friday before summer time
        ("2026-03-30 07:29", False),
        ("2026-03-30 07:30", True),  # the Monday after
        ("2026-10-26 07:29", False),
        ("2026-10-26 07:30", True),  # the Monday after winter time
        ("2026-11-28 09:00", False),  # Saturday
        ("2026-12-25 09:00", False),  # Christmas
        ("2026-04-27 09:00", False),  # King's day
    ],
)
def test_half_past_seven_on_a_dutch_clock_on_working_days(local: str, due: bool) -> None:
    assert digest.is_due(at(local)) is due


def test_it_comes_once_a_day_and_is_caught_up_once_after_downtime() -> None:
    held(NOOR)
    moments = ["2026-11-24 07:25", "2026-11-24 07:30", "2026-11-24 07:35", "2026-11-26 16:00", "2026-11-26 16:05"]

    mails = [digest.queue(now=at(moment)) for moment in moments]

    assert mails == [0, 1, 0, 1, 0]


def test_a_second_scheduler_doubles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    held(NOOR)
    monkeypatch.setattr(digest, "LAST", "not-the-mark")  # as if both looked before either wrote
    first = digest.queue(now=NOON)
    monkeypatch.undo()

    assert (first, digest.queue(now=NOON)) == (1, 0)


def test_the_mail_names_nobody() -> None:
    candidate = held(NOOR)
    digest.queue(now=NOON)
    row = db.session.scalars(sa.select(Delivery)).one()
    values = digest.in_words((row.merge or {})["regions"], NOOR.user_id or 0, TODAY)

    for locale in ("nl", "en"):
        mail = "".join(mail_text.render("digest", {**values, "path": "/"}, locale=locale, base_url="https://loket.example.nl"))
        people = ("Anna", SURNAME, candidate.number, "Person 1", "example.test")
        assert [word for word in people if word.casefold() in f"{mail} {row.merge}".casefold()] == []
        assert mail.count("_flt_0_signal=OVERDUE") == 2


def statements(run: Any) -> list[str]:
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "WITH")):
            seen.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        run()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return seen


def test_counting_takes_a_statement_for_a_region_however_many_people_work_there() -> None:
    for adviser in (NOOR, PIET, CARLA):
        for _ in range(3):
            held(adviser)

    looked = [one for one in statements(lambda: digest.queue(now=NOON)) if "candidate" in one and "delivery" not in one]

    assert len(looked) == 3  # Utrecht, Rotterdam and the national desk
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == 3


def test_each_line_leads_to_the_list_that_it_counts() -> None:
    lines = digest.in_words([{"region": UTRECHT, "counts": {"OVERDUE": 3, "TASKS": 1, "LATE": 1}}], 7, TODAY)["regions"][0]["lines"]

    assert [(line["count"], line["path"].split("?")[0]) for line in lines] == [
        (3, "/adviesvragers/list/"),
        (1, "/taken/list/"),
        (1, "/kandidaten/list/"),
    ]
    assert lines[1]["path"].endswith("?_flt_0_owner=7&_flt_2_due_on=2026-11-25")


def test_everybody_gets_it_until_they_switch_it_off() -> None:
    assert [preferences.wants_digest(UserProfile(preferences=kept)) for kept in (None, {}, {"digest": False})] == [True, True, False]
