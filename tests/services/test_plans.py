"""Plans: templates with their steps, starting one, moving and stopping it, and reminding who has something to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.enums import OPEN_STATUSES, Holder, LeaveReason, Route, Status, TaskKind
from app.errors import BadInput, DomainError, IllegalTransition, NotAllowed, NotFound, Stale
from app.extensions import db
from app.models import Candidate, Delivery, Plan, PlanTemplate
from app.security.identity import acting_as
from app.services import candidates, edits, plans, tasks
from app.services.plans import Step
from tests.services.cast import (
    CARLA,
    DAY,
    NADIA,
    NOON,
    NOOR,
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

STEPS = [Step("Diploma zoeken", 0, Holder.CANDIDATE), Step("School bellen", 3, Holder.ADVISER), Step("Aanmelden", 5, Holder.PROVIDER)]
MANAGER = replace(CARLA, capabilities={UTRECHT: CARLA.capabilities[UTRECHT] | {"write_articles"}})
CLOSE = {"leave_reason": LeaveReason.PRIVATE}


def template(steps: list[Step] = STEPS, **fields: object) -> PlanTemplate:
    with acting_as(MANAGER):
        made = PlanTemplate(**{"name": "PDG", "route": Route.PDG, "region_id": UTRECHT, "active": True} | fields)
        plans.save_template(made, steps, by=MANAGER, now=NOON)
        db.session.commit()
    return made


def started(anna: Candidate) -> Plan:
    made = plans.start(anna, template(), TODAY, by=NOOR, now=NOON)
    db.session.commit()
    return made


def test_steps_become_tasks_on_working_days_and_the_advisers_are_the_leads(anna: Candidate) -> None:
    candidates.assign(anna, profile(CARLA), by=NOOR, now=NOON)

    plan = plans.start(anna, template(), date(2026, 11, 28), by=NOOR, now=NOON)  # a Saturday

    found = [(task.title, task.due_on, task.holder, task.owner_id, task.kind) for task in open_tasks(anna) if task.plan_id == plan.id]
    assert found == [
        ("Diploma zoeken", date(2026, 11, 30), Holder.CANDIDATE, None, TaskKind.STEP),
        ("School bellen", date(2026, 12, 3), Holder.ADVISER, CARLA.user_id, TaskKind.STEP),
        ("Aanmelden", date(2026, 12, 10), Holder.PROVIDER, None, TaskKind.STEP),
    ]
    assert (plan.name, plan.route, plan.started_by) == ("PDG", Route.PDG, NOOR.user_id)
    assert [verb for verb, _, _ in logged()][-4:] == ["start_plan", *["plan_task"] * 3]


def test_one_plan_runs_for_a_route_and_after_it_is_over_another_may(anna: Candidate) -> None:
    first = started(anna)

    with pytest.raises(BadInput, match="running already"):
        plans.start(anna, template(), TODAY, by=NOOR, now=NOON)
    other = plans.start(anna, template(route=Route.HYBRID), TODAY, by=NOOR, now=NOON)
    plans.stop(first, by=NOOR, now=NOON + DAY)
    again = plans.start(anna, template(), TODAY + DAY, by=NOOR, now=NOON + DAY)

    assert {one.plan.id: one.is_running for one in plans.of_candidate(anna.id)} == {first.id: False, other.id: True, again.id: True}


def test_progress_says_what_is_done_now_and_next_and_what_was_stopped(anna: Candidate) -> None:
    plan = started(anna)
    first = plans.of_candidate(anna.id)[0].now
    assert first is not None
    tasks.finish(first, by=NOOR, now=NOON)

    (running,) = plans.of_candidate(anna.id)
    plans.stop(plan, by=NOOR, now=NOON + DAY)
    (over,) = plans.of_candidate(anna.id)

    assert ([state for _, state in running.steps], running.done) == (["done", "now", "next"], 1)
    assert ([state for _, state in over.steps], over.is_running) == (["done", "stopped", "stopped"], False)


def test_stopping_leaves_a_next_action_and_the_second_time_is_refused(anna: Candidate) -> None:
    plan = started(anna)
    for task in [task for task in open_tasks(anna) if task.plan_id is None]:
        tasks.finish(task, by=NOOR, now=NOON)

    plans.stop(plan, by=NOOR, now=NOON)

    assert [(task.title, task.due_on) for task in open_tasks(anna)] == [("Get in touch", date(2026, 11, 27))]
    assert anna.next_action_on == date(2026, 11, 27)
    with pytest.raises(IllegalTransition):
        plans.stop(plan, by=NOOR, now=NOON)


def test_a_file_that_closes_stops_its_plans(anna: Candidate) -> None:
    plan = started(anna)

    candidates.set_status(anna, Status.LEFT, expected=anna.stage_seq, **CLOSE, by=NOOR, now=NOON)

    assert (plan.stopped_at, [state for _, state in plans.of_candidate(anna.id)[0].steps]) == (NOON, ["stopped"] * 3)
    with pytest.raises(BadInput, match="closed"):
        plans.start(anna, template(), TODAY, by=NOOR, now=NOON)


@pytest.mark.parametrize(("following", "days"), [(True, [26, 30, 7]), (False, [26, 27, 4])])
def test_moving_a_step_takes_those_after_it_along_when_asked(anna: Candidate, following: bool, days: list[int]) -> None:
    plan = started(anna)
    first = open_tasks(anna)[0]

    plans.move_step(first, date(2026, 11, 26), following=following, expected=first.version, by=NOOR, now=NOON)

    assert [task.due_on.day for task in open_tasks(anna) if task.plan_id == plan.id] == days


def test_a_stale_move_a_past_day_and_a_task_that_is_no_step_are_refused(anna: Candidate) -> None:
    started(anna)
    step, other = open_tasks(anna)[0], next(task for task in open_tasks(anna) if task.plan_id is None)

    for task, day, seen, refusal in (
        (step, TODAY + DAY, step.version - 1, Stale),
        (step, TODAY - DAY, step.version, BadInput),
        (step, None, step.version, BadInput),
        (other, TODAY + DAY, other.version, BadInput),
    ):
        with pytest.raises(refusal):
            plans.move_step(task, day, following=True, expected=seen, by=NOOR, now=NOON)


def test_who_may_not_and_whose_it_is_not_are_refused(anna: Candidate) -> None:
    plan, made = started(anna), template(route=Route.DUAL)

    for person, refusal in ((without(NOOR, "move_stage"), NotAllowed), (ZEKI, NotFound)):
        with acting_as(person), pytest.raises(refusal):
            plans.start(anna, made, TODAY, by=person, now=NOON)
        with acting_as(person), pytest.raises(refusal):
            plans.stop(plan, by=person, now=NOON)


def test_a_first_day_that_has_passed_or_is_missing_and_a_template_out_of_use_are_refused(anna: Candidate) -> None:
    for made, day in ((template(), TODAY - DAY), (template(), None), (template(active=False), TODAY)):
        with pytest.raises(BadInput):
            plans.start(anna, made, day, by=NOOR, now=NOON)
    assert plans.of_candidate(anna.id) == []


@pytest.mark.parametrize(
    "steps", [[], [STEPS[0]] * 21, [Step(" ", 1, Holder.DESK)], [Step("x", 367, Holder.DESK)], [Step("x" * 201, 1, Holder.DESK)]]
)
def test_a_template_without_good_steps_is_refused(steps: list[Step]) -> None:
    with pytest.raises(BadInput):
        template(steps)


def test_changing_steps_is_logged_as_such_and_needs_the_capability_in_the_region() -> None:
    made = template()
    with acting_as(MANAGER):
        edits.claim_version(made, 1, now=NOON)
        plans.save_template(made, STEPS[::-1], by=MANAGER, now=NOON)
        db.session.commit()

    assert ([step.title for step in made.steps], logged()[-1]) == (
        [step.title for step in STEPS[::-1]],
        ("change_plan", "plan_template", ["steps"]),
    )
    national = PlanTemplate(name="Overal", route=Route.PDG)
    for person in (NOOR, ZEKI, MANAGER):
        with acting_as(person), pytest.raises(NotAllowed):
            plans.save_template(national if person is MANAGER else made, STEPS, by=person, now=NOON)
    db.session.rollback()
    with acting_as(NADIA):
        assert plans.save_template(PlanTemplate(name="Overal", route=Route.PDG), STEPS, by=NADIA, now=NOON).region_id is None


def test_a_candidate_is_reminded_two_working_days_ahead_and_once_more_when_it_is_late(anna: Candidate) -> None:
    plans.start(anna, template(), date(2026, 12, 1), by=NOOR, now=NOON)  # a Tuesday; the candidate has the first step
    db.session.commit()

    queued = {}
    for day in range(12):
        with beyond_the_wall():
            queued[(NOON + day * DAY).day] = plans.remind(now=NOON + day * DAY)
            db.session.commit()

    assert {day for day, count in queued.items() if count} == {27, 2}
    with beyond_the_wall():
        kinds = [row.dedupe_key.split(":")[2] for row in db.session.scalars(sa.select(Delivery).order_by(Delivery.id))]
    assert kinds == ["soon", "late"]


def _finish(anna: Candidate, which: int, now: datetime) -> None:
    for task in open_tasks(anna)[which : which + 1]:
        tasks.finish(task, by=NOOR, now=now)


def _move(anna: Candidate, which: int, now: datetime) -> None:
    for task in open_tasks(anna)[which : which + 1]:
        plans.move_step(task, TODAY + timedelta(days=which), following=True, expected=task.version, by=NOOR, now=now)


def _stop(anna: Candidate, which: int, now: datetime) -> None:
    for one in plans.of_candidate(anna.id)[:1]:
        plans.stop(one.plan, by=NOOR, now=now)


def _status(to: Status, **more: Any) -> Callable[[Candidate, int, datetime], None]:
    return lambda anna, which, now: candidates.set_status(anna, to, expected=anna.stage_seq, **more, by=NOOR, now=now)


ACTS: dict[str, Callable[[Candidate, int, datetime], Any]] = {
    "start": lambda anna, which, now: plans.start(anna, template(), TODAY + timedelta(days=which + 1), by=NOOR, now=now),
    "stop": _stop,
    "finish": _finish,
    "move": _move,
    "pause": _status(Status.PAUSED, until=TODAY + timedelta(days=9)),
    "leave": _status(Status.LEFT, **CLOSE),
    "open": _status(Status.ACTIVE),
}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 3)), max_size=12))
def test_no_sequence_leaves_an_open_file_without_a_dated_next_step(app: object, acts: list[tuple[str, int]]) -> None:
    db.session.rollback()
    anna, now = registered("Anna"), NOON

    for name, which in acts:
        now += timedelta(minutes=1)
        try:
            ACTS[name](anna, which, now)
            db.session.commit()
        except DomainError:
            db.session.rollback()
        days = [task.due_on for task in open_tasks(anna)]
        assert anna.next_action_on == (min(days) if days else None)
        assert bool(days) == (anna.status in OPEN_STATUSES), (name, anna.status)
