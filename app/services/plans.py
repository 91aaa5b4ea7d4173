"""Plans: the steps of a route as a template, and what becomes of them for one candidate: tasks with their dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import joinedload

from app.adapters import clock
from app.enums import NATIONAL_ROLES, OPEN_STATUSES, Holder, Role, TaskKind
from app.errors import BadInput, IllegalTransition, NotAllowed, NotFound
from app.extensions import db
from app.models import Candidate, Plan, PlanStep, PlanTemplate, Task
from app.security.identity import Identity
from app.services import edits, log, outbox, tasks

MOST_STEPS = 20
LONGEST_DAYS = 366
AHEAD = 2  # working days before a step is due, on which its candidate is reminded
FORGET = timedelta(days=14)  # what is later than this the adviser sees anyway


class Step(NamedTuple):
    """A step of a template: what, how many working days after the one before, by whom."""

    title: str
    days: int
    holder: Holder


class Dated(NamedTuple):
    """A step with the day on which it is due."""

    title: str
    due_on: date
    holder: Holder


@dataclass(frozen=True)
class Progress:
    """A plan with its steps in order. `state` of a step: done, now (the first that is open), next, or stopped."""

    plan: Plan
    steps: tuple[tuple[Task, str], ...]

    @property
    def done(self) -> int:
        return sum(state == "done" for _, state in self.steps)

    @property
    def now(self) -> Task | None:
        """The step that comes next; None when the plan is over."""
        return next((task for task, state in self.steps if state == "now"), None)

    @property
    def is_running(self) -> bool:
        return self.now is not None


# -- templates ---------------------------------------------------------------------------------------------------------------


def save_template(template: PlanTemplate, steps: Sequence[Step], *, by: Identity, now: datetime) -> PlanTemplate:
    """Keep a new or changed template with its steps. Claim the version of a changed one first (`edits.claim_version`).

    Raises NotAllowed without the capability in its region (for the whole country: at the national desk), also in the region that it
    is taken from; BadInput without a name or a step, and for steps that are too many, without words or too far apart.
    """
    fields = edits.settle(template)
    stored: Any = sa.inspect(template).attrs["region_id"].history.deleted or ()
    for region_id in {template.region_id, *stored}:
        _allow(region_id, by)
    template.name = (template.name or "").strip()
    if not template.name:
        raise BadInput(gettext("Give the plan a name."))
    _check(steps)
    kept = [(step.title, step.days, step.holder) for step in template.steps]
    if kept != list(steps):
        fields = [*fields, "steps"]
        template.steps = [PlanStep(position=place, **step._asdict()) for place, step in enumerate(steps)]
    is_new = not sa.inspect(template).has_identity
    if is_new or fields:
        log.changed("write_plan" if is_new else "change_plan", template, by=by, now=now, fields=fields)
    db.session.flush()
    return template


def templates_for(candidate: Candidate) -> list[PlanTemplate]:
    """The templates in use for a candidate: those for the routes that they want first, then the own region's, then by name."""
    near = sa.or_(PlanTemplate.region_id.is_(None), PlanTemplate.region_id == candidate.region_id)
    query = sa.select(PlanTemplate).where(near, PlanTemplate.active.is_(True)).options(sa.orm.selectinload(PlanTemplate.steps))
    found = db.session.scalars(query.options(joinedload(PlanTemplate.region)).order_by(PlanTemplate.name, PlanTemplate.id))
    return sorted(found, key=lambda row: (row.route not in candidate.routes, row.region_id is None))


def dated(template: PlanTemplate, first_on: date) -> list[Dated]:
    """The steps with their days: the first on this day, each next so many working days later. Weekends and holidays do not count."""
    found, day = [], first_on
    for place, step in enumerate(template.steps):
        day = tasks.add_working_days(day, step.days if place else 0)
        found.append(Dated(step.title, day, step.holder))
    return found


# -- plans of a candidate ----------------------------------------------------------------------------------------------------


def start(candidate: Candidate, template: PlanTemplate, first_on: date | None, *, by: Identity, now: datetime) -> Plan:
    """Start a plan for a candidate: each step becomes a task. The steps of the adviser are the lead adviser's.

    Raises NotFound for a candidate out of sight, NotAllowed without the capability in the candidate's region, and BadInput for a
    file that is closed, a template that is not in use, a first day that has passed, and a route for which a plan runs already.
    """
    _hold(candidate)
    edits.allow_desk(by, "move_stage", candidate.region_id)
    if candidate.status not in OPEN_STATUSES:
        raise BadInput(gettext("This file is closed. Open it again before you start a plan."))
    if not template.active or not template.steps:
        raise BadInput(gettext("This plan is not in use any more. Choose another one."))
    tasks.check_due(first_on, now)
    assert first_on is not None
    if any(one.is_running and one.plan.route is template.route for one in of_candidate(candidate.id)):
        raise BadInput(gettext("A plan for %(route)s is running already. Stop that one first.", route=template.route.label))
    plan = Plan(candidate_id=candidate.id, region_id=candidate.region_id, route=template.route, name=template.name)
    plan.started_at, plan.started_by = now, by.user_id
    log.changed("start_plan", plan, by=by, now=now)
    for step in dated(template, first_on):
        task = Task(candidate_id=candidate.id, title=step.title, due_on=step.due_on, kind=TaskKind.STEP, holder=step.holder)
        task.plan_id = plan.id
        tasks.enter(task, by=by, now=now)
    return plan


def stop(plan: Plan, *, by: Identity, now: datetime) -> None:
    """Stop a plan: its open steps are closed, and an open file keeps a next action with a date.

    Raises NotAllowed without the capability, IllegalTransition when it was over already.
    """
    candidate = edits.of_same_candidate(plan)
    edits.allow_desk(by, "move_stage", candidate.region_id)
    _hold(candidate)
    open_steps = [task for task in _steps([plan.id]) if task.done_at is None]
    if plan.stopped_at is not None or not open_steps:
        raise IllegalTransition(gettext("This plan is over already."))
    plan.stopped_at = now
    log.changed("stop_plan", plan, by=by, now=now)
    for task in open_steps:
        task.done_at = now
        log.changed("close_task", task, by=by, now=now)
    db.session.flush()
    tasks.refresh_next_action(candidate)
    if candidate.status in OPEN_STATUSES:
        tasks.ensure_next_action(candidate, by=by, now=now)


def move_step(task: Task, due_on: date | None, *, following: bool, expected: int, by: Identity, now: datetime) -> int:
    """Give a step another day; with `following` the open steps after it move as many days along, on to the next working day.

    Returns how many moved. Raises as `tasks.change`, BadInput for a task that is no step, Stale when somebody else was first.
    """
    if task.plan_id is None:
        raise BadInput(gettext("This task is not a step of a plan."))
    tasks.check_due(due_on, now)
    assert due_on is not None
    away, after = due_on - task.due_on, (task.due_on, task.id)
    edits.claim_version(task, expected, now=now)
    later = [step for step in _steps([task.plan_id]) if step.done_at is None and (step.due_on, step.id) > after]
    tasks.reschedule(task, due_on, by=by, now=now)
    if not following or not away:
        return 1
    for step in later:
        tasks.reschedule(step, tasks.add_working_days(max(step.due_on + away, clock.day(now)), 0), by=by, now=now)
    return 1 + len(later)


def remind(*, now: datetime) -> int:
    """Queue a mail for each open step of a candidate that is due within two working days, and one more on the day after it passed;
    says how many were queued. For the job: what is there already is not queued again."""
    today = clock.day(now)
    soon, long_ago = tasks.add_working_days(today, AHEAD), today - FORGET
    theirs = (Task.plan_id.is_not(None), Task.done_at.is_(None), Task.holder == Holder.CANDIDATE, Candidate.status.in_(OPEN_STATUSES))
    query = sa.select(Task, Candidate).join(Candidate, Candidate.id == Task.candidate_id).where(*theirs)
    queued = 0
    for task, candidate in db.session.execute(query.where(Task.due_on.between(long_ago, soon)).order_by(Task.id)).all():
        when = "soon" if task.due_on >= today else "late"
        key = f"step_due:{task.id}:{when}:{task.due_on}"
        queued += outbox.post("step_due", candidate, key=key, now=now) is not None
    return queued


def of_candidate(candidate_id: int) -> list[Progress]:
    """The plans of a candidate with their steps, as far as whoever asks sees them: running ones first, then the newest. One statement."""
    query = sa.select(Plan, Task).join(Task, Task.plan_id == Plan.id).where(Plan.candidate_id == candidate_id)
    query = query.options(joinedload(Task.owner)).order_by(Plan.started_at.desc(), Plan.id.desc(), Task.due_on, Task.id)
    found: dict[Plan, list[Task]] = {}
    for plan, task in db.session.execute(query):
        found.setdefault(plan, []).append(task)
    return sorted((Progress(plan, tuple(_states(plan, steps))) for plan, steps in found.items()), key=lambda one: not one.is_running)


def progress_of(plans: Sequence[Plan]) -> list[Progress]:
    """How far these plans are. One statement."""
    found: dict[int | None, list[Task]] = {plan.id: [] for plan in plans}
    for task in _steps(list(found)) if plans else ():
        found[task.plan_id].append(task)
    return [Progress(plan, tuple(_states(plan, found[plan.id]))) for plan in plans]


def _states(plan: Plan, steps: Sequence[Task]) -> Any:
    first = next((task for task in steps if task.done_at is None), None)
    for task in steps:
        if task.done_at is None:
            yield task, "now" if task is first else "next"
        else:
            yield task, "stopped" if task.done_at == plan.stopped_at else "done"


def _steps(plan_ids: Sequence[int | None]) -> list[Task]:
    mine = sa.select(Task).where(Task.plan_id.in_(plan_ids)).options(joinedload(Task.owner))
    return list(db.session.scalars(mine.order_by(Task.plan_id, Task.due_on, Task.id)))


def _hold(candidate: Candidate) -> None:
    """Keep others off this file until the commit: of two who start the same plan at once the second sees the first."""
    with db.session.no_autoflush:
        seen = db.session.scalar(sa.select(Candidate.id).where(Candidate.id == candidate.id).with_for_update())
    if seen is None:
        raise NotFound(gettext("There is no candidate with this number in your region."))


def _check(steps: Sequence[Step]) -> None:
    if not steps:
        raise BadInput(gettext("A plan needs at least one step."))
    if len(steps) > MOST_STEPS:
        raise BadInput(gettext("A plan has at most %(most)d steps.", most=MOST_STEPS))
    for place, step in enumerate(steps, 1):
        if not step.title.strip() or len(step.title) > tasks.LONGEST_TITLE:
            raise BadInput(gettext("Say what step %(place)d is, in at most %(most)d characters.", place=place, most=tasks.LONGEST_TITLE))
        if not 0 <= step.days <= LONGEST_DAYS:
            raise BadInput(gettext("Step %(place)d: write 0 to %(most)d working days.", place=place, most=LONGEST_DAYS))


def _allow(region_id: int | None, by: Identity) -> None:
    """The administrator everywhere, the national desk also for the whole country, a region for itself."""
    everywhere = by.role in NATIONAL_ROLES if region_id is None else by.role is Role.ADMIN
    if everywhere and not by.can("write_articles"):
        raise NotAllowed(gettext("You may not write plans."))
    if not everywhere:
        edits.allow(by, "write_articles", region_id)
