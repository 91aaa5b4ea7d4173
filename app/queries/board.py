"""The status board: the first cards of each column and how many there are, now or at the end of a day in the past.

A column is a stage, with those who are active in it, or a status with everybody who has it. The first cards and the numbers come from
an index, column by column.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from app.enums import Holder, Sector, Signal, Source, Stage, Status
from app.models import Candidate, ChangeLog, StageSpan, Task, UserProfile, has_any
from app.queries import signals
from app.queries.signals import Criterion, Moment

Column = Stage | Status
STATUSES = (Status.WAITING, Status.PAUSED, Status.COMPLETED, Status.LEFT)
COLUMNS: tuple[Column, ...] = (*Stage, *STATUSES)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}
FIRST = 20
MOST = 200  # cards of one column; a filter shows the others
LATE = 1000  # changes: a number that is handed out early and committed late lies within so many


@dataclass(frozen=True)
class Card:
    """One candidate on the board. `seq` is the step at which it was seen, `since` when the stage was reached."""

    id: int
    number: str
    name: str
    column: Column
    stage: Stage
    seq: int
    since: datetime
    adviser_id: int | None
    adviser: str | None
    until: date | None = None
    next_on: date | None = None
    next_title: str | None = None
    holder: Holder | None = None
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True)
class Pile:
    """The first cards of a column, and how many stand there."""

    cards: tuple[Card, ...] = ()
    total: int = 0


@dataclass(frozen=True)
class Chosen:
    """What the board is filtered by; of each one of the values, and nothing chosen is everything."""

    advisers: tuple[int, ...] = ()
    regions: tuple[int, ...] = ()
    sectors: tuple[Sector, ...] = ()
    sources: tuple[Source, ...] = ()
    signals: tuple[Signal, ...] = ()

    def of_candidates(self) -> list[Criterion]:
        """What also holds for a day in the past."""
        found = []
        if self.sectors:
            found.append(has_any(Candidate.wanted_sectors, self.sectors))
        if self.sources:
            found.append(Candidate.source.in_(self.sources))
        return found

    def now(self, at: Moment) -> list[Criterion]:
        """All of it, as criteria on Candidate."""
        found = self.of_candidates()
        if self.advisers:
            found.append(Candidate.lead_adviser_id.in_(self.advisers))
        if self.regions:
            found.append(Candidate.region_id.in_(self.regions))
        if self.signals:
            found.append(sa.or_(*(signals.having(signal, at) for signal in self.signals)))
        return found


@dataclass(frozen=True)
class Wanted:
    """Which part of the board: its columns, how many cards of each (FIRST unless told), and one candidate who is shown in any case."""

    columns: Sequence[Column] = COLUMNS
    most: Mapping[Column, int] = field(default_factory=dict)
    also: int | None = None


@dataclass(frozen=True)
class Mark:
    """How far the log of changes in one's regions has come: the newest line when the board was opened, and how many there are since.

    A line that was numbered before and committed after that moment counts as well.
    """

    newest: int = 0
    count: int = 0


def column_of(stage: Stage, status: Status) -> Column:
    """Where somebody stands; HANDED_OVER is a status without a column."""
    return stage if status is Status.ACTIVE else status


# -- now --


def present(session: Any, at: Moment, chosen: Chosen, wanted: Wanted) -> tuple[dict[Column, Pile], Mark]:
    """The columns as they are now: no date first, then the earliest next action; with the mark of the log. One statement, and a second
    one when nobody is there."""
    where = chosen.now(at)
    first = sa.union_all(*_parts(wanted, lambda column, most: _undated_first(column, most, where), where)).subquery()
    numbers = _numbers(Candidate, wanted.columns, where)
    log = _log()
    query = (
        sa.select(*_SHOWN, _NEXT, signals.bits(at).label("signals"), first.c.place, numbers.c.total, log.c.newest, log.c.changes)
        .select_from(Candidate)
        .join(log, sa.true())
        .join(first, first.c.id == Candidate.id)
        .join(numbers, numbers.c.place == first.c.place)
        .outerjoin(UserProfile, UserProfile.user_id == Candidate.lead_adviser_id)
        .order_by(Candidate.next_action_on.is_not(None), Candidate.next_action_on, Candidate.id)
    )
    lines = session.execute(query).all()
    newest, changes = (lines[0].newest, lines[0].changes) if lines else session.execute(sa.select(log)).one()
    return _piles(lines, _card), Mark(int(newest), int(changes))


def _parts(wanted: Wanted, first: Callable[[Column, int], Any], where: Sequence[Criterion]) -> list[Any]:
    parts = [first(column, wanted.most.get(column, FIRST)) for column in wanted.columns]
    if wanted.also is not None:
        of_board = _place(Candidate).in_([column.name for column in wanted.columns])
        parts.append(sa.select(Candidate.id, _place(Candidate).label("place")).where(Candidate.id == wanted.also, of_board, *where))
    return parts


def _undated_first(column: Column, most: int, where: Sequence[Criterion]) -> sa.Select[Any]:
    """Two walks along the index, for the databases do not agree on where nothing stands in an order."""
    day = Candidate.next_action_on
    of_column = sa.select(Candidate.id, day.label("day")).where(*_in_column(Candidate, column), *where)
    undated = of_column.where(day.is_(None)).order_by(day, Candidate.id).limit(most).subquery()  # PostgreSQL would walk the key
    dated = of_column.where(day.is_not(None)).order_by(day, Candidate.id).limit(most).subquery()
    both = sa.union_all(sa.select(undated), sa.select(dated)).subquery()
    some = sa.select(both.c.id).order_by(both.c.day.is_not(None), both.c.day, both.c.id).limit(most).subquery()
    return sa.select(some.c.id, sa.literal(column.name).label("place"))


def _in_column(model: Any, column: Column) -> tuple[Criterion, ...]:
    if isinstance(column, Stage):
        return (model.status == Status.ACTIVE, model.stage == column)
    return (model.status == column,)


def _numbers(model: Any, columns: Sequence[Column], where: Sequence[Criterion]) -> Any:
    """(place, total): a count for each column, so that each walks the index of its column; one GROUP BY walked another one."""
    counts = (
        sa.select(sa.literal(column.name).label("place"), sa.func.count().label("total"))
        .select_from(model)
        .where(*_in_column(model, column), *where)
        for column in columns
    )
    return sa.union_all(*counts).subquery()


def _place(model: Any) -> Any:
    return sa.case((model.status == Status.ACTIVE, sa.cast(model.stage, sa.String)), else_=sa.cast(model.status, sa.String))


_NEXT = (
    sa.select(Task.title)
    .where(Task.candidate_id == Candidate.id, Task.done_at.is_(None), Task.due_on == Candidate.next_action_on)
    .order_by(Task.id)
    .limit(1)
    .correlate(Candidate)
    .scalar_subquery()
    .label("next_title")
)
_SHOWN: tuple[Any, ...] = (
    Candidate.id, Candidate.number, Candidate.name, Candidate.stage, Candidate.status, Candidate.stage_seq, Candidate.stage_entered_at,
    Candidate.status_until, Candidate.next_action_on, Candidate.holder, Candidate.lead_adviser_id, UserProfile.name.label("adviser"),
)  # fmt: skip


def _card(line: Any) -> Card:
    return Card(
        id=line.id,
        number=line.number,
        name=line.name,
        column=column_of(line.stage, line.status),
        stage=line.stage,
        seq=line.stage_seq,
        since=line.stage_entered_at,
        adviser_id=line.lead_adviser_id,
        adviser=line.adviser,
        until=line.status_until,
        next_on=line.next_action_on,
        next_title=line.next_title,
        holder=line.holder,
        signals=tuple(signals.of_bits(line.signals)),
    )


def _piles(lines: Collection[Any], card: Callable[[Any], Card]) -> dict[Column, Pile]:
    """The cards by column; somebody who was asked for in two ways stands there once."""
    cards: dict[Column, dict[int, Card]] = {}
    totals: dict[Column, int] = {}
    for line in lines:
        column = BY_NAME[line.place]
        cards.setdefault(column, {})[line.id] = card(line)
        totals[column] = int(line.total)
    return {column: Pile(tuple(found.values()), totals[column]) for column, found in cards.items()}


# -- a day in the past --


def past(session: Any, end: datetime, regions: Collection[int], chosen: Chosen, wanted: Wanted) -> dict[Column, Pile]:
    """The columns as they were at a moment, of those who stood in one of these regions then: the longest in it first; one statement.

    Who has left the region since is not there: the file and its history went along. What would happen next is not kept, nor signals.
    """
    span = StageSpan
    where = [*_at(end), span.in_region_id.in_(chosen.regions or sorted(regions))]
    if chosen.advisers:
        where.append(span.lead_adviser_id.in_(chosen.advisers))
    if about := chosen.of_candidates():
        where.append(span.candidate_id.in_(sa.select(Candidate.id).where(*about)))
    first = sa.union_all(*_parts(wanted, lambda column, most: _longest_first(column, most, where), ())).subquery()
    numbers = _numbers(span, wanted.columns, where)
    query = (
        sa.select(
            Candidate.id, Candidate.number, Candidate.name, span.stage, span.status, span.seq, _reached().label("since"),
            span.lead_adviser_id, UserProfile.name.label("adviser"), first.c.place, numbers.c.total,
        )
        .select_from(span)
        .join(first, first.c.id == span.id)
        .join(numbers, numbers.c.place == first.c.place)
        .join(Candidate, Candidate.id == span.candidate_id)
        .outerjoin(UserProfile, UserProfile.user_id == span.lead_adviser_id)
        .order_by(span.entered_at, span.id)
    )  # fmt: skip
    return _piles(session.execute(query).all(), _past_card)


def _at(end: datetime) -> tuple[Criterion, Criterion]:
    return StageSpan.entered_at < end, sa.or_(StageSpan.left_at.is_(None), StageSpan.left_at >= end)


def _longest_first(column: Column, most: int, where: Sequence[Criterion]) -> sa.Select[Any]:
    of_column = sa.select(StageSpan.id).where(*_in_column(StageSpan, column), *where)
    some = of_column.order_by(StageSpan.entered_at, StageSpan.id).limit(most).subquery()
    return sa.select(some.c.id, sa.literal(column.name).label("place"))


def _reached() -> Any:
    """When the stage of a span was reached: spans before it with the same stage count along."""
    earlier = sa.orm.aliased(StageSpan)
    other = (earlier.candidate_id == StageSpan.candidate_id, earlier.seq < StageSpan.seq, earlier.stage != StageSpan.stage)
    last = sa.select(sa.func.max(earlier.left_at)).where(*other).correlate(StageSpan).scalar_subquery()
    first = sa.select(earlier.entered_at).where(earlier.candidate_id == StageSpan.candidate_id, earlier.seq == 0).correlate(StageSpan)
    return sa.type_coerce(sa.func.coalesce(last, first.scalar_subquery()), StageSpan.entered_at.type)


def _past_card(line: Any) -> Card:
    return Card(
        id=line.id,
        number=line.number,
        name=line.name,
        column=column_of(line.stage, line.status),
        stage=line.stage,
        seq=line.seq,
        since=line.since,
        adviser_id=line.lead_adviser_id,
        adviser=line.adviser,
    )


# -- has anything changed --


def _log() -> Any:
    """The mark as it would be for a board that is opened now, in one row."""
    newest = sa.select(sa.func.coalesce(sa.func.max(ChangeLog.id), 0).label("newest")).cte("newest")
    return sa.select(newest.c.newest, _since(newest.c.newest).label("changes")).subquery()


def mark(session: Any, newest: int) -> Mark:
    """The mark now, from the line that was the newest when the board was opened; one statement along the key."""
    return Mark(newest, int(session.execute(sa.select(_since(newest))).scalar_one()))


def _since(newest: Any) -> Any:
    return sa.select(sa.func.count()).select_from(ChangeLog).where(ChangeLog.id > newest - LATE).scalar_subquery()
