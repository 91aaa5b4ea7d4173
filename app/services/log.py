"""Writing the two logs: what was changed, in the same transaction; who looked, before the answer leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.enums import Role
from app.errors import ScopeError
from app.extensions import db, transaction
from app.models import Candidate, ChangeLog, PersonToken, ReadEvent, ReadSubject
from app.queries import raw
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import seals

_UNLOGGED = frozenset({"version", "state_at"})
_COMPOSED = frozenset({"name", "sort_name", "email_norm", "phone_norm", "next_action_on"})  # of a candidate: they follow from other fields


def actor(by: Identity, now: datetime) -> dict[str, Any]:
    """The columns that say who did it, in which role and where."""
    return {
        "at": now,
        "actor_id": by.user_id,
        "actor_role": by.role,
        "actor_region_id": next(iter(by.region_ids), None) if len(by.region_ids) == 1 else None,
        "actor_organisation_id": min(by.organisation_ids, default=None),
    }


def changed_fields(row: Any) -> list[str]:
    """Names of the columns of this row that differ from the database, in a fixed order."""
    state = sa.inspect(row)
    left_out = _UNLOGGED | _COMPOSED if isinstance(row, Candidate) else _UNLOGGED
    return sorted(
        attr.key for attr in state.mapper.column_attrs if attr.key not in left_out and state.attrs[attr.key].history.has_changes()
    )


def changed(verb: str, row: Any, *, by: Identity, now: datetime, fields: Iterable[str] | None = None) -> None:
    """Write one change into the log, in the running transaction; flushes `row` first when it has no key yet.

    `fields` are the names that changed; left out, they are read from the row. A row that belongs to a candidate is logged under
    the candidate's token, any other under table:key.
    """
    names = list(fields) if fields is not None else changed_fields(row)
    if not sa.inspect(row).has_identity:
        db.session.add(row)
        db.session.flush()
    candidate_id = row.id if isinstance(row, Candidate) else getattr(row, "candidate_id", None)
    key = sa.inspect(row).identity
    subject = _token(candidate_id) if candidate_id else f"{row.__tablename__}:{key[0]}"
    region_id = row.region_id if hasattr(row, "region_id") else next(iter(by.region_ids), None)
    db.session.add(ChangeLog(verb=verb, subject=subject, region_id=region_id, table=row.__tablename__, fields=names, **actor(by, now)))


def _token(candidate_id: int) -> str:
    query = sa.select(PersonToken.token).where(PersonToken.candidate_id == candidate_id)
    token = db.session.scalar(query, execution_options=SYSTEM_READ)  # who receives a handover does not see the file yet
    if token is None:
        raise ScopeError("a candidate without a token cannot be logged")
    return str(token)


def read(
    screen: str,
    channel: str,
    candidate_ids: Sequence[int] | sa.Select[Any] | None,
    *,
    by: Identity,
    now: datetime,
    purpose: str | None = None,
) -> None:
    """Log who looks at whose files, in a transaction of its own: if this fails, the page is not shown.

    Without candidates (None) only the event is written: an export of a list about nobody. Candidates who look at their own file are not
    logged.
    """
    if by.role is Role.CANDIDATE or (isinstance(candidate_ids, Sequence) and not candidate_ids):
        return
    with transaction() as own:
        event = ReadEvent(screen=screen, channel=channel, purpose=purpose, **actor(by, now))
        own.add(event)
        own.flush()
        if isinstance(candidate_ids, sa.Select):
            raw.log_subjects(own, event.id, candidate_ids)
        elif candidate_ids is not None:
            seals.know(own, event, raw.log_each(own, event.id, candidate_ids))


def opened(row: Any, channel: str, *, by: Identity, now: datetime) -> None:
    """Log that somebody opened something that was put before them (a candidate an offer, either side a message), in a transaction of its
    own: if this fails, the page is not shown.

    It stands under table:key and not under the candidate's token: it tells whether something was read, and is no look at a file.
    """
    (key,) = sa.inspect(row).identity
    with transaction() as own:
        event = ReadEvent(screen=row.__tablename__, channel=channel, **actor(by, now))
        own.add(event)
        own.flush()
        own.add(ReadSubject(token=f"{row.__tablename__}:{key}", event_id=event.id))
