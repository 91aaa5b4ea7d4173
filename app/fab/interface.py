"""FAB's data interface on our terms: ids from an index first, capped counts, eager relations, no questions per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext
from sqlalchemy.orm import joinedload

from app.errors import BadInput
from app.extensions import db
from app.fab.filters import LoketFilterConverter
from app.models import EnumSet, UtcDateTime

COUNT_CAP = 10_000  # beyond it a list says "10.000+"
DEEPEST = 100_000  # rows that can be paged to; narrower filters reach the rest


_BESIDE = "beside"


def beside_of(row: Any, name: str) -> Any:
    """What `page` asked about a row besides its columns; None where it did not."""
    return sa.inspect(row).info.get(_BESIDE, {}).get(name)


class LoketInterface(SQLAInterface):
    """A model behind a screen. `eager` names the relations that its lists show; `worked_out` has the filters of what is no column."""

    filter_converter_class = LoketFilterConverter

    def __init__(self, obj: Any, eager: Sequence[str] = (), worked_out: Mapping[str, Sequence[Any]] | None = None) -> None:
        self.eager, self.worked_out = tuple(eager), dict(worked_out or {})
        super().__init__(obj, None)

    @property
    def session(self) -> Any:
        return db.session

    def is_enum_set(self, column: str) -> bool:
        return column in self.list_columns and isinstance(self.list_columns[column].type, EnumSet)

    def is_integer(self, column: str) -> bool:
        return not self.is_enum_set(column) and super().is_integer(column)

    def is_datetime(self, column: str) -> bool:
        return column in self.list_columns and isinstance(self.list_columns[column].type, UtcDateTime)

    def get_columns_list(self) -> list[str]:
        """The columns that FAB looks filters up for: all but the mere keys of relations."""
        return [name for name in super().get_columns_list() if name not in {"user"}]

    def page(
        self, filters: Any, where: Sequence[Any], order: tuple[Any, bool], page: int, size: int, beside: Mapping[str, Any] | None = None
    ) -> tuple[list[Any], int]:
        """The rows of one page and the number of rows, counted up to COUNT_CAP + 1. One statement, whatever the size; beyond the last
        page two.

        `order` is (expression, descending); the key breaks ties. `beside` are more expressions to ask about each row (`beside_of`).
        Raises BadInput beyond DEEPEST.
        """
        if page * size > DEEPEST:
            raise BadInput(gettext("This page lies too deep in the list. Use a filter or a search to come closer."))
        key = self.get_pk()
        ids = self.narrowed(db.session.query(key), filters, where)
        column, descending = order
        turn = sa.desc if descending else sa.asc
        ordered = ids.order_by(turn(column), turn(key)) if column is not key else ids.order_by(turn(key))
        total = db.session.query(sa.func.count()).select_from(ids.limit(COUNT_CAP + 1).subquery())
        chosen = ordered.offset(page * size).limit(size).subquery()
        more = dict(beside or {})
        rows = db.session.query(self.obj, total.scalar_subquery(), *more.values()).join(chosen, key == chosen.c[0])
        found = self.with_relations(rows).order_by(turn(column), turn(key)).all()
        if not found:
            return [], int(total.scalar()) if page else 0
        for row, _, *values in found:
            sa.inspect(row).info[_BESIDE] = dict(zip(more, values, strict=True))
        return [line[0] for line in found], int(found[0][1])

    def narrowed(self, query: Any, filters: Any, where: Sequence[Any]) -> Any:
        """The query with the filters and further conditions on it."""
        if filters is not None:
            query = filters.apply_all(query)
        return query.filter(*where) if where else query

    def with_relations(self, query: Any) -> Any:
        """The query with its lists' relations loaded along, by outer joins: an inner join made a planner sort a million rows."""
        for path in self.eager:
            loader = None
            model = self.obj
            for name in path.split("."):
                attribute = getattr(model, name)
                loader = joinedload(attribute) if loader is None else loader.joinedload(attribute)
                model = attribute.property.mapper.class_
            query = query.options(loader)
        return query

    def find(self, pk: Any, where: Sequence[Any] = ()) -> Any:
        """One visible row by its key with its relations, or None. Letters where a number belongs find nothing."""
        text = str(pk)
        if not (text.isascii() and text.isdigit()) or len(text) > 18:
            return None
        query = self.with_relations(db.session.query(self.obj)).filter(self.get_pk() == int(text), *where)
        return query.one_or_none()
