"""What every verb that changes a row begins with: may this person, whose file is it, was nobody else first."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import MANYTOONE
from sqlalchemy.orm.attributes import set_committed_value

from app.errors import BadInput, NotAllowed, NotFound, Stale
from app.extensions import db
from app.models import Candidate
from app.security.identity import Identity
from app.services import log

LONGEST_REASON = 200


def allow(by: Identity, capability: str, region_id: int | None) -> None:
    """Raise NotAllowed unless this person has the capability in this region. No region: nobody has."""
    if region_id is None or not by.can(capability, region_id):
        raise NotAllowed(gettext("You may not do this in this region. Ask your coordinator if you think you should."))


def allow_desk(by: Identity, capability: str, region_id: int | None) -> None:
    """As `allow`, and only for those who keep whole candidate files: a regional desk or the national one."""
    allow(by, capability, region_id if by.has_files else None)


def claim_version(row: Any, version: int, *, now: datetime) -> None:
    """Take the next version of a row, or learn that somebody else was first; writes nothing but the counter.

    Call it before anything of the edit is flushed. Raises Stale when the row is at another version (`now_at`), NotFound when
    this person does not see it, and NotAllowed when they see it and may not write it.
    """
    model: Any = type(row)
    keys = zip(model.__mapper__.primary_key, sa.inspect(row).identity, strict=True)
    this = [key == value for key, value in keys]
    with db.session.no_autoflush:
        claim = sa.update(model).where(*this, model.version == version).values(version=version + 1)
        if rows_changed(claim) == 1:
            set_committed_value(row, "version", version + 1)
            return
        found = db.session.scalar(sa.select(model.version).where(*this))
    if found is None:
        raise NotFound(gettext("This is not there (any more)."))
    if found == version:
        raise NotAllowed(gettext("You may see this, but not change it."))
    raise Stale(gettext("Somebody else changed this while you were busy. Look at what it is now, then try again."), now_at=found)


def rows_changed(statement: Any) -> int:
    """Run an UPDATE that leaves the objects in memory alone, and say how many rows it changed."""
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    return cast("sa.CursorResult[Any]", result).rowcount


def settle(row: Any) -> list[str]:
    """Bring the keys of a row in line with the related rows that a form put on it, and name the columns that differ now."""
    state = sa.inspect(row)
    for relation in state.mapper.relationships:
        if relation.direction is not MANYTOONE or relation.viewonly or not state.attrs[relation.key].history.has_changes():
            continue
        target = getattr(row, relation.key)
        for local, remote in relation.local_remote_pairs:
            key = state.mapper.get_property_by_column(local).key
            setattr(row, key, None if target is None else getattr(target, remote.key))
    return log.changed_fields(row)


def candidate_of(row: Any) -> Candidate:
    """The candidate whose row this is, within what the person may see; gives the row the candidate's region.

    Raises NotFound for a candidate who is not there or not there for this person.
    """
    with db.session.no_autoflush:
        candidate: Candidate | None = db.session.scalar(sa.select(Candidate).where(Candidate.id == row.candidate_id))
    if candidate is None:
        raise NotFound(gettext("There is no candidate with this number in your region."))
    row.region_id = candidate.region_id
    return candidate


def of_same_candidate(row: Any) -> Candidate:
    """As `candidate_of`, for a row that stands in the database: BadInput when an edit would hang it on somebody else."""
    if sa.inspect(row).attrs["candidate_id"].history.has_changes():
        raise BadInput(gettext("This stays with its candidate. Make a new one for somebody else."))
    return candidate_of(row)


def reason_of(text: str | None) -> str | None:
    """A reason without spaces around it, or None. Raises BadInput when it does not fit."""
    reason = (text or "").strip()
    if len(reason) > LONGEST_REASON:
        raise BadInput(gettext("Write the reason in at most %(most)d characters.", most=LONGEST_REASON))
    return reason or None
