"""Who asks for attention, and why: one named criterion on Candidate for each signal, over the rows that the person sees.

The rules are those of the domain; how long is too long per stage is our own estimate until a region sets its limits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.enums import OPEN_STATUSES, ActivityEffect, ConsentEvent, ConsentPurpose, HandoverState, Holder, MatchState, Signal, Stage, Status
from app.models import Candidate, Consent, Handover, Match, Registration, StageLimit
from app.security.fields import may_see
from app.security.identity import Identity

Criterion = sa.ColumnElement[bool]

# Days in a stage without contact after which somebody stands still.
LIMITS: Mapping[Stage, int] = {
    Stage.EXPLORING: 30,
    Stage.ORIENTING: 45,
    Stage.DECIDING: 30,
    Stage.MATCHING: 30,
    Stage.PREPARING: 90,
    Stage.TRAINING: 180,
    Stage.TEACHING: 365,
}
RECENT = timedelta(days=30)  # how long something that happened asks for attention, unless somebody got in touch
COUNT_CAP = 10_000
_NOT_ANSWERED = (HandoverState.SENT, HandoverState.RECEIVED, HandoverState.ACCEPTED)


@dataclass(frozen=True)
class Moment:
    """Now, on the Dutch calendar, with the limits of the regions that set their own: (region, stage) → days."""

    now: datetime
    today: date
    limits: Mapping[tuple[int, Stage], int] = field(default_factory=dict)


def moment(session: Any, now: datetime, today: date) -> Moment:
    """The present moment with the limits of the regions in sight; one statement."""
    rows = session.execute(sa.select(StageLimit.region_id, StageLimit.stage, StageLimit.days)).all()
    return Moment(now, today, {(region, stage): days for region, stage, days in rows})


def overdue(at: Moment) -> Criterion:
    """The date of the next action has passed; of who waits or pauses: it has come, so that somebody asks how it is."""
    waits = sa.and_(Candidate.status != Status.ACTIVE, Candidate.next_action_on == at.today)
    return sa.or_(Candidate.next_action_on < at.today, waits)


def unheld(at: Moment) -> Criterion:
    """No next action, or in the inbox of the region beyond the promised days."""
    waits = sa.and_(Candidate.holder == Holder.DESK, Candidate.next_action_on < at.today)
    return sa.or_(Candidate.next_action_on.is_(None), waits)


def stale(at: Moment) -> Criterion:
    """Too long in this stage, no contact for as long, and nothing planned."""
    planned = sa.and_(Candidate.next_action_on.is_not(None), Candidate.next_action_on >= at.today)
    return sa.and_(sa.or_(*(_too_long(stage, at) for stage in Stage)), ~planned)


def _too_long(stage: Stage, at: Moment) -> Criterion:
    own = {region: days for (region, which), days in at.limits.items() if which is stage}
    elsewhere = _silent_since(at.now - timedelta(days=LIMITS[stage]))
    if own:
        elsewhere = sa.and_(Candidate.region_id.not_in(sorted(own)), elsewhere)
    here = (sa.and_(Candidate.region_id == region, _silent_since(at.now - timedelta(days=days))) for region, days in sorted(own.items()))
    return sa.and_(Candidate.stage == stage, sa.or_(elsewhere, *here))


def _silent_since(since: datetime) -> Criterion:
    return sa.and_(Candidate.stage_entered_at < since, _no_contact_since(since))


def _no_contact_since(since: Any) -> Criterion:
    return sa.or_(Candidate.last_contact_at.is_(None), Candidate.last_contact_at < since)


def match_fell_through(at: Moment) -> Criterion:
    """A match fell through lately, and nobody got in touch since."""
    fell = (Match.state == MatchState.FELL_THROUGH, Match.state_at >= at.now - RECENT, _no_contact_since(Match.state_at))
    return sa.exists().where(Match.candidate_id == Candidate.id, *fell)


def handover_slow(at: Moment) -> Criterion:
    """Sent or accepted, and no first contact within the promised days."""
    slow = (Handover.state.in_(_NOT_ANSWERED), Handover.answer_by < at.today, Handover.first_contact_at.is_(None))
    return sa.exists().where(Handover.candidate_id == Candidate.id, *slow)


def negative_evaluation(at: Moment) -> Criterion:
    """An activity made the candidate less certain, and nobody got in touch since."""
    negative = (Registration.effect == ActivityEffect.NEGATIVE, Registration.state_at >= at.now - RECENT)
    return sa.exists().where(Registration.candidate_id == Candidate.id, *negative, _no_contact_since(Registration.state_at))


def leaves(at: Moment) -> Criterion:
    """Does not want to be found any more since lately, and nobody got in touch since."""
    withdrawn = (Consent.purpose == ConsentPurpose.FINDABLE, Consent.event == ConsentEvent.WITHDRAWN, Consent.at >= at.now - RECENT)
    return sa.exists().where(Consent.candidate_id == Candidate.id, *withdrawn, _no_contact_since(Consent.at))


RULES: Mapping[Signal, Callable[[Moment], Criterion]] = {
    Signal.OVERDUE: overdue,
    Signal.UNHELD: unheld,
    Signal.STALE: stale,
    Signal.MATCH_FELL_THROUGH: match_fell_through,
    Signal.HANDOVER_SLOW: handover_slow,
    Signal.NEGATIVE_EVALUATION: negative_evaluation,
    Signal.LEAVES: leaves,
}


# What a signal tells: (model, field). Who may not see that may not see the signal, nor find somebody by it.
_TELLS: Mapping[Signal, tuple[type, str]] = {
    Signal.OVERDUE: (Candidate, "next_action_on"),
    Signal.UNHELD: (Candidate, "next_action_on"),
    Signal.STALE: (Candidate, "last_contact_at"),
    Signal.MATCH_FELL_THROUGH: (Match, "fell_through_reason"),
    Signal.HANDOVER_SLOW: (Candidate, "holder"),
    Signal.NEGATIVE_EVALUATION: (Candidate, "certainty"),
    Signal.LEAVES: (Candidate, "certainty"),
}


def seen_by(identity: Identity) -> list[Signal]:
    """The signals that this person may see, in their order."""
    return [signal for signal in Signal if may_see(identity, Candidate, "signal") and may_see(identity, *_TELLS[signal])]


def having(signal: Signal, at: Moment) -> Criterion:
    """The criterion on Candidate of one signal. Only the active ones ask for attention, and everybody whose date has come."""
    asks = Candidate.status.in_(OPEN_STATUSES) if signal is Signal.OVERDUE else Candidate.status == Status.ACTIVE
    return sa.and_(asks, RULES[signal](at))


def bits(at: Moment) -> Any:
    """The signals of a candidate in one number, to ask along with a row: bit n is the n-th signal."""
    return sum((sa.case((having(signal, at), 1 << bit), else_=0) for bit, signal in enumerate(Signal)), start=sa.literal(0))


def of_bits(number: int) -> list[Signal]:
    """The signals that `bits` found."""
    return [signal for bit, signal in enumerate(Signal) if number & (1 << bit)]


def of(session: Any, ids: Collection[int], at: Moment) -> dict[int, list[Signal]]:
    """The signals of these candidates, in the order of the list; one statement. Those without one are left out."""
    if not ids:
        return {}
    these = Candidate.id.in_(sorted(ids))
    parts = [sa.select(Candidate.id, sa.literal(signal.name).label("signal")).where(these, having(signal, at)) for signal in Signal]
    found: dict[int, list[Signal]] = {}
    lines = session.execute(sa.union_all(*parts)).all()
    for key, name in sorted(lines, key=lambda line: list(Signal).index(Signal[line[1]])):
        found.setdefault(key, []).append(Signal[name])
    return found


def counts(session: Any, at: Moment, *where: Criterion) -> dict[Signal, int]:
    """How many candidates have each signal, counted up to 10,001; one statement."""
    parts = []
    for signal in Signal:
        some = sa.select(Candidate.id).where(having(signal, at), *where).limit(COUNT_CAP + 1).subquery()
        parts.append(sa.select(sa.literal(signal.name), sa.func.count()).select_from(some))
    return {Signal[name]: int(number) for name, number in session.execute(sa.union_all(*parts)).all()}
