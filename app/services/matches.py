"""Matches between a candidate and a school or programme; each move leaves an event."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext

from app.adapters import clock
from app.enums import OPEN_STATUSES, TRANSITIONS, MatchParty, MatchState, TaskKind
from app.errors import BadInput, IllegalTransition, NotFound
from app.extensions import db
from app.models import Candidate, Match, MatchEvent, Organisation, Programme
from app.security.identity import Identity
from app.services import edits, log, notifications, tasks

FOLLOW_UP_DAYS = 5  # working days, within which the lead adviser speaks to somebody whose match fell through


def propose(match: Match, *, by: Identity, now: datetime) -> Match:
    """Put a candidate and an organisation (or one of its programmes) together.

    Raises NotFound for a candidate or organisation out of sight, NotAllowed without the capability in the candidate's region,
    and BadInput for an organisation that stopped, a programme of somebody else, and a match that runs already.
    """
    edits.settle(match)
    candidate = edits.candidate_of(match)
    edits.allow_desk(by, "move_stage", candidate.region_id)
    with db.session.no_autoflush:
        _check_parties(match)
        _refuse_second(match, candidate)
    match.state, match.state_at, match.created_at = MatchState.PROPOSED, now, now
    match.fell_through_by = match.fell_through_reason = match.back_in_pool = None
    log.changed("propose_match", match, by=by, now=now)
    _event(match, None, by, now)
    return match


def move(
    match: Match,
    to: MatchState,
    *,
    reason: str | None = None,
    party: MatchParty | None = None,
    back_in_pool: bool = True,
    expected: int | None = None,
    by: Identity,
    now: datetime,
) -> None:
    """Take a match one step on. A match that falls through needs by whom and why, and gives the lead adviser (or the inbox) a task.

    `expected` is the version the caller saw. Raises NotAllowed without the capability, IllegalTransition for a step TRANSITIONS
    does not list, Stale when somebody else moved it first (`now_at` is the version now), BadInput for what is missing.
    """
    candidate = edits.of_same_candidate(match)
    edits.allow_desk(by, "move_stage", candidate.region_id)
    edits.claim_version(match, match.version if expected is None else expected, now=now)
    if to not in TRANSITIONS[MatchState][match.state]:
        raise IllegalTransition(
            gettext("A match that stands at “%(now)s” cannot go to “%(to)s”.", now=match.state.label, to=to.label)
        )
    why = edits.reason_of(reason)
    match.state, match.state_at = to, now
    if to is MatchState.FELL_THROUGH:
        if party is None or not why:
            raise BadInput(gettext("Say by whom this match fell through, and why."))
        match.fell_through_by, match.fell_through_reason, match.back_in_pool = party, why, back_in_pool
    log.changed("move_match", match, by=by, now=now)
    _event(match, why, by, now)
    if to is MatchState.FELL_THROUGH and candidate.status in OPEN_STATUSES:
        _follow_up(candidate, match, by, now)


def _check_parties(match: Match) -> None:
    organisation = db.session.scalar(sa.select(Organisation).where(Organisation.id == match.organisation_id))
    if organisation is None:
        raise NotFound(gettext("This organisation is not there (any more)."))
    if not organisation.active:
        raise BadInput(gettext("%(name)s does not take part any more.", name=organisation.name))
    if match.programme_id is None:
        return
    programme = db.session.scalar(sa.select(Programme).where(Programme.id == match.programme_id))
    if programme is None or programme.organisation_id != organisation.id:
        raise BadInput(gettext("This programme is not one of %(name)s.", name=organisation.name))


def _refuse_second(match: Match, candidate: Candidate) -> None:
    same = sa.select(Match.id).where(
        Match.candidate_id == candidate.id,
        Match.organisation_id == match.organisation_id,
        Match.programme_id.is_not_distinct_from(match.programme_id),
        Match.state != MatchState.FELL_THROUGH,
    )
    if db.session.scalar(same.limit(1)) is not None:
        raise BadInput(gettext("%(number)s has this match already.", number=candidate.number))


def _event(match: Match, reason: str | None, by: Identity, now: datetime) -> None:
    db.session.add(
        MatchEvent(
            match_id=match.id, candidate_id=match.candidate_id, region_id=match.region_id, organisation_id=match.organisation_id,
            state=match.state, at=now, by_id=by.user_id, reason=reason,
        )
    )  # fmt: skip
    db.session.flush()


def _follow_up(candidate: Candidate, match: Match, by: Identity, now: datetime) -> None:
    title = gettext("Talk about the match with %(name)s that fell through", name=str(match.organisation))
    due = tasks.add_working_days(clock.day(now), FOLLOW_UP_DAYS)
    tasks.plan(candidate, title[: tasks.LONGEST_TITLE], due, kind=TaskKind.FOLLOW_UP, by=by, now=now)
    lead, words = candidate.lead_adviser_id, "match_fell_through"
    notifications.tell_colleague(lead, words, candidate, path=f"/matches/show/{match.id}", key=f"{words}:{match.id}", by=by, now=now)
