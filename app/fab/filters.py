"""Filters in FAB's language (`_flt_<n>_<column>=<value>`), with FAB's numbering, on our column types.

A value that makes no sense is refused with a sentence (BadInput); FAB would answer 500 or show everything.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from datetime import date, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.filters import BaseFilter, BaseFilterConverter
from flask_babel import gettext, lazy_gettext

from app.adapters import clock
from app.errors import BadInput
from app.models import has_any

LONGEST_VALUE = 200
_WHOLE = re.compile(r"-?\d{1,15}", re.ASCII)


def bad_value(label: Any = "") -> BadInput:
    """The sentence for a filter value that cannot be used."""
    return BadInput(gettext("This filter has a value that cannot be used. Remove the filter and choose again."))


def parse_int(text: str) -> int:
    """A whole number that a database column can hold; BadInput for anything else."""
    if not _WHOLE.fullmatch(text.strip()):
        raise bad_value()
    return int(text)


def parse_date(text: str) -> date:
    """2026-11-24 or 24-11-2026; BadInput for anything else."""
    parts = text.strip().split("-")
    try:
        if len(parts) == 3 and len(parts[2]) == 4:
            parts.reverse()
        return date(*(int(part) for part in parts))
    except (ValueError, TypeError, OverflowError) as problem:
        raise bad_value() from problem


class LoketFilter(BaseFilter):
    """One operator on one column. Subclasses say `condition(column, value)`."""

    kind = "text"
    choices: type[Enum] | None = None

    def apply(self, query: Any, value: Any) -> Any:
        values = [str(one) for one in (value if isinstance(value, list) else [value])]
        if any(len(one) > LONGEST_VALUE for one in values):
            raise bad_value()
        return query.filter(sa.or_(*(self.condition(self.column(), one) for one in values)))

    def column(self) -> Any:
        return getattr(self.model, self.column_name)

    @abstractmethod
    def condition(self, column: Any, value: str) -> Any:
        """What a row must meet for this one value. Raises what `bad_value` gives for a value that cannot be meant."""


class TextFilter(LoketFilter):
    """Case-insensitive; wildcards in the value are letters."""

    shape = "{}"
    negate = False

    def condition(self, column: Any, value: str) -> Any:
        literal = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found = column.ilike(self.shape.format(literal), escape="\\")
        return sa.or_(~found, column.is_(None)) if self.negate else found


def _text(name: Any, argument: str, pattern: str, *, no: bool = False) -> type[TextFilter]:
    return type(f"Text_{argument}", (TextFilter,), {"name": name, "arg_name": None, "shape": pattern, "negate": no})


class Compare(LoketFilter):
    """Equal, greater, smaller or unequal, for numbers and dates."""

    operator = "eq"

    def parse(self, value: str) -> Any:
        return parse_int(value)

    def condition(self, column: Any, value: str) -> Any:
        wanted = self.parse(value)
        return {"eq": column == wanted, "gt": column > wanted, "lt": column < wanted, "ne": column != wanted}[self.operator]


class CompareDate(Compare):
    kind = "date"

    def parse(self, value: str) -> Any:
        return parse_date(value)


class CompareMoment(CompareDate):
    """A day on the Dutch calendar against a moment: on that day, after it, before it, not on it."""

    def condition(self, column: Any, value: str) -> Any:
        on = self.parse(value)
        try:
            start, end = clock.at_midnight(on), clock.at_midnight(on + timedelta(days=1))
        except (OverflowError, ValueError) as problem:
            raise bad_value() from problem
        within = sa.and_(column >= start, column < end)
        return {"eq": within, "gt": column >= end, "lt": column < start, "ne": ~within}[self.operator]


_NAMES = {"eq": lazy_gettext("is"), "gt": lazy_gettext("after"), "lt": lazy_gettext("before"), "ne": lazy_gettext("is not")}
_NUMBER_NAMES = {**_NAMES, "gt": lazy_gettext("more than"), "lt": lazy_gettext("less than")}


def _compared(base: type[Compare]) -> list[type[LoketFilter]]:
    names = _NUMBER_NAMES if base is Compare else _NAMES
    return [type(f"{base.__name__}_{operator}", (base,), {"operator": operator, "name": names[operator]}) for operator in names]


class EnumIs(LoketFilter):
    """One of a closed list, by the English name."""

    name = lazy_gettext("is")
    kind = "choice"

    def members(self) -> Any:
        return self.column().type.enum_class

    def member(self, value: str) -> Enum:
        try:
            return self.members()[value]
        except KeyError as problem:
            raise bad_value() from problem

    def condition(self, column: Any, value: str) -> Any:
        return column == self.member(value)


class EnumIsNot(EnumIs):
    name = lazy_gettext("is not")

    def condition(self, column: Any, value: str) -> Any:
        return sa.or_(column != self.member(value), column.is_(None))


class SetHas(EnumIs):
    """The set in the column holds this member."""

    name = lazy_gettext("includes")

    def members(self) -> type[Enum]:
        return self.column().type.of

    def condition(self, column: Any, value: str) -> Any:
        return has_any(column, [self.member(value)])


class BoolIs(LoketFilter):
    name = lazy_gettext("is")
    kind = "bool"

    def condition(self, column: Any, value: str) -> Any:
        if value.casefold() not in ("1", "0", "true", "false", "y", "n"):
            raise bad_value()
        return column.is_(value.casefold() in ("1", "true", "y"))


class RelationIs(LoketFilter):
    """The relation points to the row with this id."""

    name = lazy_gettext("is")
    kind = "relation"

    def column(self) -> Any:
        relation = getattr(self.model, self.column_name).property
        return getattr(self.model, next(iter(relation.local_columns)).key)

    def condition(self, column: Any, value: str) -> Any:
        return column == parse_int(value)


class RelationIsNot(RelationIs):
    name = lazy_gettext("is not")

    def condition(self, column: Any, value: str) -> Any:
        return sa.or_(column != parse_int(value), column.is_(None))


class ManyHas(LoketFilter):
    """One of the many related rows has this id, through the association table."""

    name = lazy_gettext("includes")
    kind = "relation"

    def condition(self, column: Any, value: str) -> Any:
        relation = column.property
        link = relation.secondary
        own, other = (pair[1] for pair in (relation.synchronize_pairs[0], relation.secondary_synchronize_pairs[0]))
        ids = sa.select(link.c[own.key]).where(link.c[other.key] == parse_int(value))
        return self.model.id.in_(ids)


TEXT_FILTERS = [
    _text(lazy_gettext("starts with"), "sw", "{}%"),
    _text(lazy_gettext("ends with"), "ew", "%{}"),
    _text(lazy_gettext("contains"), "ct", "%{}%"),
    _text(lazy_gettext("is"), "eq", "{}"),
    _text(lazy_gettext("does not start with"), "nsw", "{}%", no=True),
    _text(lazy_gettext("does not end with"), "new", "%{}", no=True),
    _text(lazy_gettext("does not contain"), "nct", "%{}%", no=True),
    _text(lazy_gettext("is not"), "neq", "{}", no=True),
]


class LoketFilterConverter(BaseFilterConverter):
    """Which operators a column has; the order is FAB's, so that its query arguments mean the same."""

    conversion_table = (
        ("is_relation_many_to_one", [RelationIs, RelationIsNot]),
        ("is_relation_one_to_one", [RelationIs, RelationIsNot]),
        ("is_relation_many_to_many", [ManyHas]),
        ("is_enum_set", [SetHas]),
        ("is_enum", [EnumIs, EnumIsNot]),
        ("is_text", TEXT_FILTERS),
        ("is_string", TEXT_FILTERS),
        ("is_boolean", [BoolIs]),
        ("is_integer", _compared(Compare)),
        ("is_datetime", _compared(CompareMoment)),
        ("is_date", _compared(CompareDate)),
    )

    def convert(self, col_name: str) -> list[BaseFilter] | None:
        if col_name in self.datamodel.worked_out:
            return [one(col_name, self.datamodel) for one in self.datamodel.worked_out[col_name]]
        for question, filters in self.conversion_table:
            if getattr(self.datamodel, question)(col_name):
                return [one(col_name, self.datamodel) for one in filters]
        return None
