"""What somebody should know, as a line on the own page: a sentence, a page to go to, no names. A row is written in the transaction of
what it reports. Each person chooses per kind: mail at once, once a day in the mail of the morning, or nothing at all.

A new sentence is a line in WORDS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from app.adapters import clock
from app.enums import NotificationKind, NotifyWhen, Role
from app.extensions import db, inserting
from app.models import Candidate, Membership, Notification, UserProfile
from app.queries import live
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import mails, outbox, preferences

PREFERENCE = "notify"
MAIL = "notification"
MOST = 100  # that are counted
LONGEST_PATH = 200


@dataclass(frozen=True)
class Words:
    """A sentence and what it is about, the numbers in it, and the mail that goes at once to who wants it so.

    `own`: for the candidate whom it is about.
    """

    kind: NotificationKind
    sentence: Any
    fields: frozenset[str] = frozenset()
    mail: str = MAIL
    own: bool = False


K = NotificationKind
WORDS: Mapping[str, Words] = {
    "message_new": Words(K.MESSAGE, _l("There is a new message for you.")),
    "message_own": Words(K.MESSAGE, _l("There is a new message for you."), mail="message", own=True),
    "mailing_asked": Words(K.MAILING, _l("A message to a group waits for your approval.")),
    "mailing_approved": Words(K.MAILING, _l("Your message to a group is approved.")),
    "mailing_refused": Words(K.MAILING, _l("Your message to a group is not approved. Look at it and change it.")),
    "mailing_done": Words(K.MAILING, _l("Your message to a group is sent. Number of people: %(count)s."), frozenset({"count"})),
    "mailing_unknown": Words(
        K.MAILING,
        _l("Look at your message to a group: it is not certain who received it. Number of people: %(count)s."),
        frozenset({"count"}),
    ),
    "handover_received": Words(K.HANDOVER, _l("A handover or a referral waits for an answer."), mail="handover_received"),
    "handover_answered": Words(K.HANDOVER, _l("There is an answer to a handover or a referral of yours."), mail="handover_answered"),
    "handover_agreed": Words(K.HANDOVER, _l("A candidate answered your question about a handover or a referral.")),
    "match_fell_through": Words(K.MATCH, _l("A match of one of your advisees fell through.")),
    "task_planned": Words(K.TASK, _l("A colleague planned a next action for you.")),
    "advisee_given": Words(K.TASK, _l("A colleague gave you an advisee.")),
    "mail_late": Words(K.SYSTEM, _l("Mail does not leave. The oldest one waits for %(minutes)s minutes."), frozenset({"minutes"})),
    "mail_well": Words(K.SYSTEM, _l("Mail leaves again. Nothing waits longer than it should.")),
}
# What somebody in a role may hear of, and chooses for.
KINDS: Mapping[Role, tuple[NotificationKind, ...]] = {
    **dict.fromkeys((Role.ADVISER, Role.COORDINATOR, Role.NATIONAL), (K.MESSAGE, K.TASK, K.MATCH, K.HANDOVER, K.MAILING)),
    **dict.fromkeys((Role.SCHOOL, Role.PROVIDER), (K.MESSAGE, K.MAILING)),
    Role.STUDY_ADVISER: (K.MESSAGE, K.HANDOVER, K.MAILING),
    Role.CANDIDATE: (K.MESSAGE,),
    Role.ADMIN: (K.SYSTEM,),
}
# Until somebody chooses: what cannot wait for the morning goes at once, and so does all that is for a candidate.
AT_FIRST: Mapping[NotificationKind, NotifyWhen] = {
    **dict.fromkeys(NotificationKind, NotifyWhen.DAILY),
    **dict.fromkeys((K.HANDOVER, K.SYSTEM), NotifyWhen.AT_ONCE),
}


def tell(
    users: Sequence[UserProfile] | Sequence[int],
    kind: NotificationKind,
    words: str,
    *,
    path: str,
    key: str,
    now: datetime,
    candidate: Candidate | None = None,
    merge: Mapping[str, int] | None = None,
) -> int:
    """Tell these people once (`key`) what happened, in the running transaction; says how many had not heard it before.

    Who chose never for this kind gets nothing; who chose at once gets a mail too. Raises ValueError for words that are not in WORDS,
    are of another kind or ask for other numbers than `merge` holds, for anything but a path of ours, and for a key that does not fit.
    """
    said = dict(merge or {})
    _check(kind, words, path, said)
    db.session.flush()  # whom or what it is about may be new
    own = WORDS[words].own
    people = {person.user_id: person for person in _profiles(users) if chosen(person, kind, own=own) is not NotifyWhen.NEVER}
    about = {"candidate_id": candidate.id, "region_id": candidate.region_id} if candidate is not None else {}
    same = {"kind": kind, "words": words, "merge": said, "path": path, "at": now, **about}
    new = _insert([{**same, "user_id": user_id, "dedupe_key": f"{key}:{user_id}"} for user_id in sorted(people)])
    for user_id in new:
        if chosen(people[user_id], kind, own=own) is NotifyWhen.AT_ONCE:
            to = candidate if own and candidate is not None else people[user_id]
            _mail(to, user_id, words, f"{key}:{user_id}", now)
    return len(new)


def tell_colleague(user_id: int | None, words: str, candidate: Candidate, *, path: str, key: str, by: Identity, now: datetime) -> None:
    """Tell one person what somebody else did with this candidate; nobody hears what they did themselves."""
    if user_id is not None and user_id != by.user_id:
        tell([user_id], WORDS[words].kind, words, path=path, key=key, now=now, candidate=candidate)


def tell_own(candidate: Candidate, words: str, *, path: str, key: str, now: datetime) -> None:
    """Tell a candidate, in the own place and by the mail of these words; who has no account gets the mail alone."""
    live_ones = live.memberships(clock.day(now))
    accounts = sa.select(Membership.user_id).where(Membership.candidate_id == candidate.id, *live_ones)
    users = db.session.scalars(accounts, execution_options=SYSTEM_READ).all()
    if users:
        tell(users, WORDS[words].kind, words, path=path, key=key, now=now, candidate=candidate)
    else:
        outbox.post(WORDS[words].mail, candidate, key=key, now=now)


def sentence(row: Notification) -> str:
    """What a notification says, in the language of the page; of words that are no more, what it is about."""
    known = WORDS.get(row.words)
    return str(known.sentence) % row.merge if known is not None and row.merge.keys() >= known.fields else str(row.kind.label)


# --- reading ---------------------------------------------------------------------------------------------------------


def unread_of(user_id: Any) -> Any:
    """A column for a query about people: how many each did not read, counted up to MOST."""
    mine = sa.select(Notification.id).where(Notification.user_id == user_id, Notification.read_at.is_(None))
    first = mine.correlate(user_id.table).limit(MOST).subquery()
    return sa.select(sa.func.count()).select_from(first).scalar_subquery()


def unread(user_id: int) -> int:
    """How many this person did not read, counted up to MOST."""
    query = sa.select(unread_of(UserProfile.user_id)).where(UserProfile.user_id == user_id)
    return db.session.scalar(query, execution_options=SYSTEM_READ) or 0


def mark_read(ids: Iterable[int] | None = None, *, by: Identity, now: datetime) -> int:
    """Mark own notifications as read, or (None) all of them; says how many were not."""
    mine = sa.update(Notification).where(Notification.user_id == by.user_id, Notification.read_at.is_(None))
    these = mine if ids is None else mine.where(Notification.id.in_(list(ids)))
    done = db.session.execute(these.values(read_at=now), execution_options={"synchronize_session": False})
    return int(done.rowcount)  # type: ignore[attr-defined]


def forget(before: datetime) -> None:
    """Remove what is older, read or not."""
    old = sa.delete(Notification).where(Notification.at < before)
    db.session.execute(old, execution_options={**SYSTEM_READ, "synchronize_session": False})


# --- what somebody chose ---------------------------------------------------------------------------------------------


def chosen(profile: UserProfile, kind: NotificationKind, *, own: bool) -> NotifyWhen:
    """When this person wants to hear of this kind; `own`: as a candidate."""
    kept = (profile.preferences or {}).get(PREFERENCE) or {}
    return NotifyWhen.__members__.get(str(kept.get(kind.name)), NotifyWhen.AT_ONCE if own else AT_FIRST[kind])


def choose(choices: Mapping[NotificationKind, NotifyWhen], *, by: Identity) -> None:
    """Keep what somebody chose. Raises NotAllowed for somebody without a profile."""
    preferences.remember(PREFERENCE, {kind.name: when.name for kind, when in choices.items()}, by=by)


# --- once a day ------------------------------------------------------------------------------------------------------


def news(since: datetime) -> dict[int, dict[NotificationKind, int]]:
    """For the mail of the morning: what each person did not read since then and hears of once a day, counted per kind."""
    fresh = (Notification.read_at.is_(None), Notification.at >= since)
    columns = (Notification.user_id, Notification.kind, Notification.words)
    counted = sa.select(*columns, sa.func.count()).where(*fresh).group_by(*columns)
    rows = db.session.execute(counted, execution_options=SYSTEM_READ).all()
    people = {person.user_id: person for person in _profiles(sorted({row[0] for row in rows}))}
    found: dict[int, dict[NotificationKind, int]] = {}
    for user_id, kind, words, number in rows:
        own = words in WORDS and WORDS[words].own
        if user_id in people and chosen(people[user_id], kind, own=own) is NotifyWhen.DAILY:
            of_person = found.setdefault(user_id, {})
            of_person[kind] = of_person.get(kind, 0) + number
    return found


def mail_daily(waiting: Mapping[int, Iterable[NotificationKind]], *, now: datetime) -> int:
    """Mail who does not get the mail of the morning that there is something new, and of which kinds; says how many."""
    day, queued = clock.day(now).isoformat(), 0
    for person in _profiles(sorted(waiting)):
        about = {"kinds": _numbers(waiting[person.user_id])}
        queued += outbox.post(MAIL, person, key=f"{MAIL}:day:{person.user_id}:{day}", now=now, merge=about) is not None
    return queued


# --- inside ----------------------------------------------------------------------------------------------------------


def _check(kind: NotificationKind, words: str, path: str, said: Mapping[str, int]) -> None:
    known = WORDS.get(words)
    if known is None or known.kind is not kind or said.keys() != known.fields or not all(isinstance(one, int) for one in said.values()):
        raise ValueError(f"a notification {words!r} of kind {kind.name} with {sorted(said)} is not known")
    if not mails.is_path(path) or len(path) > LONGEST_PATH:
        raise ValueError("a notification leads to a path of ours")


def _profiles(users: Sequence[UserProfile] | Sequence[int]) -> Sequence[UserProfile]:
    """Those whose account is alive, with it; the teller need not see them."""
    ids = {one.user_id if isinstance(one, UserProfile) else one for one in users}
    if not ids:
        return []
    alive = sa.select(UserProfile).join(UserProfile.user).where(UserProfile.user_id.in_(ids), User.active.is_(True))
    return db.session.scalars(alive.options(joinedload(UserProfile.user)), execution_options=SYSTEM_READ).all()


def _insert(rows: list[dict[str, Any]]) -> list[int]:
    """One statement; returns who had no such row yet. Beside the wall: it is told to others."""
    if not rows:
        return []
    if any(len(row["dedupe_key"]) > outbox.LONGEST_KEY for row in rows):
        raise ValueError("the key of a notification is too long")
    once = inserting(Notification).values(rows).on_conflict_do_nothing(index_elements=["dedupe_key"])
    return sorted(db.session.scalars(once.returning(Notification.user_id), execution_options=SYSTEM_READ).all())


def _mail(to: UserProfile | Candidate, user_id: int, words: str, key: str, now: datetime) -> None:
    """A mail of its own, or that there is something new: once an hour for each kind. What comes within the hour is said after it."""
    kind, mail = WORDS[words].kind, WORDS[words].mail
    if mail != MAIL:
        outbox.post(mail, to, key=key, now=now)
        return
    hour = now.replace(minute=0, second=0, microsecond=0)
    for at in (hour, hour + timedelta(hours=1)):
        once = f"{MAIL}:{kind.name}:{user_id}:{at:%Y%m%d%H}"
        if outbox.post(MAIL, to, key=once, now=now, merge={"kinds": _numbers([kind])}, not_before=max(at, now)) is not None:
            return


def _numbers(kinds: Iterable[NotificationKind]) -> list[int]:
    """Kinds as a mail holds them: their places in the list."""
    order = list(NotificationKind)
    return sorted(order.index(kind) for kind in kinds)
