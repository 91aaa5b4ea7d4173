"""Stages, statuses and advisers: who may move a file, what each step leaves behind, and who was first."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import Holder, LeaveReason, MatchState, Stage, Status
from app.errors import BadInput, IllegalTransition, NotAllowed, NotFound, Stale
from app.extensions import db
from app.models import Candidate, Match, StageSpan
from app.security.identity import Identity, acting_as
from app.services import candidates, tasks
from tests.services.cast import (
    ADA,
    CARLA,
    DAY,
    HOUR,
    LEFT_LAST_YEAR,
    NOON,
    NOOR,
    PIET,
    SAM,
    SCHOOL,
    TODAY,
    UTRECHT,
    ZEKI,
    beyond_the_wall,
    logged,
    open_tasks,
    profile,
    spans,
    without,
)


def rows_of(candidate: Candidate) -> list[tuple[Any, ...]]:
    return [(s.seq, s.stage, s.status, s.lead_adviser_id, s.entered_at, s.left_at, s.moved_by, s.reason) for s in spans(candidate)]


def test_a_step_closes_one_span_where_the_next_one_opens(anna: Candidate) -> None:
    candidates.move_stage(anna, Stage.DECIDING, expected=0, by=NOOR, now=NOON + HOUR)
    db.session.commit()

    assert (anna.stage, anna.stage_seq, anna.stage_entered_at) == (Stage.DECIDING, 1, NOON + HOUR)
    assert rows_of(anna) == [
        (0, Stage.EXPLORING, Status.ACTIVE, None, NOON, NOON + HOUR, NOOR.user_id, None),
        (1, Stage.DECIDING, Status.ACTIVE, None, NOON + HOUR, None, NOOR.user_id, None),
    ]
    assert logged()[-1] == ("move_stage", "candidate", ["stage"])


def test_a_second_drag_of_the_same_card_is_told_where_it_went(anna: Candidate) -> None:
    candidates.move_stage(anna, Stage.DECIDING, expected=0, by=NOOR, now=NOON)

    with pytest.raises(Stale) as refused:
        candidates.move_stage(anna, Stage.MATCHING, expected=0, by=NOOR, now=NOON)

    assert refused.value.now_at is Stage.DECIDING


def test_a_step_that_lost_the_race_after_looking_is_stale_too(anna: Candidate, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = candidates._same_step
    calls = iter([lambda *args: None, looked])  # the first look was before the other one's commit
    monkeypatch.setattr(candidates, "_same_step", lambda *args: next(calls)(*args))

    with pytest.raises(Stale) as refused:
        candidates.move_stage(anna, Stage.DECIDING, expected=4, by=NOOR, now=NOON)

    assert refused.value.now_at is Stage.EXPLORING


def test_a_clock_that_runs_behind_makes_no_span_that_ends_before_it_began(anna: Candidate) -> None:
    candidates.move_stage(anna, Stage.DECIDING, expected=0, by=NOOR, now=NOON - DAY)

    assert [(span.entered_at, span.left_at) for span in spans(anna)] == [(NOON, NOON), (NOON, None)]


def test_a_step_to_where_one_stands_is_no_step(anna: Candidate) -> None:
    with pytest.raises(IllegalTransition) as refused:
        candidates.move_stage(anna, Stage.EXPLORING, expected=0, by=NOOR, now=NOON)

    assert str(refused.value) == f"{anna.number} stands at “exploring” already."


def test_success_needs_a_reason_when_no_match_is_placed(anna: Candidate) -> None:
    with pytest.raises(BadInput) as refused:
        candidates.move_stage(anna, Stage.TEACHING, expected=0, reason="  ", by=NOOR, now=NOON)
    candidates.move_stage(anna, Stage.TEACHING, expected=0, reason=" Eigen baan gevonden ", by=NOOR, now=NOON)

    assert str(refused.value) == "There is no placed match yet. Write down why this candidate goes on to “teaching”."
    assert [span.reason for span in spans(anna)] == [None, "Eigen baan gevonden"]


def test_a_placed_match_is_reason_enough(anna: Candidate) -> None:
    db.session.add(
        Match(candidate_id=anna.id, region_id=UTRECHT, organisation_id=SCHOOL, state=MatchState.PLACED, state_at=NOON, created_at=NOON)
    )

    candidates.move_stage(anna, Stage.PREPARING, expected=0, by=NOOR, now=NOON)

    assert anna.stage is Stage.PREPARING


def test_the_way_back_from_success_needs_a_reason_and_the_steps_within_do_not(anna: Candidate) -> None:
    candidates.move_stage(anna, Stage.PREPARING, expected=0, reason="Begonnen", by=NOOR, now=NOON)
    candidates.move_stage(anna, Stage.TRAINING, expected=1, by=NOOR, now=NOON)

    with pytest.raises(BadInput) as refused:
        candidates.move_stage(anna, Stage.ORIENTING, expected=2, by=NOOR, now=NOON)

    assert str(refused.value) == "Write down why this candidate goes back to “orienting”."


def test_a_reason_has_an_end(anna: Candidate) -> None:
    with pytest.raises(BadInput):
        candidates.move_stage(anna, Stage.TEACHING, expected=0, reason="x" * 201, by=NOOR, now=NOON)


@pytest.mark.parametrize("by", [ZEKI, SAM, ADA, without(NOOR, "move_stage")])
def test_only_the_own_desk_with_the_capability_moves_a_file(anna: Candidate, by: Identity) -> None:
    with acting_as(by):
        for act in (
            lambda: candidates.move_stage(anna, Stage.DECIDING, expected=0, by=by, now=NOON),
            lambda: candidates.set_status(anna, Status.COMPLETED, expected=0, by=by, now=NOON),
            lambda: candidates.assign(anna, None, by=by, now=NOON),
        ):
            with pytest.raises(NotAllowed):
                act()


def test_a_borrowed_identity_does_not_pass_the_wall(anna: Candidate) -> None:
    number = anna.number

    with acting_as(ZEKI), pytest.raises(NotFound):
        candidates.move_stage(anna, Stage.DECIDING, expected=0, by=NOOR, now=NOON)

    with beyond_the_wall():
        stored = db.session.scalar(sa.select(Candidate.stage).where(Candidate.number == number))
    assert stored is Stage.EXPLORING


@pytest.mark.parametrize("to", [Status.WAITING, Status.PAUSED])
def test_whoever_waits_has_a_day_and_a_task_on_it(anna: Candidate, to: Status) -> None:
    until = date(2027, 2, 1)

    candidates.set_status(anna, to, expected=0, until=until, by=NOOR, now=NOON)
    db.session.commit()

    assert (anna.status, anna.status_until, anna.stage_seq) == (to, until, 1)
    assert [(task.title, task.due_on) for task in open_tasks(anna)] == [
        ("Make the first contact", date(2026, 11, 27)),
        ("Ask how things are now", until),
    ]
    assert [(span.status, span.left_at) for span in spans(anna)] == [(Status.ACTIVE, NOON), (to, None)]


@pytest.mark.parametrize(
    ("to", "until", "sentence"),
    [
        (Status.WAITING, None, "Choose until which day, so that nobody is forgotten."),
        (Status.PAUSED, TODAY, "Choose a day after today."),
        (Status.PAUSED, date(1926, 11, 24), "24-11-1926 has passed. Choose today or a later day."),
        (Status.WAITING, date(2062, 11, 24), "24-11-2062 is more than two years ahead. Check the year."),
        (Status.LEFT, None, "Choose why this candidate leaves."),
    ],
)
def test_a_status_without_what_belongs_to_it_is_refused(anna: Candidate, to: Status, until: date | None, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        candidates.set_status(anna, to, expected=0, until=until, by=NOOR, now=NOON)

    assert str(refused.value) == sentence


def test_who_leaves_takes_a_reason_along_and_leaves_no_open_task(anna: Candidate) -> None:
    candidates.set_status(anna, Status.LEFT, expected=0, until=TODAY + DAY, leave_reason=LeaveReason.OTHER_JOB, by=NOOR, now=NOON)

    assert (anna.leave_reason, anna.status_until, anna.next_action_on) == (LeaveReason.OTHER_JOB, None, None)
    assert open_tasks(anna) == []


def test_who_comes_back_has_a_next_action_again(anna: Candidate) -> None:
    candidates.set_status(anna, Status.LEFT, expected=0, leave_reason=LeaveReason.PRIVATE, by=NOOR, now=NOON)

    candidates.set_status(anna, Status.ACTIVE, expected=1, by=NOOR, now=NOON)

    assert (anna.leave_reason, anna.next_action_on) == (None, date(2026, 11, 27))
    assert [(task.title, task.holder) for task in open_tasks(anna)] == [("Get in touch", Holder.DESK)]


def test_who_waited_and_comes_back_keeps_the_task_there_is(anna: Candidate) -> None:
    candidates.set_status(anna, Status.WAITING, expected=0, until=date(2027, 1, 4), by=NOOR, now=NOON)
    before = open_tasks(anna)

    candidates.set_status(anna, Status.ACTIVE, expected=1, by=NOOR, now=NOON)

    assert (anna.status_until, open_tasks(anna)) == (None, before)


def test_the_same_status_again_is_refused_and_an_old_page_is_told_the_new_one(anna: Candidate) -> None:
    candidates.set_status(anna, Status.COMPLETED, expected=0, by=NOOR, now=NOON)

    with pytest.raises(IllegalTransition):
        candidates.set_status(anna, Status.COMPLETED, expected=1, by=NOOR, now=NOON)
    with pytest.raises(Stale) as refused:
        candidates.set_status(anna, Status.ACTIVE, expected=0, by=NOOR, now=NOON)

    assert refused.value.now_at is Status.COMPLETED


def test_a_lead_adviser_gets_the_task_from_the_inbox(anna: Candidate) -> None:
    candidates.assign(anna, profile(PIET), by=CARLA, now=NOON + HOUR)

    assert (anna.lead_adviser_id, anna.lead_adviser.user_id, anna.holder) == (PIET.user_id, PIET.user_id, Holder.ADVISER)
    assert [(task.holder, task.owner_id) for task in open_tasks(anna)] == [(Holder.ADVISER, PIET.user_id)]
    assert [(span.seq, span.lead_adviser_id, span.left_at) for span in spans(anna)] == [
        (0, None, NOON + HOUR),
        (1, PIET.user_id, None),
    ]
    assert anna.stage_entered_at == NOON  # another adviser is no other stage


def test_another_adviser_takes_over_the_tasks_of_the_first_one_only(anna: Candidate) -> None:
    candidates.assign(anna, profile(NOOR), by=NOOR, now=NOON)
    tasks.plan(anna, "Lesdag regelen", TODAY, holder=Holder.SCHOOL, by=NOOR, now=NOON)
    tasks.plan(anna, "Meelezen", TODAY, owner=profile(CARLA), by=NOOR, now=NOON)

    candidates.assign(anna, profile(PIET), by=NOOR, now=NOON)

    assert [(task.title, task.holder, task.owner_id) for task in open_tasks(anna)] == [
        ("Lesdag regelen", Holder.SCHOOL, None),
        ("Meelezen", Holder.ADVISER, CARLA.user_id),
        ("Make the first contact", Holder.ADVISER, PIET.user_id),
    ]


def test_back_in_the_inbox_means_within_the_promised_days(anna: Candidate) -> None:
    candidates.assign(anna, profile(NOOR), by=NOOR, now=NOON)
    tasks.reschedule(open_tasks(anna)[0], date(2027, 3, 1), by=NOOR, now=NOON)

    candidates.assign(anna, None, by=NOOR, now=NOON)

    assert (anna.holder, anna.lead_adviser, anna.next_action_on) == (Holder.DESK, None, date(2026, 11, 27))


def test_the_same_adviser_again_changes_nothing(anna: Candidate) -> None:
    candidates.assign(anna, profile(NOOR), by=NOOR, now=NOON)
    before = (logged(), rows_of(anna))

    candidates.assign(anna, profile(NOOR), by=NOOR, now=NOON)

    assert (logged(), rows_of(anna)) == before


@pytest.mark.parametrize("user_id", [ZEKI.user_id, SAM.user_id, ADA.user_id, LEFT_LAST_YEAR])
def test_who_does_not_work_at_the_desk_today_gets_no_candidates(anna: Candidate, user_id: int) -> None:
    with beyond_the_wall():
        stranger = db.session.get(candidates.UserProfile, user_id)
    assert stranger is not None

    with pytest.raises(BadInput) as refused:
        candidates.assign(anna, stranger, by=NOOR, now=NOON)

    assert str(refused.value) == "This person does not work at the desk of this region. Choose somebody who does."


def test_any_walk_leaves_one_unbroken_line_of_spans(anna: Candidate) -> None:
    candidates.move_stage(anna, Stage.ORIENTING, expected=0, by=NOOR, now=NOON + HOUR)
    candidates.assign(anna, profile(NOOR), by=NOOR, now=NOON + 2 * HOUR)
    candidates.set_status(anna, Status.PAUSED, expected=2, until=TODAY + 9 * DAY, by=NOOR, now=NOON + 3 * HOUR)
    candidates.set_status(anna, Status.ACTIVE, expected=3, by=NOOR, now=NOON + 4 * HOUR)
    db.session.commit()

    line = spans(anna)
    assert [span.seq for span in line] == [0, 1, 2, 3, 4]
    assert [span.left_at for span in line] == [span.entered_at for span in line[1:]] + [None]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(StageSpan).where(StageSpan.left_at.is_(None))) == 1
