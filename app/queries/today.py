"""What needs somebody now: each function is one section of the first page, as a query over the rows that this person sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.enums import OPEN_STATUSES, SEATED_REGISTRATIONS, FeedbackState, MatchState, Role, Signal, Status
from app.extensions import db
from app.models import (
    Activity,
    AdviceSession,
    Candidate,
    Feedback,
    LoginAttempt,
    LoginSession,
    Match,
    Membership,
    OneTimeLink,
    Region,
    Registration,
    Setting,
    Task,
    UserProfile,
)
from app.queries import signals
from app.queries.first import CAP, Loading, Query
from app.queries.signals import Moment
from app.security.identity import Identity

AHEAD_DAYS = 14
SHARED_DAYS = 30
WEEK = 7
TO_ACT = (MatchState.INTEREST_CANDIDATE, MatchState.MUTUAL)
GOING_ON = (MatchState.MEETING_PLANNED, MatchState.MEETING_HELD, MatchState.ASSESSMENT)
UNDER_WAY = tuple(state for state in MatchState if state not in (MatchState.PLACED, MatchState.FELL_THROUGH))


@dataclass(frozen=True)
class Ask:
    """For whom and when. `midnight` is the moment at which `today` began."""

    by: Identity
    now: datetime
    today: date
    midnight: datetime

    def ago(self, days: int) -> datetime:
        """The moment at which the day began, so many days ago."""
        return self.midnight - timedelta(days=days)


# What a line needs besides the row itself.
LOADING = {
    Candidate: Loading(
        (Candidate.lead_adviser,),
        sa.select(Task.title)
        .where(Task.candidate_id == Candidate.id, Task.done_at.is_(None), Task.due_on == Candidate.next_action_on)
        .order_by(Task.id)
        .limit(1)
        .correlate(Candidate)
        .scalar_subquery(),
    ),
    Task: Loading((Task.candidate,)),
    Match: Loading((Match.candidate, Match.organisation)),
    AdviceSession: Loading((AdviceSession.candidate, AdviceSession.adviser)),
    Activity: Loading(
        (),
        sa.select(sa.func.count(Registration.id))
        .where(Registration.activity_id == Activity.id, Registration.state.in_(SEATED_REGISTRATIONS))
        .correlate(Activity)
        .scalar_subquery(),
    ),
}

_ACTIVE = Candidate.status == Status.ACTIVE
_LEADERLESS = (Candidate.lead_adviser_id.is_(None), Candidate.status.in_(OPEN_STATUSES))


def _mine(ask: Ask) -> tuple[Any, ...]:
    return (Candidate.lead_adviser_id == ask.by.user_id, _ACTIVE)


# -- the desk --


def asking(at: Moment, *where: Any) -> Query:
    """Who asks for attention for any reason, the earliest date first."""
    return Query(Candidate, (*where, sa.or_(*(signals.having(signal, at) for signal in Signal))), (Candidate.next_action_on,))


def due_today(ask: Ask) -> Query:
    """Own open tasks of today, and older ones for somebody else's candidates: own candidates who are late stand above."""
    own = sa.select(Candidate.id).where(Candidate.lead_adviser_id == ask.by.user_id)
    late = sa.and_(Task.due_on < ask.today, Task.candidate_id.not_in(own))
    mine = (Task.owner_id == ask.by.user_id, Task.done_at.is_(None), sa.or_(Task.due_on == ask.today, late))
    return Query(Task, mine, (Task.due_on, Task.created_at))


def inbox(ask: Ask) -> Query:
    """Open candidates whom nobody leads yet, who waits longest first."""
    return Query(Candidate, _LEADERLESS, (Candidate.created_at,))


def new_this_week(ask: Ask) -> Query:
    """Who came in since a week, the latest first."""
    return Query(Candidate, (Candidate.created_at >= ask.ago(WEEK - 1),), (Candidate.created_at.desc(),))


def overdue_by_adviser(ask: Ask) -> list[tuple[int | None, str | None, int]]:
    """(adviser's user id, name, number) of candidates who are overdue, the most first; looks at no more than CAP of them."""
    at = Moment(ask.now, ask.today)
    late = sa.select(Candidate.id, Candidate.lead_adviser_id).where(signals.having(Signal.OVERDUE, at))
    some = late.order_by(Candidate.next_action_on).limit(CAP).subquery()
    number = sa.func.count(some.c.id)
    query = sa.select(some.c.lead_adviser_id, UserProfile.name, number).select_from(some)
    query = query.outerjoin(UserProfile, UserProfile.user_id == some.c.lead_adviser_id)
    query = query.group_by(some.c.lead_adviser_id, UserProfile.name).order_by(number.desc(), UserProfile.name)
    return [(line[0], line[1], line[2]) for line in db.session.execute(query)]


def coming(ask: Ask) -> Query:
    """Activities of the own region in the coming weeks."""
    return Query(Activity, (Activity.region_id.in_(sorted(ask.by.region_ids)), *_soon(ask)), (Activity.starts_at,))


def _soon(ask: Ask) -> tuple[Any, ...]:
    until = ask.ago(-AHEAD_DAYS - 1)
    return (Activity.starts_at >= ask.now, Activity.starts_at < until, Activity.cancelled_at.is_(None))


# -- schools, training institutes, study advisers --


def to_act(ask: Ask) -> Query:
    """Matches in which the organisation has to do something: answer, plan a meeting, or say how one went that was planned a week ago."""
    return Query(Match, (*_ours(ask), sa.or_(Match.state.in_(TO_ACT), _met(ask))), (Match.state_at,))


def going_on(ask: Ask) -> Query:
    """Matches that both sides said yes to, that are not settled, and in which the organisation has nothing to do; the latest first."""
    return Query(Match, (*_ours(ask), Match.state.in_(GOING_ON), ~_met(ask)), (Match.state_at.desc(),))


def placed(ask: Ask) -> Query:
    """Matches that led to a place."""
    return Query(Match, (*_ours(ask), Match.state == MatchState.PLACED))


def _met(ask: Ask) -> Any:
    return sa.and_(Match.state == MatchState.MEETING_PLANNED, Match.state_at < ask.ago(WEEK))


def _ours(ask: Ask) -> tuple[Any, ...]:
    return (Match.organisation_id.in_(sorted(ask.by.organisation_ids)),)


def shared_with_us(ask: Ask) -> Query:
    """Conversations that candidates let us read, lately."""
    return Query(AdviceSession, (AdviceSession.held_at >= ask.ago(SHARED_DAYS),), (AdviceSession.held_at.desc(),))


def our_coming(ask: Ask) -> Query:
    """Own activities that are still to come."""
    ours = Activity.organisation_id.in_(sorted(ask.by.organisation_ids))
    return Query(Activity, (ours, Activity.starts_at >= ask.now, Activity.cancelled_at.is_(None)), (Activity.starts_at,))


# -- numbers --


def my_active(ask: Ask) -> Query:
    return Query(Candidate, _mine(ask))


def active(ask: Ask) -> Query:
    return Query(Candidate, (_ACTIVE,))


def matches_under_way(ask: Ask) -> Query:
    return Query(Match, (Match.state.in_(UNDER_WAY),))


def new_feedback(ask: Ask) -> Query:
    return Query(Feedback, (Feedback.state == FeedbackState.NEW,))


# -- the system, for an administrator --


def _live(ask: Ask) -> tuple[Any, ...]:
    return (Membership.role != Role.CANDIDATE, sa.or_(Membership.ends_on.is_(None), Membership.ends_on >= ask.today))


def members(ask: Ask) -> Query:
    return Query(Membership, _live(ask))


def members_away(ask: Ask) -> Query:
    """Members who have no session: they did not sign in for as long as sessions are kept, or never."""
    return Query(Membership, (*_live(ask), Membership.user_id.not_in(sa.select(LoginSession.user_id))))


def open_links(ask: Ask) -> Query:
    """One-time links that were not used and still work."""
    return Query(OneTimeLink, (OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > ask.now))


def regions(ask: Ask) -> Query:
    return Query(Region, (Region.left_on.is_(None), Region.is_national.is_(False)))


def joined(ask: Ask) -> Query:
    return Query(Region, (Region.joined_on >= ask.today - timedelta(days=SHARED_DAYS), Region.left_on.is_(None)))


def left(ask: Ask) -> Query:
    return Query(Region, (Region.left_on >= ask.today - timedelta(days=SHARED_DAYS),))


def failures(since: datetime) -> tuple[int, int]:
    """Failed tries to sign in of accounts that did not get in since, and how many accounts that are."""
    total, accounts = sa.func.coalesce(sa.func.sum(LoginAttempt.failures), 0), sa.func.count(LoginAttempt.account.distinct())
    found = db.session.execute(sa.select(total, accounts).where(LoginAttempt.last_at >= since)).one()
    return int(found[0]), int(found[1])


def settings(*keys: str) -> dict[str, str]:
    """Facts about this database, by their key."""
    found = db.session.execute(sa.select(Setting.key, Setting.value).where(Setting.key.in_(keys)))
    return {key: value for key, value in found}
