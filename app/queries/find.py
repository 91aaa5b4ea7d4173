"""Finding things that are no candidates: organisations, activities, articles, programmes. One statement for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from app.extensions import db
from app.models import Activity, Article, Candidate, Organisation, Programme, UtcDateTime
from app.queries.first import Query, ranked

_NO_PLACE, _NO_MOMENT = sa.cast(sa.null(), sa.String), sa.cast(sa.null(), UtcDateTime())


@dataclass(frozen=True)
class Hit:
    """One thing that was found: its key, what it is called, where, and when."""

    id: int
    title: str
    place: str | None
    at: datetime | None


@dataclass(frozen=True)
class Hits:
    """The first hits of one kind, and how many there are (first.CAP + 1: more)."""

    hits: tuple[Hit, ...] = ()
    total: int = 0


# What is told of each: (title, place, moment).
TOLD: dict[Any, tuple[Any, Any, Any]] = {
    Organisation: (Organisation.name, Organisation.place, _NO_MOMENT),
    Activity: (Activity.title, Activity.place, Activity.starts_at),
    Article: (Article.title, _NO_PLACE, _NO_MOMENT),
    Programme: (Programme.name, Programme.place, _NO_MOMENT),
}


def things(asked: Mapping[str, tuple[Any, tuple[Any, ...]]], most: int, now: datetime) -> dict[str, Hits]:
    """The first hits of each (model, conditions), by the name it was asked under: by title; what is to come first, the next one on top."""
    if not asked:
        return {}
    parts = (_part(name, model, where, most, now) for name, (model, where) in asked.items())
    every = sa.union_all(*parts).subquery()
    lines = db.session.execute(sa.select(every).order_by(every.c.section, every.c.place)).all()
    return {
        name: Hits(tuple(Hit(line.id, line.title, line.town, line.at) for line in group), total)
        for (name, total), group in groupby(lines, key=lambda line: (line.section, line.total))
    }


def _part(name: str, model: Any, where: tuple[Any, ...], most: int, now: datetime) -> sa.Select[Any]:
    title, town, at = TOLD[model]
    order = (title,) if at is _NO_MOMENT else (sa.case((at >= now, at), else_=None).nulls_last(), at.desc())
    return ranked(name, Query(model, where, order), most, title.label("title"), town.label("town"), at.label("at"))


def candidates(term: str, where: tuple[Any, ...], common: bool) -> Query:
    """Candidates for a condition: the one with exactly this number, who is called like this, the others.

    A term that very many hold (`common`) keeps to the order of an index.
    """
    exact = sa.case((Candidate.number == term.upper(), 0), (Candidate.sort_name.contains(term.casefold(), autoescape=True), 1), else_=2)
    return Query(Candidate, where, (Candidate.sort_name,) if common else (exact, Candidate.sort_name))
