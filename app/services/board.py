"""A move on the status board: to another stage, to another status, or back from a status into a stage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import gettext

from app.enums import LeaveReason, Status
from app.errors import Stale
from app.extensions import db
from app.models import Candidate
from app.queries.board import Column, column_of
from app.security.identity import Identity
from app.services import candidates

# What is asked before somebody goes there; what must be filled in of it, candidates.set_status says. Into a stage nothing is asked,
# until candidates.move_stage wants a reason.
ASKED: Mapping[Column, tuple[str, ...]] = {
    Status.WAITING: ("until", "reason"),
    Status.PAUSED: ("until", "reason"),
    Status.COMPLETED: ("reason",),
    Status.LEFT: ("leave_reason", "reason"),
}
REASON = ("reason",)


def move(
    candidate: Candidate,
    to: Column,
    *,
    expected: int,
    until: date | None = None,
    leave_reason: LeaveReason | None = None,
    reason: str | None = None,
    by: Identity,
    now: datetime,
) -> None:
    """Put a card into another column. Into a stage means: active, in that stage; it is one transaction, with a span for each step.

    Refuses as `candidates.move_stage` and `candidates.set_status`; Stale has in `now_at` the column in which the card stands now, which
    is `to` when the same move was made already.
    """
    try:
        if isinstance(to, Status):
            details = {"until": until, "leave_reason": leave_reason}
            candidates.set_status(candidate, to, expected=expected, reason=reason, **details, by=by, now=now)  # type: ignore[arg-type]
            return
        if candidate.stage is not to or candidate.status is Status.ACTIVE:
            candidates.move_stage(candidate, to, expected=expected, reason=reason, by=by, now=now)
            expected = candidate.stage_seq
        if candidate.status is not Status.ACTIVE:
            candidates.set_status(candidate, Status.ACTIVE, expected=expected, reason=reason, by=by, now=now)
    except Stale as first:
        raise _told(candidate, to, first) from first


def _told(candidate: Candidate, to: Column, first: Stale) -> Stale:
    query = sa.select(Candidate.stage, Candidate.status).where(Candidate.id == candidate.id)
    found = db.session.execute(query).one_or_none()
    if found is None:
        return first
    at = column_of(*found)
    words = {"number": candidate.number, "column": at.label}
    if at is to:
        return Stale(gettext("%(number)s stands in “%(column)s” already.", **words), now_at=at)
    return Stale(gettext("Somebody else was first: %(number)s stands in “%(column)s” now.", **words), now_at=at)
