"""Figures: grouped in SQL, over the rows that the person sees."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from app.enums import MatchState, RegistrationState, Status
from app.extensions import db
from app.models import Activity, AdviceSession, Candidate, Match, Membership, Organisation, Region, Registration, Task, UserProfile
from app.security.identity import Identity

COUNT_CAP = 10_000
MONTHS = 12
_DONE = (MatchState.PLACED, MatchState.FELL_THROUGH)


def _capped(model: Any, *where: Any) -> int:
    some = sa.select(model.id).where(*where).limit(COUNT_CAP + 1).subquery()
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0)


def desk_counts(by: Identity, today: date, week: datetime) -> dict[str, int]:
    """What waits for an adviser: overdue and active own candidates, new ones since `week`, tasks due today."""
    mine = (Candidate.lead_adviser_id == by.user_id, Candidate.status == Status.ACTIVE)
    return {
        "overdue": _capped(Candidate, *mine, Candidate.next_action_on < today),
        "mine": _capped(Candidate, *mine),
        "new": _capped(Candidate, Candidate.created_at >= week),
        "today": _capped(Task, Task.owner_id == by.user_id, Task.done_at.is_(None), Task.due_on == today),
    }


def shared_counts(now: datetime) -> dict[str, int]:
    """Matches under way and coming activities, as far as the person sees them."""
    return {
        "matches": _capped(Match, Match.state.not_in(_DONE)),
        "activities": _capped(Activity, Activity.starts_at >= now, Activity.cancelled_at.is_(None)),
    }


def admin_counts(today: date) -> dict[str, int]:
    """Regions, memberships and organisations that take part now."""
    live = sa.or_(Membership.ends_on.is_(None), Membership.ends_on >= today)
    return {
        "regions": _capped(Region, Region.left_on.is_(None), Region.is_national.is_(False)),
        "members": _capped(Membership, live),
        "organisations": _capped(Organisation, Organisation.active.is_(True)),
    }


def _month(column: Any) -> Any:
    """yyyy-mm of a moment (UTC: a figure per month does not mind an hour), on both databases."""
    return sa.func.substr(sa.cast(column, sa.String), 1, 7)


def _since(now: datetime) -> datetime:
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first.replace(year=first.year - MONTHS // 12)


def candidates_by_stage(now: datetime) -> Any:
    """(stage, status, number) of everybody who did not leave."""
    return (
        sa.select(Candidate.stage, Candidate.status, sa.func.count())
        .where(Candidate.status != Status.LEFT)
        .group_by(Candidate.stage, Candidate.status)
        .order_by(_in_order(Candidate.stage), Candidate.status)
    )


def intake_per_month(now: datetime) -> Any:
    """(month, source, number) over the last year."""
    month = _month(Candidate.created_at)
    query = sa.select(month, Candidate.source, sa.func.count()).where(Candidate.created_at >= _since(now))
    return query.group_by(month, Candidate.source).order_by(month, Candidate.source)


def sessions_per_adviser_and_month(now: datetime) -> Any:
    """(month, adviser, number) over the last year."""
    month = _month(AdviceSession.held_at)
    return (
        sa.select(month, UserProfile.name, sa.func.count(AdviceSession.id))
        .select_from(AdviceSession)
        .outerjoin(UserProfile, UserProfile.user_id == AdviceSession.adviser_id)
        .where(AdviceSession.held_at >= _since(now))
        .group_by(month, UserProfile.name)
        .order_by(month, UserProfile.name)
    )


def matches_by_state(now: datetime) -> Any:
    """(state, number)."""
    return sa.select(Match.state, sa.func.count()).group_by(Match.state).order_by(_in_order(Match.state))


def activities_by_kind_with_attendance(now: datetime) -> Any:
    """(kind, registration state, number) of activities that have been."""
    return (
        sa.select(Activity.kind, Registration.state, sa.func.count())
        .select_from(Registration)
        .join(Activity, Activity.id == Registration.activity_id)
        .where(Activity.starts_at < now, Registration.state.in_((RegistrationState.ATTENDED, RegistrationState.NO_SHOW)))
        .group_by(Activity.kind, Registration.state)
        .order_by(_in_order(Activity.kind), Registration.state)
    )


def _in_order(column: Any) -> Any:
    """Order by the position in the closed list, not by the alphabet."""
    return sa.case({member.name: place for place, member in enumerate(column.type.enum_class)}, value=sa.cast(column, sa.String))
