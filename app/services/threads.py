"""One to one: a candidate and the desk, or an organisation after both said yes to a match, write to each other.

The mail about it says only that a message waits. Who read it when follows from the log of looks (queries/threads.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext

from app.adapters import clock
from app.adapters.storage import Folder
from app.enums import ACCEPTED_MATCHES, DESK_ROLES, NotificationKind, Role
from app.errors import BadInput, Doubtful, NotAllowed
from app.extensions import db
from app.models import Candidate, Match, Membership, Message, Organisation, Thread
from app.queries import live
from app.queries import threads as queries
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import attachments, edits, handovers, log, notifications
from app.services.attachments import Examined
from app.services.contact import looks_like_bsn

LONGEST_SUBJECT = 120
LONGEST_TEXT = 10_000
READ = "message"  # the channel in the read log
QUIET = timedelta(hours=1)  # in which who has something to read hears of it once
MOST_TOLD = 20
_WRITERS = (Role.SCHOOL, Role.PROVIDER)
_DESK = sorted(DESK_ROLES | {Role.NATIONAL}, key=lambda role: role.name)


def write(
    candidate: Candidate,
    subject: str,
    text: str,
    files: Sequence[Examined] = (),
    *,
    organisation: Organisation | None = None,
    folder: Folder | None = None,
    by: Identity,
    now: datetime,
    key: str,
) -> Thread:
    """Begin a conversation with its first message; the same `key` again leads to what it made.

    Between the candidate and the desk, or with an `organisation` that the candidate has an accepted match with. Raises NotFound for a
    candidate out of sight, NotAllowed for anybody else, and BadInput for a subject or text that is empty or too long.
    """
    made = _made(key, by)
    if made is not None:
        return made.thread
    thread = Thread(candidate_id=candidate.id, organisation_id=organisation.id if organisation is not None else None)
    candidate = edits.candidate_of(thread)
    _allow(candidate, thread.organisation_id, by)
    thread.in_region_id, thread.created_at, thread.last_at = candidate.region_id, now, now
    thread.subject = " ".join(subject.replace("\x00", " ").split())
    if not 1 <= len(thread.subject) <= LONGEST_SUBJECT:
        raise BadInput(gettext("Write in at most %(most)d characters what the message is about.", most=LONGEST_SUBJECT))
    said = _checked(text)
    log.changed("begin_thread", thread, by=by, now=now, fields=["subject"])
    _add(thread, candidate, said, files, folder, by, now, key)
    return thread


def answer(
    thread: Thread,
    text: str,
    files: Sequence[Examined] = (),
    *,
    folder: Folder | None = None,
    by: Identity,
    now: datetime,
    key: str,
) -> Message:
    """Add a message; a conversation that was closed goes on. The same `key` again leads to what it made.

    Raises as `write`, and BadInput for a conversation with a desk that does not have the file any more.
    """
    made = _made(key, by)
    if made is not None:
        return made
    candidate = edits.of_same_candidate(thread)
    _allow(candidate, thread.organisation_id, by)
    if is_over(thread):
        raise BadInput(gettext("Your file is with another desk now. Begin a new message; this one is only to read back."))
    said = _checked(text)
    db.session.scalar(sa.select(Thread.id).where(Thread.id == thread.id).with_for_update())  # one after the other
    return _add(thread, candidate, said, files, folder, by, now, key)


def close(thread: Thread, *, by: Identity, now: datetime) -> None:
    """Nothing has to happen any more. The second time does nothing. Raises NotAllowed for who may not write here as staff."""
    _set_closed(thread, now, by, now)


def reopen(thread: Thread, *, by: Identity, now: datetime) -> None:
    """Somebody is to answer after all. Raises NotAllowed as `close`."""
    _set_closed(thread, None, by, now)


def read(thread: Thread, *, by: Identity, now: datetime) -> None:
    """Note in the log of looks that this side has seen what is there; nothing when there is nothing new to it."""
    if queries.is_unread(thread, by=by):
        log.opened(thread, READ, by=by, now=now)


def is_over(thread: Thread) -> bool:
    """It was with a desk that does not have the file any more."""
    return thread.organisation_id is None and thread.in_region_id != thread.region_id


def may_answer(thread: Thread, by: Identity) -> bool:
    """Whether this person, who reads it, may write in it now."""
    try:
        _allow(thread.candidate, thread.organisation_id, by)
    except NotAllowed:
        return False
    return not is_over(thread)


def settle_doubts(text: str, seen: str) -> None:
    """Raise Doubtful when a text seems to hold a citizen service number, unless the writer has seen that about this very text (`seen`)."""
    mark = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
    if seen != mark and looks_like_bsn(text):
        said = gettext("A number in this text looks like a citizen service number (BSN). We do not keep those: take it out.")
        raise Doubtful(said, mark)


# --- inside ----------------------------------------------------------------------------------------------------------


def _allow(candidate: Candidate, organisation_id: int | None, by: Identity) -> None:
    if organisation_id is None and by.role is not Role.CANDIDATE:
        edits.allow_desk(by, "write_reports", candidate.region_id)
        return
    is_party = candidate.id == by.candidate_id if by.role is Role.CANDIDATE else _speaks_for(by, organisation_id)
    if not is_party or (organisation_id is not None and not _is_accepted(candidate, organisation_id)):
        raise NotAllowed(gettext("You can write to each other when both have said yes to a match."))


def _speaks_for(by: Identity, organisation_id: int | None) -> bool:
    return by.role in _WRITERS and organisation_id in by.organisation_ids


def _is_accepted(candidate: Candidate, organisation_id: int) -> bool:
    both = (Match.candidate_id == candidate.id, Match.organisation_id == organisation_id, Match.state.in_(ACCEPTED_MATCHES))
    return db.session.scalar(sa.select(Match.id).where(*both).limit(1)) is not None


def _checked(text: str) -> str:
    said = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not said:
        raise BadInput(gettext("Write a message first."))
    if len(said) > LONGEST_TEXT:
        raise BadInput(gettext("A text has at most %(most)d characters; this one has %(count)d.", most=LONGEST_TEXT, count=len(said)))
    return said


def _set_closed(thread: Thread, at: datetime | None, by: Identity, now: datetime) -> None:
    candidate = edits.of_same_candidate(thread)
    if by.role is Role.CANDIDATE:
        raise NotAllowed(gettext("Your adviser decides when a conversation is finished."))
    _allow(candidate, thread.organisation_id, by)
    if (thread.closed_at is None) != (at is None):
        thread.closed_at = at
        log.changed("close_thread" if at else "reopen_thread", thread, by=by, now=now, fields=["closed_at"])
        db.session.flush()


def _idem(key: str, by: Identity) -> str:
    """A key of somebody's own: what others send does not clash with it."""
    return hashlib.sha256(f"{by.user_id}:{key}".encode("utf-8", "replace")).hexdigest()


def _made(key: str, by: Identity) -> Message | None:
    found: Message | None = db.session.scalar(sa.select(Message).where(Message.idem_key == _idem(key, by)))
    return found


def _add(
    thread: Thread, candidate: Candidate, text: str, files: Sequence[Examined], folder: Folder | None, by: Identity, now: datetime, key: str
) -> Message:
    message = Message(thread_id=thread.id, candidate_id=candidate.id, region_id=candidate.region_id, author_id=by.user_id, text=text)
    message.from_candidate, message.at, message.idem_key = by.role is Role.CANDIDATE, now, _idem(key, by)
    log.changed("write_message", message, by=by, now=now, fields=["text"])
    if files and folder is not None:
        attachments.attach(message, files, for_candidate=True, folder=folder, by=by, now=now)
    thread.last_at, thread.closed_at = now, None
    if by.has_files:
        candidate.last_contact_at = max(filter(None, (candidate.last_contact_at, now)))
    db.session.flush()
    if by.has_files:
        handovers.note_contact(candidate, by=by, now=now)
    if not _waits_already(message):
        _tell(thread, message, candidate, now)
    return message


def _waits_already(message: Message) -> bool:
    """The other side heard within the hour of something in this conversation that it has not read yet."""
    same_side = (Message.thread_id == message.thread_id, Message.from_candidate.is_(message.from_candidate), Message.id < message.id)
    fresh = sa.select(Message.id).where(*same_side, Message.at > message.at - QUIET, Message.read_at.is_(None))
    return db.session.scalar(fresh.limit(1)) is not None


def _tell(thread: Thread, message: Message, candidate: Candidate, now: datetime) -> None:
    key = f"message:{message.id}"
    if not message.from_candidate:
        notifications.tell_own(candidate, "message_own", path=f"/mijn/berichten/{thread.id}", key=key, now=now)
        return
    path = f"/berichten/{thread.id}"
    notifications.tell(
        _staff_of(thread, candidate, now), NotificationKind.MESSAGE, "message_new", path=path, key=key, now=now, candidate=candidate
    )


def _staff_of(thread: Thread, candidate: Candidate, now: datetime) -> list[int]:
    """Who hears of it: the adviser and who wrote last, or without an adviser the desk; of an organisation those who speak for it.
    Beside the wall: candidates do not see who works there."""
    wrote = sa.select(Message.author_id).where(Message.thread_id == thread.id, Message.from_candidate.is_(False))
    last = db.session.scalar(wrote.order_by(Message.id.desc()).limit(1))
    if thread.organisation_id is None and candidate.lead_adviser_id is not None:
        return sorted({candidate.lead_adviser_id, last or candidate.lead_adviser_id})
    works_there: tuple[sa.ColumnElement[bool], ...] = (Membership.region_id == thread.in_region_id, Membership.role.in_(_DESK))
    if thread.organisation_id is not None:
        board = sa.select(Organisation.parent_id).where(Organisation.id == thread.organisation_id).scalar_subquery()
        here = sa.or_(Membership.organisation_id == thread.organisation_id, Membership.organisation_id == board)
        works_there = (here, Membership.role.in_(_WRITERS))
    live_ones = live.memberships(clock.day(now))
    ids = sa.select(Membership.user_id).where(*works_there, *live_ones).distinct().order_by(Membership.user_id).limit(MOST_TOLD)
    return list(db.session.scalars(ids, execution_options=SYSTEM_READ))
