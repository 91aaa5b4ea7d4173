"""The first rows of several lists and how many rows there are: one statement a table, whatever the number of lists.

Everything here goes through the ORM, so the wall stands in each part of each statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.extensions import db

CAP = 1000  # beyond it a count says "1.000+"


@dataclass(frozen=True)
class Query:
    """Rows of one model in an order; the key breaks ties."""

    model: Any
    where: tuple[Any, ...] = ()
    order: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Found:
    """The first rows, each with what `extra` asked beside it, and how many there are: CAP + 1 means more than CAP."""

    rows: tuple[tuple[Any, Any], ...] = ()
    total: int = 0


@dataclass(frozen=True)
class Loading:
    """What comes along with each row of a model: relations, and one more expression."""

    relations: tuple[Any, ...] = ()
    extra: Any = field(default_factory=sa.null)


def ranked(name: str, query: Query, most: int, *columns: Any) -> sa.Select[Any]:
    """(section, id, place, …columns, total) of the first rows of one query; stops counting at CAP + 1."""
    order = sa.func.row_number().over(order_by=(*query.order, query.model.id)).label("place")
    some = sa.select(query.model.id, order, *columns).where(*query.where).order_by(order).limit(CAP + 1).subquery()
    page = sa.select(sa.literal(name).label("section"), *some.c, sa.func.count().over().label("total"))
    return sa.select(page.order_by(some.c.place).limit(most).subquery())


def gather(queries: Mapping[str, Query], most: int, loading: Mapping[Any, Loading]) -> dict[str, Found]:
    """The first rows of each query, by its name. One statement for all queries on the same model."""
    found = dict.fromkeys(queries, Found())
    for model in dict.fromkeys(query.model for query in queries.values()):
        found |= _of_model(model, {name: query for name, query in queries.items() if query.model is model}, most, loading)
    return found


def _of_model(model: Any, queries: Mapping[str, Query], most: int, loading: Mapping[Any, Loading]) -> dict[str, Found]:
    chosen = sa.union_all(*(ranked(name, query, most) for name, query in queries.items())).subquery()
    with_it = loading.get(model, Loading())
    rows = sa.select(model, with_it.extra, chosen.c.section, chosen.c.total).join(chosen, chosen.c.id == model.id)
    rows = rows.options(*(joinedload(relation) for relation in with_it.relations)).order_by(chosen.c.section, chosen.c.place)
    lines: Sequence[Any] = db.session.execute(rows).all()
    return {
        name: Found(tuple((line[0], line[1]) for line in group), total)
        for (name, total), group in groupby(lines, key=lambda line: (line.section, line.total))
    }


def count(queries: Mapping[str, Query]) -> dict[str, int]:
    """How many rows each query finds, up to CAP + 1; one statement for all."""
    if not queries:
        return {}
    some = (sa.select(query.model.id).where(*query.where).limit(CAP + 1).subquery() for query in queries.values())
    counted = sa.select(*(sa.select(sa.func.count()).select_from(one).scalar_subquery() for one in some))
    return dict(zip(queries, db.session.execute(counted).one(), strict=True))
