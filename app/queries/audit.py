"""What the seals are made of and checked against: rows of the logs as they are sealed, by seal, in streams.

Statements on bare connections: a seal is made inside the transaction that it closes, and checked against one state of the database.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from app.models import ChangeLog, LogHead, LogSeal, ReadEvent, ReadSubject

CHUNK = 2_000  # rows fetched at a time
LETTERS = {"change_log": "c", "read_event": "r"}
LOGS: dict[str, Any] = {"c": ChangeLog, "r": ReadEvent}
_CHANGE, _READ = ([attribute.columns[0] for attribute in sa.inspect(log).column_attrs] for log in (ChangeLog, ReadEvent))


def rows(connection: sa.Connection, letter: str, *where: sa.ColumnElement[bool]) -> Iterator[tuple[int, int, list[Any], Iterator[str]]]:
    """Every row of a log, by seal and key: its seal, its key, its columns and, of a look, whose files it was about.

    The last one is read while it is used: finish it before you take the next row.
    """
    columns, found = (_CHANGE, _changes(connection, where)) if letter == "c" else (_READ, _reads(connection, where))
    names = [column.name for column in columns]
    seal, key = names.index("seal_id"), names.index("id")
    return ((row[seal], row[key], row, tokens) for row, tokens in found)


def _changes(connection: sa.Connection, where: Any) -> Iterator[tuple[list[Any], Iterator[str]]]:
    query = sa.select(*_CHANGE).where(*where).order_by(ChangeLog.seal_id, ChangeLog.id)
    return ((list(row), iter(())) for row in stream(connection, query))


def _reads(connection: sa.Connection, where: Any) -> Iterator[tuple[list[Any], Iterator[str]]]:
    query = sa.select(*_READ, ReadSubject.token).outerjoin(ReadSubject, ReadSubject.event_id == ReadEvent.id).where(*where)
    by_bytes = sa.collate(ReadSubject.token, "C" if connection.dialect.name == "postgresql" else "BINARY")
    lines = stream(connection, query.order_by(ReadEvent.seal_id, ReadEvent.id, by_bytes))
    for event, group in groupby(lines, key=lambda line: tuple(line[:-1])):
        yield list(event), (line[-1] for line in group if line[-1] is not None)


def columns_of(event: ReadEvent) -> list[Any]:
    """The columns of an event as it was just written."""
    return [getattr(event, attribute.key) for attribute in sa.inspect(ReadEvent).column_attrs]


def stream(connection: sa.Connection, query: sa.Select[Any]) -> Generator[Any, None, None]:
    """The rows of a query, never all at once in memory."""
    with connection.execute(query, execution_options={"yield_per": CHUNK}) as found:
        yield from found


def in_chains(since: int) -> Any:
    """The seals from this number on, chain by chain; the one before the first of each comes along."""
    first = sa.select(LogSeal.chain, (sa.func.min(LogSeal.seq) - 1).label("seq")).where(LogSeal.id >= since).group_by(LogSeal.chain)
    start = first.subquery()
    query = sa.select(LogSeal.chain, LogSeal.seq, LogSeal.id, LogSeal.at, LogSeal.items, LogSeal.mac)
    return query.join(start, sa.and_(start.c.chain == LogSeal.chain, LogSeal.seq >= start.c.seq)).order_by(LogSeal.chain, LogSeal.seq)


def ends(*where: sa.ColumnElement[bool]) -> Any:
    """Of each chain with seals like this the last one: name, seq, mac."""
    last = _last(where)
    query = sa.select(LogSeal.chain, LogSeal.seq, LogSeal.mac)
    return query.join(last, sa.and_(last.c.chain == LogSeal.chain, last.c.seq == LogSeal.seq)).order_by(LogSeal.chain)


def up_to_ends(*where: sa.ColumnElement[bool]) -> Any:
    """The numbers of those last seals and of all before them in their chains."""
    last = _last(where)
    return sa.select(LogSeal.id).join(last, sa.and_(last.c.chain == LogSeal.chain, last.c.seq >= LogSeal.seq))


def _last(where: tuple[sa.ColumnElement[bool], ...]) -> sa.Subquery:
    return sa.select(LogSeal.chain, sa.func.max(LogSeal.seq).label("seq")).where(*where).group_by(LogSeal.chain).subquery()


def by_number(since: int) -> Any:
    """The seals from this number on, in the order of their numbers."""
    return sa.select(LogSeal.id, LogSeal.chain, LogSeal.seq, LogSeal.items).where(LogSeal.id >= since).order_by(LogSeal.id)


def heads() -> Any:
    """All heads, the first one first."""
    return sa.select(LogHead.seq, LogHead.at, LogHead.content, LogHead.mac).order_by(LogHead.seq)
