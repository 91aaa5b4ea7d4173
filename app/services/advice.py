"""Conversations and their reports: a summary for the candidate too, notes for advisers only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from flask_babel import gettext

from app.enums import OPEN_STATUSES, Holder
from app.errors import BadInput, Doubtful
from app.extensions import db
from app.models import AdviceSession, Candidate, Message, Task, UserProfile
from app.security.identity import Identity
from app.services import edits, handovers, log, tasks
from app.services.contact import looks_like_bsn

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
LONGEST_MINUTES = 24 * 60
LONGEST_TEXT = 20_000  # characters of the summary, and of the notes
_WORDS = Path(__file__).resolve().parent.parent / "data" / "health_words.txt"


@dataclass(frozen=True)
class Following:
    """What follows from a conversation: tasks that it finished, and the next action (what, before when, who)."""

    done: Sequence[Task] = ()
    title: str | None = None
    due_on: date | None = None
    holder: Holder | None = None


def record(session: AdviceSession, *, following: Following | None = None, by: Identity, now: datetime) -> AdviceSession:
    """Write down a conversation; it counts as contact with the candidate. Without an adviser it is the writer's.

    With `following` the file has a dated next step afterwards, or nothing is kept (BadInput; also for what `tasks.plan` refuses).
    Raises NotFound for a candidate out of sight, NotAllowed without the capability in the candidate's region, and BadInput for a
    moment before 2000 or more than a day ahead, a duration outside a day, and an adviser who does not work at the desk.
    """
    edits.settle(session)
    candidate = edits.candidate_of(session)
    edits.allow_desk(by, "write_reports", candidate.region_id)
    if session.adviser_id is None:
        session.adviser = db.session.get(UserProfile, by.user_id) if by.user_id is not None else None
        session.adviser_id = by.user_id
    session.in_region_id, session.created_at = candidate.region_id, now
    _check(session, now)
    if session.adviser_id is not None and session.adviser_id != by.user_id:
        tasks.check_owner(session.adviser_id, candidate.region_id, now)
    log.changed("record_session", session, by=by, now=now)
    candidate.last_contact_at = max(filter(None, (candidate.last_contact_at, session.held_at)))
    db.session.flush()
    if following is not None:
        _follow(candidate, following, by=by, now=now)
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


def open_tasks(candidate: Candidate) -> list[Task]:
    """What is still to be done for a candidate, the earliest day first."""
    mine = sa.select(Task).where(Task.candidate_id == candidate.id, Task.done_at.is_(None))
    return list(db.session.scalars(mine.order_by(Task.due_on, Task.id)))


def bsn_warning(session: AdviceSession) -> str | None:
    """A sentence to show before saving when a text seems to hold a burgerservicenummer, else None."""
    if not any(looks_like_bsn(text) for text in _texts(session)):
        return None
    return str(gettext("A number in this text looks like a citizen service number (BSN). We do not keep those: take it out."))


def health_warning(session: AdviceSession) -> str | None:
    """A sentence to show before saving when a text seems to say something about health, else None.

    Health is a special category of personal data (article 9 of the GDPR). The words stand in app/data/health_words.txt.
    """
    found = sorted({word.lower() for text in _texts(session) for word in _health().findall(text)})
    if not found:
        return None
    return " ".join(
        (
            gettext("This may be about health: %(words)s.", words=", ".join(found)),
            gettext("Health data are special personal data. Write down only what is needed to help this candidate."),
        )
    )


def settle_doubts(session: AdviceSession, seen: str) -> None:
    """Raise Doubtful with every warning about the texts, unless the writer has seen them about these very texts (`seen`)."""
    warnings = [warning for warning in (bsn_warning(session), health_warning(session)) if warning]
    mark = hashlib.sha256("\x00".join(_texts(session)).encode("utf-8", "replace")).hexdigest()[:32]
    if warnings and seen != mark:
        raise Doubtful(" ".join(warnings), mark)


def _texts(session: AdviceSession) -> tuple[str, str]:
    return session.summary or "", session.notes or ""


@cache
def _health() -> re.Pattern[str]:
    lines = (line.strip() for line in _WORDS.read_text("utf-8").splitlines())
    words = (re.escape(line).replace(r"\*", r"\w*") for line in lines if line and not line.startswith("#"))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)


def _follow(candidate: Candidate, following: Following, *, by: Identity, now: datetime) -> None:
    """Plan first, then tick off: a file is at no moment without a next step."""
    title = (following.title or "").strip()
    if bool(title) != (following.due_on is not None):
        raise BadInput(gettext("A next action needs both: what will happen, and on which day."))
    if following.due_on is not None:
        tasks.plan(candidate, title, following.due_on, holder=following.holder, by=by, now=now)
    for task in following.done:
        tasks.finish(task, by=by, now=now)
    if candidate.status in OPEN_STATUSES and candidate.next_action_on is None:
        raise BadInput(gettext("%(number)s has no next action yet. Say what happens next, and when.", number=candidate.number))


def _check(session: AdviceSession, now: datetime) -> None:
    if session.held_at is None:
        raise BadInput(gettext("Say when the conversation was."))
    if session.held_at < EARLIEST:
        raise BadInput(gettext("This conversation would have been before 2000. Check the year."))
    if session.held_at > now + AHEAD:
        raise BadInput(gettext("This conversation has not been held yet. Plan it as a next action instead."))
    if session.minutes is not None and not 0 <= session.minutes <= LONGEST_MINUTES:
        raise BadInput(gettext("Write the duration in minutes, at most a day."))
    longest = max(len(text) for text in _texts(session))
    if longest > LONGEST_TEXT:
        raise BadInput(gettext("A text has at most %(most)d characters; this one has %(count)d.", most=LONGEST_TEXT, count=longest))


def _recount(candidate: Candidate) -> None:
    """The last contact is the last conversation, or what the desk wrote after it."""
    db.session.flush()
    held = sa.select(sa.func.max(AdviceSession.held_at)).where(AdviceSession.candidate_id == candidate.id)
    wrote = sa.select(sa.func.max(Message.at)).where(Message.candidate_id == candidate.id, Message.from_candidate.is_(False))
    candidate.last_contact_at = max(filter(None, (db.session.scalar(held), db.session.scalar(wrote))), default=None)
    db.session.flush()
