"""Files that lose their adviser or their region at once: back to an inbox, with a span, a task and a line in the log for each.

Statements over all of them, beside the wall: an administrator ends memberships and regions without seeing a single file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext

from app.adapters import clock
from app.enums import OPEN_STATUSES, Holder, Status, TaskKind
from app.extensions import db
from app.models import AdviceSession, Candidate, ChangeLog, CoAdviser, Handover, PersonToken, Region, StageSpan, Task, UtcDateTime
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import log, tasks

_BESIDE: dict[str, Any] = {**SYSTEM_READ, "synchronize_session": False}
_C = Candidate.__table__.c
_AT_ONCE = 1000  # ids in one statement


@dataclass(frozen=True)
class _Move:
    """Which files go to the inbox of which region, and what stands in their history about it."""

    which: sa.ColumnElement[bool]
    owned: sa.ColumnElement[bool]  # the open tasks that go along
    beside: sa.ColumnElement[bool]  # who looked along and does so no more
    region_id: int
    verb: str
    title: str
    reason: str
    fields: tuple[str, ...]

    @property
    def ids(self) -> sa.Select[Any]:
        return sa.select(_C.id).where(self.which)


def return_to_inbox(user_id: int, region_id: int, *, by: Identity, now: datetime) -> int:
    """Take all files of an adviser in a region back to the region's inbox; says how many. Does nothing the second time.

    The adviser's other open tasks in the region go to the inbox too. Part of the verbs that end memberships, which check.
    """
    move = _Move(
        which=sa.and_(_C.lead_adviser_id == user_id, _C.region_id == region_id),
        owned=sa.and_(Task.owner_id == user_id, Task.region_id == region_id),
        beside=sa.and_(CoAdviser.user_id == user_id, CoAdviser.region_id == region_id),
        region_id=region_id,
        verb="return_to_inbox",
        title=gettext("Choose a new adviser"),
        reason=gettext("The adviser no longer works here"),
        fields=("lead_adviser_id", "holder"),
    )
    return _carry_out(move, by, now)


def move_open_files(region_id: int, successor_id: int, *, name: str, by: Identity, now: datetime) -> int:
    """Move the open files of a region that leaves into the inbox of another; says how many. The rest of each file follows by its keys.

    Part of regions.leave, which checks: the one transition besides a handover that changes whose a file is.
    """
    which = sa.and_(_C.region_id == region_id, _C.status.in_(OPEN_STATUSES))
    move = _Move(
        which=which,
        owned=sa.and_(Task.owner_id.is_not(None), Task.candidate_id.in_(sa.select(_C.id).where(which))),
        beside=CoAdviser.candidate_id.in_(sa.select(_C.id).where(which)),
        region_id=successor_id,
        verb="take_over",
        title=gettext("Take over from %(region)s", region=name),
        reason=gettext("%(region)s has left", region=name)[:200],
        fields=("region_id", "lead_adviser_id", "holder"),
    )
    reports = sa.update(AdviceSession).where(AdviceSession.in_region_id == region_id)  # the desk that takes over reads them
    db.session.execute(reports.values(in_region_id=successor_id), execution_options=_BESIDE)
    return _carry_out(move, by, now)


def move_file(candidate_id: int, region_id: int, *, sender: str, by: Identity, now: datetime) -> None:
    """Move one file into the inbox of another region; what hangs on it follows by its keys. Part of handovers.accept, which checks."""
    which = sa.and_(_C.id == candidate_id, _C.region_id != region_id)
    move = _Move(
        which=which,
        owned=sa.and_(Task.owner_id.is_not(None), Task.candidate_id == candidate_id),
        beside=CoAdviser.candidate_id == candidate_id,
        region_id=region_id,
        verb="take_over",
        title=gettext("Make the first contact"),
        reason=gettext("Handed over by %(region)s", region=sender)[:200],
        fields=("region_id", "lead_adviser_id", "holder"),
    )
    _carry_out(move, by, now)


def remind_sender(handover: Handover, title: str, *, now: datetime) -> None:
    """Give who sent a handover a task for the next working day, in a file that the other side does not see."""
    end_waiting(handover, now=now)
    due = tasks.add_working_days(clock.day(now), 1)
    holder = sa.case(
        (_C.lead_adviser_id.is_(None), sa.literal(Holder.DESK, Task.holder.type)), else_=sa.literal(Holder.ADVISER, Task.holder.type)
    )
    columns = {
        "candidate_id": _C.id,
        "region_id": _C.region_id,
        "kind": sa.literal(TaskKind.FOLLOW_UP, Task.kind.type),
        "title": sa.literal(title, sa.String()),
        "holder": holder,
        "owner_id": _C.lead_adviser_id,
        "due_on": sa.literal(due, sa.Date()),
        "created_at": sa.literal(now, UtcDateTime()),
        "version": sa.literal(1),
    }
    this = _C.id == handover.candidate_id
    _insert_for_each(Task, columns, this)
    db.session.execute(sa.update(Candidate).where(this).values(_next_action()), execution_options=_BESIDE)


def end_waiting(handover: Handover, *, now: datetime) -> None:
    """Tick off the task that was planned when a handover was sent: it is answered. Part of verbs that give the file another one."""
    db.session.flush()
    planned = (Task.candidate_id == handover.candidate_id, Task.kind == TaskKind.FOLLOW_UP, Task.created_at == handover.sent_at)
    waiting = sa.update(Task).where(*planned, Task.done_at.is_(None))
    db.session.execute(waiting.values(done_at=now, version=Task.version + 1), execution_options=_BESIDE)


def count_open(region_id: int) -> int:
    """How many open files a region has."""
    query = sa.select(sa.func.count()).select_from(Candidate).where(Candidate.region_id == region_id, Candidate.status.in_(OPEN_STATUSES))
    return int(db.session.scalar(query, execution_options=SYSTEM_READ) or 0)


def _carry_out(move: _Move, by: Identity, now: datetime) -> int:
    db.session.flush()
    helped = sa.select(Task.candidate_id).where(move.owned, Task.done_at.is_(None))  # also files in which they only had something to do
    held = sa.select(_C.id, move.which.label("goes")).where(sa.or_(move.which, _C.id.in_(helped))).order_by(_C.id).with_for_update()
    files = db.session.execute(held, execution_options=SYSTEM_READ).all()
    found = sum(bool(file.goes) for file in files)  # NULL where nobody leads
    _hand_on_tasks(move, now)
    _end_sharing(move, by, now)
    if found:
        _next_spans(move, by, now)
        _plan_tasks(move, now)
        _write_log(move.verb, move.fields, move.region_id, move.which, by, now)
        _release(move)
    _follow([file.id for file in files if not file.goes])
    for row in list(db.session):
        if isinstance(row, (Candidate, CoAdviser, Task, StageSpan)):
            db.session.expire(row)
    return found


def _due(move: _Move, now: datetime) -> sa.BindParameter[Any]:
    days = db.session.scalar(sa.select(Region.promised_days).where(Region.id == move.region_id), execution_options=SYSTEM_READ)
    return sa.literal(tasks.add_working_days(clock.day(now), days or 0), sa.Date())


def _hand_on_tasks(move: _Move, now: datetime) -> None:
    """What an adviser had to do is the desk's; for an active candidate within the promised days."""
    due = _due(move, now)
    active = sa.select(_C.id).where(_C.id == Task.candidate_id, _C.status == Status.ACTIVE).exists()
    sooner = sa.case((sa.and_(active, Task.due_on > due), due), else_=Task.due_on)
    mine = sa.update(Task).where(move.owned, Task.done_at.is_(None))
    db.session.execute(mine.values(owner_id=None, holder=Holder.DESK, due_on=sooner, version=Task.version + 1), execution_options=_BESIDE)


def _next_spans(move: _Move, by: Identity, now: datetime) -> None:
    """Close the open span of each file and open the next one where it ended."""
    moment = sa.literal(now, UtcDateTime())
    closing = sa.case((StageSpan.entered_at > moment, StageSpan.entered_at), else_=moment)
    closed = sa.update(StageSpan).where(StageSpan.left_at.is_(None), StageSpan.candidate_id.in_(move.ids))
    db.session.execute(closed.values(left_at=closing), execution_options=_BESIDE)
    ended = sa.select(sa.func.max(StageSpan.left_at)).where(StageSpan.candidate_id == _C.id).scalar_subquery()
    columns = {
        "candidate_id": _C.id,
        "region_id": _C.region_id,
        "seq": _C.stage_seq + 1,
        "stage": _C.stage,
        "status": _C.status,
        "in_region_id": sa.literal(move.region_id),
        "entered_at": sa.func.coalesce(ended, moment),
        "moved_by": sa.literal(by.user_id, sa.Integer()),
        "reason": sa.literal(move.reason, sa.String()),
    }
    _insert_for_each(StageSpan, columns, move.which)


def _plan_tasks(move: _Move, now: datetime) -> None:
    """Each open file gets a task in the inbox."""
    columns = {
        "candidate_id": _C.id,
        "region_id": _C.region_id,
        "kind": sa.literal(TaskKind.NEXT_ACTION, Task.kind.type),
        "title": sa.literal(move.title, sa.String()),
        "holder": sa.literal(Holder.DESK, Task.holder.type),
        "due_on": _due(move, now),
        "created_at": sa.literal(now, UtcDateTime()),
        "version": sa.literal(1),
    }
    _insert_for_each(Task, columns, sa.and_(move.which, _C.status.in_(OPEN_STATUSES)))


def _end_sharing(move: _Move, by: Identity, now: datetime) -> None:
    """Who looked along looks along no more."""
    shared = sa.select(CoAdviser.candidate_id).where(move.beside)
    _write_log("stop_sharing", ("user_id",), move.region_id, _C.id.in_(shared), by, now)
    db.session.execute(sa.delete(CoAdviser).where(move.beside), execution_options=_BESIDE)


def _write_log(verb: str, fields: tuple[str, ...], region_id: int, which: sa.ColumnElement[bool], by: Identity, now: datetime) -> None:
    said = {name: sa.literal(value, ChangeLog.__table__.c[name].type) for name, value in log.actor(by, now).items()}
    columns = {
        **said,
        "verb": sa.literal(verb, sa.String()),
        "subject": PersonToken.token,
        "region_id": sa.literal(region_id),
        "table_name": sa.literal("candidate", sa.String()),
        "fields": sa.literal(list(fields), sa.JSON()),
    }
    select = sa.select(*columns.values()).join(Candidate.__table__, _C.id == PersonToken.candidate_id).where(which)
    db.session.execute(sa.insert(ChangeLog).from_select(list(columns), select), execution_options=SYSTEM_READ)


def _release(move: _Move) -> None:
    """Last, because it changes what the others select by."""
    released = {
        "region_id": move.region_id,
        "lead_adviser_id": None,
        "stage_seq": _C.stage_seq + 1,
        "version": _C.version + 1,
        **_next_action(),
    }
    db.session.execute(sa.update(Candidate).where(move.which).values(released), execution_options=_BESIDE)


def _follow(candidate_ids: list[int]) -> None:
    """Let files that stay where they are follow their earliest open task."""
    for first in range(0, len(candidate_ids), _AT_ONCE):
        these = _C.id.in_(candidate_ids[first : first + _AT_ONCE])
        followed = {**_next_action(), "version": _C.version + 1}
        db.session.execute(sa.update(Candidate).where(these).values(followed), execution_options=_BESIDE)


def _next_action() -> dict[str, Any]:
    """The day and the holder of a file's earliest open task, as `tasks.refresh_next_action` takes them."""
    waiting = sa.select(Task.due_on, Task.holder).where(Task.candidate_id == _C.id, Task.done_at.is_(None))
    first = waiting.order_by(Task.due_on, Task.id).limit(1)
    day, holder = (first.with_only_columns(column).scalar_subquery() for column in (Task.due_on, Task.holder))
    return {"next_action_on": day, "holder": sa.func.coalesce(holder, _C.holder)}


def _insert_for_each(model: type[Any], columns: dict[str, Any], which: sa.ColumnElement[bool]) -> None:
    select = sa.select(*columns.values()).select_from(Candidate.__table__).where(which)
    db.session.execute(sa.insert(model).from_select(list(columns), select), execution_options=SYSTEM_READ)
