"""What happens next, by whom, before when. No open file is ever without an open, dated task: nobody gets lost."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import holidays
import sqlalchemy as sa
from flask_babel import gettext

from app.adapters import clock
from app.enums import DESK_ROLES, OPEN_STATUSES, Holder, Role, Status, TaskKind
from app.errors import BadInput, IllegalTransition
from app.extensions import db
from app.models import Candidate, Membership, Plan, Task, UserProfile
from app.queries import live
from app.security.identity import Identity
from app.services import edits, log, notifications

FARTHEST = timedelta(days=731)  # two years
LONGEST_TITLE = 200
_KEEPS_FILES = sorted(DESK_ROLES | {Role.NATIONAL}, key=lambda role: role.name)


@cache
def _free_days(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("NL", years=year))


def _is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _free_days(day.year)


def add_working_days(day: date, n: int) -> date:
    """The n-th working day after a day; weekends and Dutch public holidays do not count. For n = 0 the day itself, or the
    first working day after it."""
    while n > 0 or not _is_working_day(day):
        day += timedelta(days=1)
        n -= _is_working_day(day)
    return day


def works_in(user_id: int, region_id: int, today: date) -> bool:
    """This person works at this region's desk today: the membership is live."""
    here = (Membership.user_id == user_id, Membership.region_id == region_id, Membership.role.in_(_KEEPS_FILES))
    with db.session.no_autoflush:
        return db.session.scalar(sa.select(Membership.id).where(*here, *live.memberships(today)).limit(1)) is not None


def plan(
    candidate: Candidate,
    title: str,
    due_on: date,
    *,
    holder: Holder | None = None,
    owner: UserProfile | None = None,
    kind: TaskKind = TaskKind.NEXT_ACTION,
    by: Identity,
    now: datetime,
) -> Task:
    """Plan a task for a candidate: see `enter`, which does the same with a task that a form has filled."""
    task = Task(candidate_id=candidate.id, title=title, due_on=due_on, kind=kind, holder=holder)
    task.owner_id = owner.user_id if owner is not None else None
    return enter(task, by=by, now=now)


def enter(task: Task, *, by: Identity, now: datetime) -> Task:
    """Put a new task into its candidate's file.

    Without a holder the lead adviser has it, or the inbox of the region; an adviser's task without an owner is the lead
    adviser's, else the writer's. Raises NotFound for a candidate out of sight, NotAllowed without the capability, BadInput for
    no title, a date before today or beyond two years, and an owner who does not work at the desk.
    """
    edits.settle(task)
    candidate = edits.candidate_of(task)
    edits.allow_desk(by, "move_stage", candidate.region_id)
    task.kind = task.kind or TaskKind.NEXT_ACTION
    task.holder = task.holder or (Holder.ADVISER if task.owner_id or candidate.lead_adviser_id else Holder.DESK)
    if task.holder is Holder.ADVISER and task.owner_id is None:
        task.owner_id = candidate.lead_adviser_id or by.user_id
    task.created_at, task.done_at = now, None
    _check(task, now)
    log.changed("plan_task", task, by=by, now=now)
    _tell_owner(task, candidate, by, now)
    refresh_next_action(candidate)
    return task


def change(task: Task, *, by: Identity, now: datetime) -> None:
    """Keep what a form changed on a task. Refuses as `enter`, and IllegalTransition on a task that is done."""
    fields = edits.settle(task)
    candidate = edits.of_same_candidate(task)
    edits.allow_desk(by, "move_stage", candidate.region_id)
    _refuse_done(task)
    _check(task, now, moved="due_on" in fields)
    if fields:
        log.changed("change_task", task, by=by, now=now, fields=fields)
    if "owner_id" in fields:
        _tell_owner(task, candidate, by, now)
    refresh_next_action(candidate)


def reschedule(task: Task, due_on: date, *, by: Identity, now: datetime) -> None:
    """Move a task to another day. Refuses as `change`."""
    task.due_on = due_on
    change(task, by=by, now=now)


def finish(
    task: Task,
    *,
    by: Identity,
    now: datetime,
    next_title: str | None = None,
    next_due: date | None = None,
    expected: int | None = None,
) -> Task | None:
    """Tick a task off, and plan the next one when it is named; returns that one.

    Raises BadInput when it is the last open task of an open file and no next one is named, IllegalTransition when it was done
    already, Stale when somebody else changed it first, NotAllowed without the capability.
    """
    candidate = edits.of_same_candidate(task)
    edits.allow_desk(by, "move_stage", candidate.region_id)
    _refuse_done(task)
    title = (next_title or "").strip()
    if bool(title) != (next_due is not None):
        raise BadInput(gettext("A next action needs both: what will happen, and on which day."))
    _hold(candidate)
    edits.claim_version(task, task.version if expected is None else expected, now=now)
    if not title and candidate.status in OPEN_STATUSES and not _has_open_task(candidate, besides=task):
        raise BadInput(gettext("This is the last open task of %(number)s. Say what happens next, and when.", number=candidate.number))
    task.done_at = now
    log.changed("finish_task", task, by=by, now=now)
    db.session.flush()
    following = None
    if next_due is not None:
        following = plan(candidate, title, next_due, holder=task.holder, owner=_still_here(task, now), by=by, now=now)
    refresh_next_action(candidate)
    return following


def refresh_next_action(candidate: Candidate) -> None:
    """Take the candidate's next date and holder from the earliest open task. Part of a verb that checked and logged."""
    db.session.flush()
    first = db.session.scalar(_open_tasks(candidate).order_by(Task.due_on, Task.id).limit(1))
    candidate.next_action_on = first.due_on if first is not None else None
    if first is not None:
        candidate.holder = first.holder
    db.session.flush()


def ensure_next_action(candidate: Candidate, *, by: Identity, now: datetime) -> None:
    """Give an open file that has no open task one: due within the region's promised days, for the lead adviser or the inbox."""
    if not _has_open_task(candidate):
        plan(candidate, gettext("Get in touch"), promised_day(candidate, now), by=by, now=now)


def promised_day(candidate: Candidate, now: datetime) -> date:
    """The day before which the region promises to have been in touch, counted from now."""
    return add_working_days(clock.day(now), candidate.region.promised_days)


def close_all(candidate: Candidate, *, by: Identity, now: datetime) -> None:
    """Tick off what is open when a file closes. Part of `candidates.set_status`, which checks."""
    for task in db.session.scalars(_open_tasks(candidate)).all():
        task.done_at = now
        if task.plan_id is not None and (stopped := db.session.get(Plan, task.plan_id)) is not None:
            stopped.stopped_at = now
        log.changed("close_task", task, by=by, now=now)
    refresh_next_action(candidate)


def hand_on(candidate: Candidate, before: int | None, after: int | None, *, by: Identity, now: datetime) -> None:
    """Give the open tasks of the lead adviser (or the inbox) to the next one (or the inbox). Part of `candidates.assign`.

    What comes back into the inbox of an active candidate is due within the promised days.
    """
    for task in db.session.scalars(_open_tasks(candidate)).all():
        if task.holder is not Holder.DESK and not (task.holder is Holder.ADVISER and task.owner_id == before):
            continue
        task.holder, task.owner_id = (Holder.DESK, None) if after is None else (Holder.ADVISER, after)
        if after is None and candidate.status is Status.ACTIVE:
            task.due_on = min(task.due_on, promised_day(candidate, now))
        log.changed("hand_on_task", task, by=by, now=now)
    refresh_next_action(candidate)


def _tell_owner(task: Task, candidate: Candidate, by: Identity, now: datetime) -> None:
    """Somebody hears of a next action that a colleague planned for them; what follows from something else is told with that."""
    if task.kind is TaskKind.NEXT_ACTION:
        path, key = f"/taken/show/{task.id}", f"task_planned:{task.id}:{task.version}"
        notifications.tell_colleague(task.owner_id, "task_planned", candidate, path=path, key=key, by=by, now=now)


def check_due(due_on: date | None, now: datetime) -> None:
    """Raise BadInput unless this is a day from today up to two years ahead."""
    today = clock.day(now)
    if due_on is None:
        raise BadInput(gettext("Choose the day on which this has to be done."))
    if due_on < today:
        raise BadInput(gettext("%(day)s has passed. Choose today or a later day.", day=f"{due_on:%d-%m-%Y}"))
    if due_on > today + FARTHEST:
        raise BadInput(gettext("%(day)s is more than two years ahead. Check the year.", day=f"{due_on:%d-%m-%Y}"))


def _check(task: Task, now: datetime, moved: bool = True) -> None:
    task.title = (task.title or "").strip()
    if not task.title:
        raise BadInput(gettext("Say what has to happen."))
    if len(task.title) > LONGEST_TITLE:
        raise BadInput(gettext("Say what has to happen in at most %(most)d characters.", most=LONGEST_TITLE))
    if moved:
        check_due(task.due_on, now)
    state: Any = sa.inspect(task)
    if task.owner_id is not None and (state.transient or state.attrs["owner_id"].history.has_changes()):
        check_owner(task.owner_id, task.region_id, now)


def check_owner(user_id: int, region_id: int, now: datetime) -> None:
    """Raise BadInput unless this person works at the desk of this region today."""
    if not works_in(user_id, region_id, clock.day(now)):
        raise BadInput(gettext("This person does not work at the desk of this region. Choose somebody who does."))


def _still_here(task: Task, now: datetime) -> UserProfile | None:
    here = task.owner_id is not None and works_in(task.owner_id, task.region_id, clock.day(now))
    return task.owner if here else None


def _refuse_done(task: Task) -> None:
    if task.done_at is not None:
        raise IllegalTransition(gettext("This task is done already. Plan a new one if there is more to do."))


def _open_tasks(candidate: Candidate) -> sa.Select[Any]:
    return sa.select(Task).where(Task.candidate_id == candidate.id, Task.done_at.is_(None))


def _has_open_task(candidate: Candidate, besides: Task | None = None) -> bool:
    query = _open_tasks(candidate).with_only_columns(Task.id).limit(1)
    return db.session.scalar(query.where(Task.id != besides.id) if besides is not None else query) is not None


def _hold(candidate: Candidate) -> None:
    """Keep others off this file until the commit, so that two people cannot each finish the last task but one."""
    db.session.execute(sa.select(Candidate.id).where(Candidate.id == candidate.id).with_for_update())
