"""What candidates and the desk (or an organisation) wrote to each other: the list with what is unread, and one conversation.

What somebody reads the wall says. "Read" follows from the log of looks; a side has read what one of its people saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, undefer

from app.enums import ACCEPTED_MATCHES, Role
from app.extensions import db
from app.models import Attachment, Candidate, CoAdviser, Match, Message, Organisation, Thread
from app.security.identity import Identity

BEGINNING = 160  # characters of a message that a list shows
MOST = 100  # that are counted


class Which(Enum):
    """Of all conversations that somebody reads."""

    ALL = "alle"
    UNREAD = "ongelezen"
    MINE = "mijn"


@dataclass(frozen=True)
class Line:
    """A conversation in a list: with what its newest message begins, and from whom that is."""

    thread: Thread
    is_unread: bool
    text: str
    from_candidate: bool


def unread(by: Identity) -> Any:
    """The condition on Thread: the other side wrote something that nobody of this side has seen."""
    is_candidate = by.role is Role.CANDIDATE
    saw = Thread.candidate_saw_at if is_candidate else Thread.others_saw_at
    theirs = Message.from_candidate.is_not(is_candidate)
    return _any(Message.thread_id == Thread.id, theirs, sa.or_(saw.is_(None), Message.at > saw))


def lines(which: Which, *, by: Identity, size: int, page: int = 0) -> list[Line]:
    """The unread ones first, then the newest; one more than a page holds tells that there are more."""
    newest = (
        sa.select(Message.id).where(Message.thread_id == Thread.id).order_by(Message.id.desc()).limit(1).correlate(Thread).scalar_subquery()
    )
    is_new = sa.case((unread(by), 1), else_=0).label("is_new")
    query = sa.select(Thread, is_new, sa.func.substr(Message.text, 1, BEGINNING), Message.from_candidate)
    query = query.join(Message, Message.id == newest).options(joinedload(Thread.candidate), joinedload(Thread.organisation))
    query = query.where(*_conditions(which, by)).order_by(is_new.desc(), Thread.last_at.desc(), Thread.id.desc())
    found = db.session.execute(query.offset(page * size).limit(size + 1))
    return [Line(thread, bool(new), text, from_candidate) for thread, new, text, from_candidate in found]


def count(which: Which, *, by: Identity) -> int:
    """How many, counted up to MOST."""
    some = sa.select(Thread.id).where(*_conditions(which, by)).limit(MOST).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def _conditions(which: Which, by: Identity) -> Sequence[Any]:
    if which is Which.ALL:
        return ()
    if which is Which.UNREAD:
        return (unread(by),)
    wrote = _any(Message.thread_id == Thread.id, Message.author_id == by.user_id)
    leads = _any(Candidate.id == Thread.candidate_id, Candidate.lead_adviser_id == by.user_id)
    beside = _any(CoAdviser.candidate_id == Thread.candidate_id, CoAdviser.user_id == by.user_id)
    return (sa.or_(wrote, leads, beside),)


def _any(*conditions: Any) -> Any:
    """There is a row for which this holds, beside the conversation that is asked about."""
    return sa.select(sa.literal(1)).where(*conditions).correlate(Thread).exists()


def find(key: int) -> Thread | None:
    """A conversation with its sides, as far as this person reads it."""
    query = sa.select(Thread).where(Thread.id == key)
    found: Thread | None = db.session.scalar(query.options(joinedload(Thread.candidate), joinedload(Thread.organisation)))
    return found


def is_unread(thread: Thread, *, by: Identity) -> bool:
    return db.session.scalar(sa.select(Thread.id).where(Thread.id == thread.id, unread(by))) is not None


def messages(thread: Thread, *, before: int | None, size: int) -> list[Message]:
    """The newest ones (before the one with this key), oldest first; one more than a page holds, in front, tells that there are more."""
    query = sa.select(Message).where(Message.thread_id == thread.id).options(joinedload(Message.author), undefer(Message.read_at))
    if before is not None:
        query = query.where(Message.id < before)
    return list(reversed(db.session.scalars(query.order_by(Message.id.desc()).limit(size + 1)).all()))


def files_of(found: Sequence[Message]) -> dict[int | None, list[Attachment]]:
    """By message, the files that came with it."""
    files: dict[int | None, list[Attachment]] = {}
    if found:
        query = sa.select(Attachment).where(Attachment.message_id.in_([message.id for message in found])).order_by(Attachment.id)
        for row in db.session.scalars(query):
            files.setdefault(row.message_id, []).append(row)
    return files


def organisations_of(candidate: Candidate) -> list[Organisation]:
    """Those that a candidate may write with: both said yes to a match. As far as whoever asks sees the matches."""
    accepted = sa.select(Match.organisation_id).where(Match.candidate_id == candidate.id, Match.state.in_(ACCEPTED_MATCHES))
    return list(
        db.session.scalars(sa.select(Organisation).where(Organisation.id.in_(accepted)).order_by(Organisation.name, Organisation.id))
    )
