"""Rows go to the database in large portions, parents before children."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.dialects.postgresql import REGCLASS

from app.models import UtcDateTime

PORTION = 5_000


class Writer:
    """Keeps rows until `flush`, counts them, and hands out ids."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.counts: Counter[str] = Counter()
        self._order = Model.metadata.sorted_tables
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._ids: Counter[str] = Counter()
        self._statements: dict[str, _Insert] = {}

    def next_id(self, table: str) -> int:
        """The next key of a table, from 1."""
        self._ids[table] += 1
        return self._ids[table]

    def give_ids(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Number rows on from the last key of their table."""
        last = self._ids[table]
        for row in rows:
            last += 1
            row["id"] = last
        self._ids[table] = last

    def last_id(self, table: str) -> int:
        """The key that was given last."""
        return self._ids[table]

    def add(self, table: str, row: dict[str, Any]) -> None:
        """Keep one row. All rows of one table name the same columns."""
        self._rows[table].append(row)

    def extend(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Keep many rows."""
        self._rows[table].extend(rows)

    def flush(self) -> None:
        """Write what is kept."""
        for table in self._order:
            rows = self._rows.pop(table.name, None)
            if not rows:
                continue
            if table.name not in self._statements:
                self._statements[table.name] = _Insert(table, list(rows[0]), self.connection.dialect)
            for start in range(0, len(rows), PORTION):
                self._statements[table.name].execute(self.connection, rows[start : start + PORTION])
            self.counts[table.name] += len(rows)

    @contextmanager
    def indexes_afterwards(self) -> Iterator[None]:
        """Build the indexes at the end instead of row by row: for a million candidates that saves minutes. Ours is the only writer."""
        present = {(index["name"], table.name) for table in self._order for index in sa.inspect(self.connection).get_indexes(table.name)}
        indexes = [index for table in self._order for index in table.indexes if (index.name, table.name) in present]
        for index in indexes:
            index.drop(self.connection)
        yield
        for index in indexes:
            index.create(self.connection)

    def move_sequences(self) -> None:
        """PostgreSQL: the next key that the database hands out comes after ours."""
        if self.connection.dialect.name != "postgresql":
            return
        for table in self._order:
            if self.counts[table.name] and "id" in table.c:
                highest = sa.select(sa.func.max(table.c.id)).scalar_subquery()
                sequence = sa.cast(f"{table.name}_id_seq", REGCLASS)
                self.connection.execute(sa.select(sa.func.setval(sequence, highest)))


class _Insert:
    """An INSERT that is compiled once and whose values are converted column by column: a third of the time of a plain execute().

    Every column without a value in the rows must have a default in the database or be nullable.
    """

    def __init__(self, table: sa.Table, names: list[str], dialect: sa.Dialect) -> None:
        columns = [table.c[name] for name in names]
        self._names = names
        self._convert = [_converter(column, dialect) for column in columns]
        self._arrays = dialect.name == "postgresql"
        if self._arrays:
            # One statement for a whole portion: an array for each column, taken apart side by side.
            arrays = [sa.func.unnest(sa.bindparam(column.name, type_=sa.ARRAY(_stored_as(column.type)))) for column in columns]
            self._statement: Any = sa.insert(table).from_select(names, sa.select(*arrays), include_defaults=False)
        else:
            compiled = sa.insert(table).values({name: sa.bindparam(name) for name in names}).compile(dialect=dialect)
            self._names = list(compiled.positiontup or names)
            self._convert = [_converter(table.c[name], dialect) for name in self._names]
            self._statement = str(compiled)

    def execute(self, connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
        columns: list[Iterable[Any]] = []
        for name, convert in zip(self._names, self._convert, strict=True):
            values = [row[name] for row in rows]
            columns.append(values if convert is None else map(convert, values))
        if self._arrays:
            connection.execute(self._statement, {name: list(values) for name, values in zip(self._names, columns, strict=True)})
        else:
            connection.exec_driver_sql(self._statement, list(zip(*columns, strict=True)))


def _stored_as(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """The plain type below ours, for values that are converted already."""
    if isinstance(kind, sa.Enum):
        return sa.String()
    return kind.impl_instance if isinstance(kind, sa.TypeDecorator) else kind


def _converter(column: sa.Column[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    """How a value of a column goes to the driver; None: as it is."""
    kind = column.type
    if isinstance(kind, sa.Enum) and kind.enum_class is not None:
        if not column.nullable:
            return attrgetter("_name_")  # `name` is a slow property
        names: dict[Any, str | None] = {None: None} | {member: member.name for member in kind.enum_class}
        return names.__getitem__
    if dialect.name == "postgresql" and isinstance(kind, sa.JSON):
        return None  # the array converts it
    if dialect.name == "sqlite" and isinstance(kind, UtcDateTime):
        return _sqlite_moment
    if dialect.name == "sqlite" and isinstance(kind, sa.Date):
        return _sqlite_date
    processor: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return processor


def _sqlite_moment(value: datetime | None) -> str | None:
    """What SQLAlchemy stores for a moment in UTC, at a fifth of the cost. Ours are in UTC."""
    return None if value is None else value.isoformat(" ", "microseconds")[:26]


def _sqlite_date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
