"""What candidates read about themselves in their own place. The wall lets through what is theirs; each function is one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.enums import ConsentEvent, ConsentPurpose, HandoverState, Holder, Role
from app.extensions import db
from app.models import (
    AdviceSession,
    Attachment,
    Candidate,
    Consent,
    Handover,
    Organisation,
    PersonToken,
    Plan,
    ReadEvent,
    ReadSubject,
    Region,
    Task,
)
from app.queries.timeline import Kind, Mark


@dataclass(frozen=True)
class PlanSteps:
    """A plan that runs, with its steps in order."""

    name: str
    steps: tuple[Task, ...]

    @property
    def done(self) -> int:
        return sum(step.done_at is not None for step in self.steps)


@dataclass(frozen=True)
class Look:
    """Somebody looked: when, in which role and from where, at what, and the reason given for it."""

    id: int
    at: datetime
    role: Role | None
    region: str | None
    organisation: str | None
    screen: str
    channel: str
    purpose: str | None

    @property
    def mark(self) -> Mark:
        return Mark(self.at, Kind.LOOKED.value, self.id)


def file(candidate_id: int) -> Candidate | None:
    """The own file with its adviser and region."""
    mine = sa.select(Candidate).where(Candidate.id == candidate_id)
    found: Candidate | None = db.session.scalar(mine.options(joinedload(Candidate.lead_adviser), joinedload(Candidate.region)))
    return found


def tasks(candidate_id: int) -> list[tuple[Task, Plan | None]]:
    """What is open, and every step of the plans that run: by day."""
    running = sa.and_(Plan.id.is_not(None), Plan.stopped_at.is_(None))
    query = sa.select(Task, Plan).outerjoin(Plan, Plan.id == Task.plan_id).options(joinedload(Task.owner))
    query = query.where(Task.candidate_id == candidate_id, sa.or_(Task.done_at.is_(None), running)).order_by(Task.due_on, Task.id)
    return [(task, plan) for task, plan in db.session.execute(query)]


def next_of(found: Sequence[tuple[Task, Plan | None]]) -> Task | None:
    """The step to begin with: the candidate's own first one, else the first of anybody."""
    left = [task for task, _ in found if task.done_at is None]
    return next((task for task in left if task.holder is Holder.CANDIDATE), left[0] if left else None)


def plans_of(found: Sequence[tuple[Task, Plan | None]]) -> list[PlanSteps]:
    """The plans that are not finished."""
    by_plan: dict[Plan, list[Task]] = {}
    for task, plan in found:
        if plan is not None and plan.stopped_at is None:
            by_plan.setdefault(plan, []).append(task)
    made = (PlanSteps(plan.name, tuple(steps)) for plan, steps in by_plan.items())
    return [one for one in made if one.done < len(one.steps)]


def talks(candidate_id: int, *, size: int, page: int = 0) -> list[AdviceSession]:
    """Conversations that have a summary, newest first; one more than a page holds tells that there are more."""
    told = sa.and_(AdviceSession.candidate_id == candidate_id, AdviceSession.summary.is_not(None), AdviceSession.summary != "")
    query = (
        sa.select(AdviceSession).where(told).options(joinedload(AdviceSession.adviser), sa.orm.defer(AdviceSession.notes, raiseload=True))
    )
    newest = query.order_by(AdviceSession.held_at.desc(), AdviceSession.id.desc())
    return list(db.session.scalars(newest.offset(page * size).limit(size + 1)))


def files_of(session_ids: Sequence[int]) -> dict[int | None, list[Attachment]]:
    """By conversation, the files that are ticked for the candidate."""
    found: dict[int | None, list[Attachment]] = {}
    if session_ids:
        ticked = sa.select(Attachment).where(Attachment.session_id.in_(session_ids), Attachment.for_candidate.is_(True))
        for row in db.session.scalars(ticked.order_by(Attachment.id)):
            found.setdefault(row.session_id, []).append(row)
    return found


def questions(candidate_id: int) -> list[Handover]:
    """Handovers and referrals that wait for the candidate's answer."""
    waiting = (Handover.state == HandoverState.DRAFT, Handover.asked_at.is_not(None), Handover.consent_id.is_(None))
    query = sa.select(Handover).where(Handover.candidate_id == candidate_id, *waiting)
    sides = (joinedload(Handover.to_region), joinedload(Handover.organisation))
    return list(db.session.scalars(query.options(*sides).order_by(Handover.asked_at, Handover.id)))


def consents(candidate_id: int) -> list[Consent]:
    """The latest word about each purpose, and each organisation, in the order of the list of purposes."""
    query = sa.select(Consent).where(Consent.candidate_id == candidate_id).options(joinedload(Consent.organisation)).order_by(Consent.id)
    latest = {(event.purpose, event.organisation_id): event for event in db.session.scalars(query)}
    order = list(ConsentPurpose)
    return sorted(latest.values(), key=lambda event: (order.index(event.purpose), event.organisation_id or 0))


def is_live(event: Consent, today: Any) -> bool:
    """This consent counts now."""
    return event.event is ConsentEvent.GIVEN and (event.expires_on is None or event.expires_on >= today)


def looks(candidate_id: int, *, before: Mark | None = None, size: int) -> list[Look]:
    """Who looked at the own file, newest first; one more than a page holds tells that there are more."""
    token = sa.select(PersonToken.token).where(PersonToken.candidate_id == candidate_id)
    facts = (ReadEvent.id, ReadEvent.at, ReadEvent.actor_role, Region.name, Organisation.name)
    query = (
        sa.select(*facts, ReadEvent.screen, ReadEvent.channel, ReadEvent.purpose)
        .join(ReadSubject, ReadSubject.event_id == ReadEvent.id)
        .outerjoin(Region, Region.id == ReadEvent.actor_region_id)
        .outerjoin(Organisation, Organisation.id == ReadEvent.actor_organisation_id)
        .where(ReadSubject.token.in_(token))
    )
    if before is not None:
        query = query.where(sa.tuple_(ReadEvent.at, ReadEvent.id) < sa.tuple_(before.at, before.id))
    newest = query.order_by(ReadEvent.at.desc(), ReadEvent.id.desc()).limit(size + 1)
    return [Look(*row) for row in db.session.execute(newest)]
