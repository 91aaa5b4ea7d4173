"""Figures: grouped in SQL, over the rows that the person sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from app.enums import RegistrationState, Status
from app.models import Activity, AdviceSession, Candidate, Match, Registration, UserProfile


@dataclass(frozen=True)
class Period:
    """The last so many calendar months, the running one included. Months are those of UTC: a figure does not mind an hour."""

    now: datetime
    months: int

    @property
    def names(self) -> tuple[str, ...]:
        """yyyy-mm of each month, the oldest first."""
        return tuple(f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(self._last - self.months + 1, self._last + 1))

    @property
    def since(self) -> datetime:
        """The moment at which the first month begins."""
        return self._start(self.months - 1)

    @property
    def until(self) -> datetime:
        """The moment at which the running month ends."""
        return self._start(-1)

    def _start(self, months_ago: int) -> datetime:
        year, month = divmod(self._last - months_ago, 12)
        return datetime(year, month + 1, 1, tzinfo=UTC)

    @property
    def _last(self) -> int:
        """The running month, counted from the year 0."""
        return self.now.year * 12 + self.now.month - 1


def candidates_by_stage(period: Period) -> Any:
    """(stage, status, number) of everybody who did not leave, as it is now: counted in the order of an index, then put together."""
    c = Candidate
    counted = sa.select(c.stage, c.status, sa.func.count().label("total")).where(c.status != Status.LEFT)
    some = counted.group_by(c.region_id, c.status, c.stage).subquery()
    total = sa.cast(sa.func.sum(some.c.total), sa.Integer)
    return (
        sa.select(some.c.stage, some.c.status, total)
        .group_by(some.c.stage, some.c.status)
        .order_by(_in_order(some.c.stage), _in_order(some.c.status))
    )


def intake_per_month(period: Period) -> Any:
    """(month, source, number)."""
    month = _month(Candidate.created_at)
    query = sa.select(month, Candidate.source, sa.func.count()).where(*_within(Candidate.created_at, period))
    return query.group_by(month, Candidate.source).order_by(month, _in_order(Candidate.source))


def sessions_per_adviser_and_month(period: Period) -> Any:
    """(month, adviser, number). The adviser is (id, name); the name is None for somebody whom this person does not see."""
    month = _month(AdviceSession.held_at)
    return (
        sa.select(month, UserProfile.user_id, UserProfile.name, sa.func.count(AdviceSession.id))
        .select_from(AdviceSession)
        .outerjoin(UserProfile, UserProfile.user_id == AdviceSession.adviser_id)
        .where(*_within(AdviceSession.held_at, period))
        .group_by(month, UserProfile.user_id, UserProfile.name)
        .order_by(UserProfile.name.is_(None), UserProfile.name, UserProfile.user_id, month)
    )


def matches_by_state(period: Period) -> Any:
    """(state, number), as it is now."""
    return sa.select(Match.state, sa.func.count()).group_by(Match.state).order_by(_in_order(Match.state))


def attendance_by_kind(period: Period) -> Any:
    """(kind of activity, registration state, number) of activities that have been: who came, who did not."""
    return (
        sa.select(Activity.kind, Registration.state, sa.func.count())
        .select_from(Registration)
        .join(Activity, Activity.id == Registration.activity_id)
        .where(Activity.starts_at >= period.since, Activity.starts_at < period.now)
        .where(Registration.state.in_((RegistrationState.ATTENDED, RegistrationState.NO_SHOW)))
        .group_by(Activity.kind, Registration.state)
        .order_by(_in_order(Activity.kind), _in_order(Registration.state))
    )


def _within(column: Any, period: Period) -> tuple[Any, Any]:
    return column >= period.since, column < period.until


def _month(column: Any) -> Any:
    """yyyy-mm of a moment, on both databases."""
    return sa.func.substr(sa.cast(column, sa.String), 1, 7)


def _in_order(column: Any) -> Any:
    """Order by the position in the closed list, not by the alphabet."""
    return sa.case({member.name: place for place, member in enumerate(column.type.enum_class)}, value=sa.cast(column, sa.String))
