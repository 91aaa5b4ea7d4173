"""What happened with one candidate, newest first: every table that knows, in one statement, a page at a time; and what comes next."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import aliased, joinedload

from app.enums import RegistrationState
from app.errors import BadInput
from app.extensions import db
from app.models import (
    Activity,
    AdviceSession,
    Article,
    Consent,
    Handover,
    HandoverEvent,
    MatchEvent,
    Offer,
    Organisation,
    PersonToken,
    Programme,
    ReadEvent,
    ReadSubject,
    Region,
    Registration,
    StageSpan,
    Task,
    Thread,
    UserProfile,
    UtcDateTime,
)
from app.security.fields import may_see
from app.security.identity import Identity

LONGEST = 600  # characters of a text that a line brings along; the rest stands on its own page
OPENED = ("show", "edit", "contact", "attachment", "export")  # of the read log: whoever went through a list of many is not told apart here
_WRITTEN = "%Y%m%dT%H%M%S%f"


class Kind(Enum):
    """What a line is about. The numbers order what happened at the same moment."""

    STEP = 1
    CONSENT = 2
    PLANNED = 3
    DONE = 4
    REGISTERED = 5
    ATTENDANCE = 6
    MATCH = 7
    SESSION = 8
    LOOKED = 9
    HANDOVER = 10
    OFFERED = 11
    READ = 12
    MESSAGE = 13


@dataclass(frozen=True)
class Mark:
    """The place in a timeline after which the next page begins."""

    at: datetime
    kind: int
    id: int

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC):{_WRITTEN}}-{self.kind}-{self.id}"

    @classmethod
    def read(cls, text: str) -> Mark:
        """From an address. Raises BadInput for anything that no timeline wrote there."""
        at, _, rest = text.partition("-")
        kind, _, key = rest.partition("-")
        try:
            if not (len(at) == 21 and at[:2] in ("19", "20") and text.isascii() and key.isdigit() and len(key) < 16):
                raise ValueError
            return cls(datetime.strptime(at, _WRITTEN).replace(tzinfo=UTC), Kind(int(kind)).value, int(key))
        except ValueError as problem:
            raise BadInput(_l("This part of the timeline does not exist. Go back to the beginning.")) from problem


@dataclass(frozen=True)
class Event:
    """One line as the database knows it. `code` and `was` are names of members of the closed list that the kind is about; `what` says
    what a step changed, or in which role somebody looked; `many` how often, which kinds of conversation, or whether there is an adviser."""

    kind: Kind
    id: int
    at: datetime
    what: str | None
    code: str | None
    was: str | None
    text: str | None
    due: date | None
    many: int | None
    target: int | None
    actor: str | None
    adviser: str | None
    organisation: str | None
    activity: str | None
    region: str | None

    @property
    def mark(self) -> Mark:
        return Mark(self.at, self.kind.value, self.id)


# What every part gives besides kind, id and moment; what a part does not give is empty.
_COLUMNS: dict[str, Any] = {
    **dict.fromkeys(("what", "code", "was", "text"), sa.String()),
    "due": sa.Date(),
    **dict.fromkeys(("many", "target", "actor", "adviser", "organisation", "activity", "region"), sa.Integer()),
}


# What a statement is filled in with: whose timeline, and where its page begins.
_CANDIDATE, _KEY = sa.bindparam("candidate", type_=sa.Integer), sa.bindparam("key", type_=sa.BigInteger)
_AT = sa.bindparam("at", type_=UtcDateTime())
_TEXTS = ((AdviceSession, "summary"), (StageSpan, "reason"), (MatchEvent, "reason"))
Seen = frozenset[tuple[type, str]]  # those of _TEXTS that somebody may see


def events(candidate_id: int, kinds: Collection[Kind], *, by: Identity, before: Mark | None = None, size: int) -> list[Event]:
    """The newest `size` lines of these kinds, or those that come after `before`, as far as this person sees the rows and their fields."""
    if not kinds:
        return []
    seen = frozenset(text for text in _TEXTS if may_see(by, *text))
    query = _statement(frozenset(kinds), seen, before.kind if before else None, size)
    place = {"at": before.at, "key": before.id} if before else {}
    return [Event(Kind(kind), *rest) for kind, *rest in db.session.execute(query, {"candidate": candidate_id, **place})]


def next_task(candidate_id: int) -> Task | None:
    """The open task with the earliest day, with its owner."""
    mine = sa.select(Task).where(Task.candidate_id == candidate_id, Task.done_at.is_(None))
    found: Task | None = db.session.scalar(mine.options(joinedload(Task.owner)).order_by(Task.due_on, Task.id).limit(1))
    return found


@lru_cache(maxsize=256)  # making it costs more than asking it
def _statement(kinds: frozenset[Kind], seen: Seen, after: int | None, size: int) -> sa.Select[Any]:
    parts = [sa.select(_part(kind, seen, after, size)) for kind in Kind if kind in kinds]
    line = sa.union_all(*parts).subquery("line")
    actor, adviser = aliased(UserProfile), aliased(UserProfile)
    named = (actor.name, adviser.name, Organisation.name, Activity.title, Region.name)
    facts = (line.c[name] for name in ("kind", "id", "at", "what", "code", "was", "text", "due", "many", "target"))
    return (
        sa.select(*facts, *named)
        .outerjoin(actor, actor.user_id == line.c.actor)
        .outerjoin(adviser, adviser.user_id == line.c.adviser)
        .outerjoin(Organisation, Organisation.id == line.c.organisation)
        .outerjoin(Activity, Activity.id == line.c.activity)
        .outerjoin(Region, Region.id == line.c.region)
        .order_by(line.c.at.desc(), line.c.kind.desc(), line.c.id.desc())
        .limit(size)
    )


def _part(kind: Kind, seen: Seen, after: int | None, size: int) -> sa.Subquery:
    """The newest lines of one kind; `after` is the kind at which the page before stopped."""
    query, at, key = _PARTS[kind](seen)
    if after is not None:
        older = at <= _AT if kind.value < after else at < _AT
        if kind.value == after:
            older = sa.or_(older, sa.and_(at == _AT, key < _KEY))
        query = query.having(older) if kind is Kind.LOOKED else query.where(older)
    found: sa.Subquery = query.order_by(at.desc(), key.desc()).limit(size).subquery()
    return found


def _line(kind: Kind, key: Any, at: Any, **given: Any) -> sa.Select[Any]:
    columns = (given.get(name, sa.cast(sa.null(), of)).label(name) for name, of in _COLUMNS.items())
    return sa.select(sa.literal(kind.value, sa.Integer).label("kind"), key.label("id"), at.label("at"), *columns)


def _name(column: Any) -> Any:
    """A member of a closed list by its name: the parts of a union share their types."""
    return sa.type_coerce(column, sa.String)


def _words(model: Any, name: str, seen: Seen) -> Any:
    """The beginning of a text, when its field is seen."""
    if (model, name) not in seen:
        return sa.cast(sa.null(), sa.String)
    return sa.func.substr(getattr(model, name), 1, LONGEST, type_=sa.String)


def _sessions(seen: Seen) -> Any:
    kinds = sa.type_coerce(AdviceSession.kinds, sa.Integer)
    facts = {"many": kinds, "text": _words(AdviceSession, "summary", seen), "target": AdviceSession.id, "actor": AdviceSession.adviser_id}
    query = _line(Kind.SESSION, AdviceSession.id, AdviceSession.held_at, **facts)
    return query.where(AdviceSession.candidate_id == _CANDIDATE), AdviceSession.held_at, AdviceSession.id


def _steps(seen: Seen) -> Any:
    """A span against the one before it: what of (stage, status, region, adviser) became different."""
    was = aliased(StageSpan)
    what = sa.case(
        (was.id.is_(None), "start"),
        (StageSpan.stage != was.stage, "stage"),
        (StageSpan.status != was.status, "status"),
        (StageSpan.in_region_id != was.in_region_id, "region"),
        else_="adviser",
    )
    status = what == "status"
    facts = {
        "what": what,
        "code": sa.case((status, _name(StageSpan.status)), else_=_name(StageSpan.stage)),
        "was": sa.case((status, _name(was.status)), else_=_name(was.stage)),
        "text": _words(StageSpan, "reason", seen),
        "actor": StageSpan.moved_by,
        "adviser": StageSpan.lead_adviser_id,
        "many": sa.case((StageSpan.lead_adviser_id.is_(None), 0), else_=1),
        "region": StageSpan.in_region_id,
    }
    before = sa.and_(was.candidate_id == StageSpan.candidate_id, was.seq == StageSpan.seq - 1)
    query = _line(Kind.STEP, StageSpan.id, StageSpan.entered_at, **facts).outerjoin(was, before)
    return query.where(StageSpan.candidate_id == _CANDIDATE), StageSpan.entered_at, StageSpan.id


def _matches(seen: Seen) -> Any:
    facts = {
        "code": _name(MatchEvent.state),
        "text": _words(MatchEvent, "reason", seen),
        "target": MatchEvent.match_id,
        "actor": MatchEvent.by_id,
        "organisation": MatchEvent.organisation_id,
    }
    query = _line(Kind.MATCH, MatchEvent.id, MatchEvent.at, **facts)
    return query.where(MatchEvent.candidate_id == _CANDIDATE), MatchEvent.at, MatchEvent.id


def _registered(seen: Seen) -> Any:
    """Registering; on the waiting list when nothing has changed since."""
    since = sa.case((Registration.state_at == Registration.created_at, _name(Registration.state)), else_=RegistrationState.CONFIRMED.name)
    facts = {"code": since, "target": Registration.id, "activity": Registration.activity_id}
    query = _line(Kind.REGISTERED, Registration.id, Registration.created_at, **facts)
    return query.where(Registration.candidate_id == _CANDIDATE), Registration.created_at, Registration.id


def _attendance(seen: Seen) -> Any:
    """What became of a registration."""
    facts = {"code": _name(Registration.state), "target": Registration.id, "activity": Registration.activity_id}
    query = _line(Kind.ATTENDANCE, Registration.id, Registration.state_at, **facts)
    changed = Registration.state_at > Registration.created_at
    return query.where(Registration.candidate_id == _CANDIDATE, changed), Registration.state_at, Registration.id


def _planned(seen: Seen) -> Any:
    facts = {"text": Task.title, "due": Task.due_on, "target": Task.id, "code": _name(Task.holder), "adviser": Task.owner_id}
    query = _line(Kind.PLANNED, Task.id, Task.created_at, **facts)
    return query.where(Task.candidate_id == _CANDIDATE), Task.created_at, Task.id


def _done(seen: Seen) -> Any:
    query = _line(Kind.DONE, Task.id, Task.done_at, text=Task.title, target=Task.id)
    return query.where(Task.candidate_id == _CANDIDATE, Task.done_at.is_not(None)), Task.done_at, Task.id


def _consents(seen: Seen) -> Any:
    facts = {"what": _name(Consent.event), "code": _name(Consent.purpose), "actor": Consent.recorded_by, "due": Consent.expires_on}
    query = _line(Kind.CONSENT, Consent.id, Consent.at, organisation=Consent.organisation_id, **facts)
    return query.where(Consent.candidate_id == _CANDIDATE), Consent.at, Consent.id


def _handovers(seen: Seen) -> Any:
    """The steps of handovers and referrals; `what` says which of the two."""
    facts = {
        "what": _name(Handover.kind),
        "code": _name(HandoverEvent.state),
        "text": HandoverEvent.note,
        "target": HandoverEvent.handover_id,
        "actor": HandoverEvent.by_id,
        "organisation": Handover.organisation_id,
        "region": Handover.to_region_id,
    }
    query = _line(Kind.HANDOVER, HandoverEvent.id, HandoverEvent.at, **facts).join(Handover, Handover.id == HandoverEvent.handover_id)
    return query.where(HandoverEvent.candidate_id == _CANDIDATE), HandoverEvent.at, HandoverEvent.id


def _looked(seen: Seen) -> Any:
    """Who opened the file: once a day for each kind of reader and way of looking, with how often."""
    token = sa.select(PersonToken.token).where(PersonToken.candidate_id == _CANDIDATE)
    who = (ReadEvent.actor_role, ReadEvent.actor_region_id, ReadEvent.actor_organisation_id, ReadEvent.channel)
    facts = {"what": _name(who[0]), "region": who[1], "organisation": who[2], "code": who[3], "many": sa.func.count()}
    last, key = sa.func.max(ReadEvent.at), sa.func.max(ReadEvent.id)
    query = _line(Kind.LOOKED, key, last, **facts).join(ReadSubject, ReadSubject.event_id == ReadEvent.id)
    day = sa.func.substr(sa.cast(ReadEvent.at, sa.String), 1, 10)
    return query.where(ReadSubject.token.in_(token), ReadEvent.channel.in_(OPENED)).group_by(day, *who), last, key


def _offers(kind: Kind, at: Any) -> Any:
    """What was set out, by its title, or the name of its route."""
    title = sa.func.coalesce(Article.title, Programme.name, Organisation.name, Activity.title)
    actor = {"actor": Offer.offered_by} if kind is Kind.OFFERED else {}
    query = _line(kind, Offer.id, at, text=title, code=_name(Offer.route), target=Offer.id, **actor)
    for relation in (Offer.article, Offer.programme, Offer.organisation, Offer.activity):
        query = query.outerjoin(relation)
    return query.where(Offer.candidate_id == _CANDIDATE), at, Offer.id


def _offered(seen: Seen) -> Any:
    return _offers(Kind.OFFERED, Offer.offered_at)


def _read(seen: Seen) -> Any:
    """The first time that the candidate opened it."""
    query, at, key = _offers(Kind.READ, Offer.read_at)
    return query.where(Offer.read_at.is_not(None)), at, key


def _threads(seen: Seen) -> Any:
    """A conversation one to one, once: where its newest message stands."""
    query = _line(Kind.MESSAGE, Thread.id, Thread.last_at, text=Thread.subject, target=Thread.id, organisation=Thread.organisation_id)
    return query.where(Thread.candidate_id == _CANDIDATE), Thread.last_at, Thread.id


_PARTS = {
    Kind.STEP: _steps,
    Kind.CONSENT: _consents,
    Kind.PLANNED: _planned,
    Kind.DONE: _done,
    Kind.REGISTERED: _registered,
    Kind.ATTENDANCE: _attendance,
    Kind.MATCH: _matches,
    Kind.SESSION: _sessions,
    Kind.LOOKED: _looked,
    Kind.HANDOVER: _handovers,
    Kind.OFFERED: _offered,
    Kind.READ: _read,
    Kind.MESSAGE: _threads,
}
