"""Where else somebody may fit when a match fell through: the same kind of place, in the own region or next to it. No score."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.enums import MatchState
from app.models import Match, Organisation, Programme, RegionNeighbour, has_any

MOST = 5


@dataclass(frozen=True)
class Alternative:
    """An organisation, or one of its programmes, and what it has in common with the one that fell through."""

    organisation: Organisation
    programme: Programme | None
    same_route: bool
    same_sector: bool


def of(session: Any, match: Match) -> list[Alternative]:
    """At most MOST others, the own region first; none that this candidate was matched with before. One statement, or two."""
    return _programmes(session, match, match.programme) if match.programme is not None else _organisations(session, match)


def latest_fallen(session: Any, candidate_id: int, since: datetime) -> Match | None:
    """The match of this candidate that fell through last, if that was since."""
    query = sa.select(Match).where(Match.candidate_id == candidate_id, Match.state == MatchState.FELL_THROUGH, Match.state_at >= since)
    query = query.options(joinedload(Match.organisation), joinedload(Match.programme)).order_by(Match.state_at.desc(), Match.id.desc())
    found: Match | None = session.scalar(query.limit(1))
    return found


def _near(match: Match) -> Any:
    beside = sa.select(RegionNeighbour.neighbour_id).where(RegionNeighbour.region_id == match.region_id)
    return sa.and_(Organisation.active.is_(True), sa.or_(Organisation.region_id == match.region_id, Organisation.region_id.in_(beside)))


def _nearest_first(match: Match) -> Any:
    return sa.case((Organisation.region_id == match.region_id, 0), else_=1)


def _shares(column: Any, sectors: Collection[Any]) -> Any:
    return has_any(column, sectors) if sectors else sa.false()


def _programmes(session: Any, match: Match, gone: Programme) -> list[Alternative]:
    known = sa.select(Match.programme_id).where(Match.candidate_id == match.candidate_id, Match.programme_id.is_not(None))
    route, sector = Programme.route == gone.route, _shares(Programme.sectors, gone.sectors)
    query = sa.select(Programme, route, sector).join(Programme.organisation).options(joinedload(Programme.organisation))
    query = query.where(_near(match), Programme.active.is_(True), Programme.id.not_in(known), sa.or_(route, sector))
    lines = session.execute(query.order_by(_nearest_first(match), Programme.name, Programme.id).limit(MOST)).all()
    return [Alternative(row.organisation, row, bool(same_route), bool(same_sector)) for row, same_route, same_sector in lines]


def _organisations(session: Any, match: Match) -> list[Alternative]:
    gone, known = match.organisation, sa.select(Match.organisation_id).where(Match.candidate_id == match.candidate_id)
    query = sa.select(Organisation).where(_near(match), Organisation.kind == gone.kind, Organisation.id.not_in(known))
    query = query.where(_shares(Organisation.sectors, gone.sectors)).order_by(_nearest_first(match), Organisation.name, Organisation.id)
    return [Alternative(row, None, False, True) for row in session.scalars(query.limit(MOST))]
