"""Column types and small mixins that the models share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, column_property, declared_attr, mapped_column, relationship


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware moment, kept in UTC. Refuses a naive datetime (ValueError): nobody can say when it was."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EnumSet(sa.types.TypeDecorator[frozenset[Any]]):
    """A set of members of one closed list in one integer: bit n is the n-th member in the order of definition."""

    impl = sa.Integer
    cache_ok = True

    def __init__(self, of: type[Enum]) -> None:
        super().__init__()
        self.of = of

    def process_bind_param(self, value: Any, dialect: Any) -> int:
        return value if isinstance(value, int) else mask(self.of, value or ())

    def process_result_value(self, value: int | None, dialect: Any) -> frozenset[Any]:
        return frozenset(member for bit, member in enumerate(self.of) if (value or 0) & (1 << bit))

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return sa.Integer()


def mask(of: type[Enum], members: Iterable[Enum]) -> int:
    """The integer that EnumSet stores for these members."""
    order = list(of)
    return sum(1 << order.index(member) for member in set(members))


def has_any(column: Any, members: Iterable[Enum]) -> sa.ColumnElement[bool]:
    """SQL: the set in this column holds at least one of the members."""
    of = column.type.of
    return sa.type_coerce(column, sa.Integer).op("&")(mask(of, members)) != 0


def stored_enum(of: type[Enum]) -> sa.Enum:
    """A closed list, stored by the English name of its members."""
    return sa.Enum(of, native_enum=False, length=24, validate_strings=True)


class Versioned:
    """Carries the counter with which an edit notices that somebody else was first."""

    version: Mapped[int] = mapped_column(default=1, server_default="1")


class OfCandidate:
    """A row that belongs to one candidate: it carries the candidate's region, and follows it when the file moves.

    The composite foreign key makes it impossible to hang a row on a candidate of another region by a guessed id.
    """

    candidate_id: Mapped[int] = mapped_column(index=True)
    region_id: Mapped[int] = mapped_column()

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (candidate_key(),)

    @declared_attr
    def candidate(cls) -> Mapped[Any]:
        return candidate_relationship(cls)


def candidate_key() -> sa.ForeignKeyConstraint:
    """The composite foreign key to a candidate and its region."""
    return sa.ForeignKeyConstraint(
        ["candidate_id", "region_id"], ["candidate.id", "candidate.region_id"], onupdate="CASCADE", ondelete="CASCADE"
    )


def candidate_relationship(cls: Any, **options: Any) -> Any:
    """Many-to-one to the candidate by id; the composite key guards the region."""
    return relationship(
        "Candidate",
        primaryjoin=lambda: sa.orm.remote(_candidate().id) == sa.orm.foreign(cls.candidate_id),
        **options,
    )


def number_of_candidate(cls: Any) -> Any:
    """The candidate's number on a row that somebody may see without seeing the candidate."""
    return of_candidate(cls, "number", sa.String())


def of_candidate(cls: Any, name: str, kind: Any) -> Any:
    """One column of the candidate on a row that somebody may see without seeing the candidate: the bare table, past the wall on purpose."""
    candidate = sa.table("candidate", sa.column("id", sa.Integer), sa.column(name, kind))
    found = sa.select(candidate.c[name]).where(candidate.c.id == cls.candidate_id)
    return column_property(found.correlate_except(candidate).scalar_subquery())


def _candidate() -> Any:
    from app.models.candidate import Candidate  # noqa: PLC0415  the module imports this one

    return Candidate
