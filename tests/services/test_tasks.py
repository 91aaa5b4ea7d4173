"""What happens next: working days, planning, finishing, and that the last open task never just ends."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.enums import Holder, LeaveReason, Status, TaskKind
from app.errors import BadInput, IllegalTransition, NotAllowed, NotFound, Stale
from app.extensions import db
from app.models import Candidate, Task
from app.security.identity import Identity, acting_as
from app.services import candidates, edits, tasks
from tests.services.cast import (
    ADA,
    CARLA,
    DAY,
    LEFT_LAST_YEAR,
    NOON,
    NOOR,
    SAM,
    TODAY,
    UTRECHT,
    ZEKI,
    beyond_the_wall,
    logged,
    open_tasks,
    profile,
    registered,
    without,
)


@pytest.mark.parametrize(
    ("day", "n", "then"),
    [
        (date(2026, 11, 24), 0, date(2026, 11, 24)),
        (date(2026, 11, 24), 3, date(2026, 11, 27)),
        (date(2026, 11, 27), 1, date(2026, 11, 30)),
        (date(2026, 11, 28), 0, date(2026, 11, 30)),
        (date(2026, 11, 28), 1, date(2026, 11, 30)),
        (date(2026, 12, 24), 1, date(2026, 12, 28)),  # Christmas, Boxing Day, Sunday
        (date(2026, 12, 31), 1, date(2027, 1, 4)),  # New Year's Day, Saturday, Sunday
        (date(2026, 4, 3), 1, date(2026, 4, 7)),  # Easter Monday
        (date(2026, 4, 24), 1, date(2026, 4, 28)),  # King's Day on a Monday
    ],
)
def test_weekends_and_dutch_holidays_are_no_working_days(day: date, n: int, then: date) -> None:
    assert tasks.add_working_days(day, n) == then


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 30), st.integers(1, 30))
def test_working_days_add_up(day: date, n: int, m: int) -> None:
    assert tasks.add_working_days(tasks.add_working_days(day, n), m) == tasks.add_working_days(day, n + m) if n else True
    assert tasks.add_working_days(day, n) >= day


def test_the_earliest_open_task_is_the_candidates_next_action(anna: Candidate) -> None:
    tasks.plan(anna, "Later", date(2027, 1, 11), by=NOOR, now=NOON)
    tasks.plan(anna, " De school belt terug ", TODAY, holder=Holder.SCHOOL, kind=TaskKind.FOLLOW_UP, by=NOOR, now=NOON)

    assert (anna.next_action_on, anna.holder) == (TODAY, Holder.SCHOOL)
    assert [(task.title, task.kind) for task in open_tasks(anna)] == [
        ("De school belt terug", TaskKind.FOLLOW_UP),
        ("Make the first contact", TaskKind.NEXT_ACTION),
        ("Later", TaskKind.NEXT_ACTION),
    ]
    assert logged()[-1][:2] == ("plan_task", "task")


def test_an_advisers_task_without_an_owner_is_the_lead_advisers_else_the_writers(anna: Candidate) -> None:
    first = tasks.plan(anna, "Bellen", TODAY, holder=Holder.ADVISER, by=NOOR, now=NOON)
    candidates.assign(anna, profile(CARLA), by=NOOR, now=NOON)
    second = tasks.plan(anna, "Mailen", TODAY, holder=Holder.ADVISER, by=NOOR, now=NOON)

    assert (first.owner_id, second.owner_id) == (NOOR.user_id, CARLA.user_id)


@pytest.mark.parametrize(
    ("title", "due_on", "sentence"),
    [
        ("  ", TODAY, "Say what has to happen."),
        ("x" * 201, TODAY, "Say what has to happen in at most 200 characters."),
        ("Bellen", TODAY - DAY, "23-11-2026 has passed. Choose today or a later day."),
        ("Bellen", date(1926, 11, 24), "24-11-1926 has passed. Choose today or a later day."),
        ("Bellen", date(2028, 11, 25), "25-11-2028 is more than two years ahead. Check the year."),
        ("Bellen", None, "Choose the day on which this has to be done."),
    ],
)
def test_a_task_without_what_or_when_is_refused(anna: Candidate, title: str, due_on: date, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        tasks.plan(anna, title, due_on, by=NOOR, now=NOON)

    assert str(refused.value) == sentence


@pytest.mark.parametrize("owner_id", [ZEKI.user_id, LEFT_LAST_YEAR])
def test_who_does_not_work_at_the_desk_gets_no_task(anna: Candidate, owner_id: int) -> None:
    task = Task(candidate_id=anna.id, title="Bellen", due_on=TODAY, owner_id=owner_id)

    with pytest.raises(BadInput):
        tasks.enter(task, by=NOOR, now=NOON)


def test_a_form_hangs_no_task_on_a_candidate_elsewhere() -> None:
    with acting_as(ZEKI):
        zekis = registered("Bart", by=ZEKI).id

    with pytest.raises(NotFound) as refused:
        tasks.enter(Task(candidate_id=zekis, region_id=UTRECHT, title="Bellen", due_on=TODAY), by=NOOR, now=NOON)

    assert str(refused.value) == "There is no candidate with this number in your region."


@pytest.mark.parametrize("by", [SAM, ADA, without(NOOR, "move_stage")])
def test_only_the_desk_with_the_capability_plans_and_finishes(anna: Candidate, by: Identity) -> None:
    task = open_tasks(anna)[0]
    for act in (
        lambda: tasks.plan(anna, "Bellen", TODAY, by=by, now=NOON),
        lambda: tasks.finish(task, by=by, now=NOON),
        lambda: tasks.reschedule(task, TODAY, by=by, now=NOON),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_the_last_open_task_asks_what_happens_next(anna: Candidate) -> None:
    task = open_tasks(anna)[0]

    with pytest.raises(BadInput) as refused:
        tasks.finish(task, by=NOOR, now=NOON)

    assert str(refused.value) == f"This is the last open task of {anna.number}. Say what happens next, and when."
    assert task.done_at is None


def test_finishing_with_a_next_action_passes_it_on(anna: Candidate) -> None:
    following = tasks.finish(open_tasks(anna)[0], next_title="Advies uitwerken", next_due=date(2026, 12, 1), by=NOOR, now=NOON)

    assert following is not None
    assert open_tasks(anna) == [following]
    assert (following.title, following.holder, anna.next_action_on) == ("Advies uitwerken", Holder.DESK, date(2026, 12, 1))
    assert [row[0] for row in logged()[-2:]] == ["finish_task", "plan_task"]


def test_finishing_one_of_two_needs_no_next_action(anna: Candidate) -> None:
    later = tasks.plan(anna, "Later", date(2027, 1, 11), by=NOOR, now=NOON)

    following = tasks.finish(open_tasks(anna)[0], by=NOOR, now=NOON)

    assert (following, open_tasks(anna), anna.next_action_on) == (None, [later], date(2027, 1, 11))


@pytest.mark.parametrize(("title", "due_on"), [("Bellen", None), (None, TODAY), ("  ", TODAY)])
def test_half_a_next_action_is_none(anna: Candidate, title: str | None, due_on: date | None) -> None:
    with pytest.raises(BadInput) as refused:
        tasks.finish(open_tasks(anna)[0], next_title=title, next_due=due_on, by=NOOR, now=NOON)

    assert str(refused.value) == "A next action needs both: what will happen, and on which day."


def test_the_owner_who_left_is_not_given_the_next_action(anna: Candidate) -> None:
    task = open_tasks(anna)[0]
    with beyond_the_wall():
        task.holder, task.owner_id = Holder.ADVISER, LEFT_LAST_YEAR
        db.session.commit()

    following = tasks.finish(task, next_title="Bellen", next_due=TODAY, by=NOOR, now=NOON)

    assert following is not None
    assert following.owner_id == NOOR.user_id


def test_a_task_ends_once(anna: Candidate) -> None:
    tasks.plan(anna, "Later", TODAY + timedelta(days=9), by=NOOR, now=NOON)
    task = open_tasks(anna)[0]
    tasks.finish(task, by=NOOR, now=NOON)

    for act in (lambda: tasks.finish(task, by=NOOR, now=NOON), lambda: tasks.reschedule(task, TODAY, by=NOOR, now=NOON)):
        with pytest.raises(IllegalTransition) as refused:
            act()
        assert str(refused.value) == "This task is done already. Plan a new one if there is more to do."


def test_finishing_what_somebody_else_just_changed_is_stale(anna: Candidate) -> None:
    tasks.plan(anna, "Later", TODAY + timedelta(days=9), by=NOOR, now=NOON)
    task = open_tasks(anna)[0]
    edits.claim_version(task, 1, now=NOON)
    edits.set_committed_value(task, "version", 1)  # what this browser read before

    with pytest.raises(Stale):
        tasks.finish(task, by=NOOR, now=NOON)


def test_the_last_task_of_a_closed_file_may_end(anna: Candidate) -> None:
    candidates.set_status(anna, Status.LEFT, expected=0, leave_reason=LeaveReason.MOVED, by=NOOR, now=NOON)
    task = tasks.plan(anna, "Kaart sturen", TODAY, by=NOOR, now=NOON)

    tasks.finish(task, by=NOOR, now=NOON)

    assert (open_tasks(anna), anna.next_action_on) == ([], None)


def test_another_day_moves_the_candidates_next_action(anna: Candidate) -> None:
    tasks.reschedule(open_tasks(anna)[0], date(2026, 12, 3), by=NOOR, now=NOON)

    assert anna.next_action_on == date(2026, 12, 3)
    assert logged()[-1] == ("change_task", "task", ["due_on"])


def test_an_overdue_task_can_be_reworded_without_another_day(anna: Candidate) -> None:
    task = open_tasks(anna)[0]
    task.title, task.owner = "Nog eens bellen", profile(CARLA)

    with db.session.no_autoflush:
        tasks.change(task, by=NOOR, now=NOON + 30 * DAY)

    assert logged()[-1] == ("change_task", "task", ["owner_id", "title"])


def test_a_task_stays_with_its_candidate(anna: Candidate) -> None:
    bart = registered("Bart")
    task = open_tasks(anna)[0]
    task.candidate_id = bart.id

    with db.session.no_autoflush, pytest.raises(BadInput) as refused:
        tasks.change(task, by=NOOR, now=NOON)

    assert str(refused.value) == "This stays with its candidate. Make a new one for somebody else."
