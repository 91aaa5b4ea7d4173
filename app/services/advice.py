"""Conversations and their reports: a summary for the candidate too, notes for advisers only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext

from app.errors import BadInput
from app.extensions import db
from app.models import AdviceSession, Candidate
from app.security.identity import Identity
from app.services import edits, handovers, log, tasks
from app.services.contact import looks_like_bsn

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
LONGEST_MINUTES = 24 * 60


def record(session: AdviceSession, *, by: Identity, now: datetime) -> AdviceSession:
    """Write down a conversation; it counts as contact with the candidate. Without an adviser it is the writer's.

    Raises NotFound for a candidate out of sight, NotAllowed without the capability in the candidate's region, and BadInput for a
    moment before 2000 or more than a day ahead, a duration outside a day, and an adviser who does not work at the desk.
    """
    edits.settle(session)
    candidate = edits.candidate_of(session)
    edits.allow_desk(by, "write_reports", candidate.region_id)
    session.adviser_id = session.adviser_id or by.user_id
    session.in_region_id, session.created_at = candidate.region_id, now
    _check(session, now)
    if session.adviser_id is not None and session.adviser_id != by.user_id:
        tasks.check_owner(session.adviser_id, candidate.region_id, now)
    log.changed("record_session", session, by=by, now=now)
    candidate.last_contact_at = max(filter(None, (candidate.last_contact_at, session.held_at)))
    db.session.flush()
    handovers.note_contact(candidate, by=by, now=now)
    return session


def change(session: AdviceSession, *, by: Identity, now: datetime) -> None:
    """Keep what a form changed on a report. Claim the version first (`edits.claim_version`). Refuses as `record`, and BadInput
    when the report would move to another candidate."""
    fields = edits.settle(session)
    candidate = edits.of_same_candidate(session)
    edits.allow_desk(by, "write_reports", candidate.region_id)
    _check(session, now)
    if "adviser_id" in fields and session.adviser_id is not None:
        tasks.check_owner(session.adviser_id, candidate.region_id, now)
    if fields:
        log.changed("change_session", session, by=by, now=now, fields=fields)
    if "held_at" in fields:
        _recount(candidate)


def remove(session: AdviceSession, *, by: Identity, now: datetime) -> None:
    """Delete a report that should not have been written. Raises NotAllowed without the capability."""
    candidate = edits.of_same_candidate(session)
    edits.allow_desk(by, "write_reports", candidate.region_id)
    log.changed("remove_session", session, by=by, now=now, fields=[])
    db.session.delete(session)
    _recount(candidate)


def bsn_warning(session: AdviceSession) -> str | None:
    """A sentence to show before saving when a text seems to hold a burgerservicenummer, else None."""
    if not any(looks_like_bsn(text) for text in (session.summary, session.notes)):
        return None
    return str(gettext("A number in this text looks like a citizen service number (BSN). We do not keep those: take it out."))


def _check(session: AdviceSession, now: datetime) -> None:
    if session.held_at is None:
        raise BadInput(gettext("Say when the conversation was."))
    if session.held_at < EARLIEST:
        raise BadInput(gettext("This conversation would have been before 2000. Check the year."))
    if session.held_at > now + AHEAD:
        raise BadInput(gettext("This conversation has not been held yet. Plan it as a next action instead."))
    if session.minutes is not None and not 0 <= session.minutes <= LONGEST_MINUTES:
        raise BadInput(gettext("Write the duration in minutes, at most a day."))


def _recount(candidate: Candidate) -> None:
    """The last contact is the last conversation."""
    db.session.flush()
    latest = sa.select(sa.func.max(AdviceSession.held_at)).where(AdviceSession.candidate_id == candidate.id)
    candidate.last_contact_at = db.session.scalar(latest)
    db.session.flush()
