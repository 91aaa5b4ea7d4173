"""What candidates do in their own file: tick off what was theirs to do.

Statements beside the wall, each bound to the candidate who asks: a candidate writes no tasks and no file, and what follows from a tick
(the next date, somebody who asks how it went) is not theirs to choose.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext

from app.enums import OPEN_STATUSES, Holder, Role, TaskKind
from app.errors import NotAllowed
from app.extensions import db
from app.models import Candidate, Task
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import log, tasks

_BESIDE: dict[str, Any] = {**SYSTEM_READ, "synchronize_session": False}


def tick(task: Task, *, by: Identity, now: datetime) -> bool:
    """Tick off an own task; False when it was done already. After the last one somebody of the desk asks within the promised days how
    it went, so that nobody gets lost.

    Raises NotAllowed for a task that is somebody else's to do, and for anybody but the candidate.
    """
    if by.role is not Role.CANDIDATE or task.candidate_id != by.candidate_id or task.holder is not Holder.CANDIDATE:
        raise NotAllowed(gettext("This is not yours to tick off. Ask your adviser."))
    mine = sa.select(Candidate).where(Candidate.id == by.candidate_id)
    candidate: Candidate = db.session.scalars(mine.with_for_update()).one()  # one at a time: what is left open is counted below
    this = sa.and_(Task.id == task.id, Task.candidate_id == by.candidate_id, Task.holder == Holder.CANDIDATE, Task.done_at.is_(None))
    done: Any = db.session.execute(sa.update(Task).where(this).values(done_at=now, version=Task.version + 1), execution_options=_BESIDE)
    if done.rowcount != 1:
        return False
    log.changed("tick_task", task, by=by, now=now, fields=["done_at"])
    first = _first_open(candidate)
    if first is None and candidate.status in OPEN_STATUSES:
        first = _ask_how_it_went(candidate, task.title, now)
    next_one = {"next_action_on": first.due_on, "holder": first.holder} if first is not None else {"next_action_on": None}
    db.session.execute(sa.update(Candidate).where(Candidate.id == by.candidate_id).values(next_one), execution_options=_BESIDE)
    db.session.expire_all()
    return True


def _first_open(candidate: Candidate) -> Any:
    query = sa.select(Task.due_on, Task.holder).where(Task.candidate_id == candidate.id, Task.done_at.is_(None))
    return db.session.execute(query.order_by(Task.due_on, Task.id).limit(1)).first()


def _ask_how_it_went(candidate: Candidate, title: str, now: datetime) -> Any:
    words = gettext("Ask how it went: %(what)s", what=title)
    lead = candidate.lead_adviser_id
    values = {
        "candidate_id": candidate.id,
        "region_id": candidate.region_id,
        "kind": TaskKind.FOLLOW_UP,
        "title": words if len(words) <= tasks.LONGEST_TITLE else words[: tasks.LONGEST_TITLE - 1] + "…",
        "holder": Holder.DESK if lead is None else Holder.ADVISER,
        "owner_id": lead,
        "due_on": tasks.promised_day(candidate, now),
        "created_at": now,
        "version": 1,
    }
    db.session.execute(sa.insert(Task).values(values), execution_options=SYSTEM_READ)
    return _first_open(candidate)
