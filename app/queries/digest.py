"""What waits in a region this morning, counted for each person at once: one statement, over the whole region (system scope)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.enums import OPEN_STATUSES, HandoverState, Signal
from app.models import Candidate, CoAdviser, Handover, Task
from app.queries import signals
from app.queries.signals import Moment

TASKS, INBOX, LATE, HANDOVERS = "TASKS", "INBOX", "LATE", "HANDOVERS"
_NOT_ANSWERED = (HandoverState.SENT, HandoverState.RECEIVED)
Part = sa.Select[Any, Any, Any]
_NOBODY = sa.null().label("user_id")


def counts(session: Any, region_id: int, at: Moment) -> dict[int | None, dict[str, int]]:
    """Per person what is theirs, and under None what is the whole desk's: {user: {name: count}}, zeros left out."""
    found: dict[int | None, dict[str, int]] = {}
    theirs = [part for signal in Signal for part in _of_advisers(signal, region_id, at)]
    for user_id, name, number in session.execute(sa.union_all(*theirs, _tasks(region_id, at), *_of_desk(region_id, at))).all():
        if number:
            of_person = found.setdefault(user_id, {})
            of_person[name] = of_person.get(name, 0) + number
    return found


def _of_advisers(signal: Signal, region_id: int, at: Moment) -> list[Part]:
    """For who leads, and for who looks along."""
    here, name = (Candidate.region_id == region_id, signals.having(signal, at)), sa.literal(signal.name)
    lead, beside = Candidate.lead_adviser_id, CoAdviser.user_id
    leads = sa.select(lead, name, sa.func.count()).where(*here, lead.is_not(None)).group_by(lead)
    along = sa.select(beside, name, sa.func.count()).join(Candidate, Candidate.id == CoAdviser.candidate_id).where(*here)
    return [leads, along.where(sa.or_(lead.is_(None), lead != beside)).group_by(beside)]


def _tasks(region_id: int, at: Moment) -> Part:
    """Of today, and older ones for somebody else's candidates: own candidates who are late are counted as such."""
    late = sa.and_(Task.due_on < at.today, Task.owner_id.is_distinct_from(Candidate.lead_adviser_id))
    due = (Task.region_id == region_id, Task.owner_id.is_not(None), Task.done_at.is_(None), sa.or_(Task.due_on == at.today, late))
    counted = sa.select(Task.owner_id, sa.literal(TASKS), sa.func.count()).join(Candidate, Candidate.id == Task.candidate_id)
    return counted.where(*due).group_by(Task.owner_id)


def _of_desk(region_id: int, at: Moment) -> list[Part]:
    nobodys = (Candidate.region_id == region_id, Candidate.lead_adviser_id.is_(None), Candidate.status.in_(OPEN_STATUSES))
    sent = (Handover.to_region_id == region_id, Handover.state.in_(_NOT_ANSWERED))
    return [
        sa.select(_NOBODY, sa.literal(INBOX), sa.func.count(Candidate.id)).where(*nobodys),
        sa.select(_NOBODY, sa.literal(LATE), sa.func.count(Candidate.id)).where(*nobodys, Candidate.next_action_on < at.today),
        sa.select(_NOBODY, sa.literal(HANDOVERS), sa.func.count(Handover.id)).where(*sent),
    ]
