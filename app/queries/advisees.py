"""Whose people somebody's are: those they lead, and those a colleague shares with them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.models import Candidate, CoAdviser


def shared_with(user_id: int | None) -> sa.Select[Any]:
    """Ids of the candidates with whom this person looks along."""
    return sa.select(CoAdviser.candidate_id).where(CoAdviser.user_id == user_id)


def own(user_id: int | None) -> sa.ColumnElement[bool]:
    """The candidates whom this person leads, or looks along with."""
    return sa.or_(Candidate.lead_adviser_id == user_id, Candidate.id.in_(shared_with(user_id)))


def shared(user_id: int | None) -> sa.ColumnElement[bool]:
    """The candidates of colleagues with whom this person looks along."""
    return sa.and_(Candidate.lead_adviser_id.is_distinct_from(user_id), Candidate.id.in_(shared_with(user_id)))
