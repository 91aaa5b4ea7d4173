"""Who is at the other side of a handover, and the mails to them: a question waits, something came in, there is an answer.

Neither side sees the colleagues of the other: they are looked up beside the wall and told to nobody, and the mails name nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.adapters import clock
from app.enums import DESK_ROLES, HandoverKind, Role
from app.extensions import db
from app.models import Candidate, Handover, Membership, UserProfile
from app.security.scope import SYSTEM_READ
from app.services import outbox

MOST = 20  # people at the other side
_DESK = sorted(DESK_ROLES | {Role.NATIONAL}, key=lambda role: role.name)


def asked(handover: Handover, candidate: Candidate, *, now: datetime) -> None:
    """Tell the candidate that a question waits; once for each time that it is asked."""
    outbox.post("handover_asked", candidate, key=f"handover_asked:{handover.id}:{handover.version}", now=now)


def received(handover: Handover, *, now: datetime) -> None:
    """Tell the people of the receiving desk, or the study advisers of the institute."""
    works_there: tuple[sa.ColumnElement[bool], ...]
    if handover.kind is HandoverKind.REGION:
        works_there = (Membership.region_id == handover.to_region_id, Membership.role.in_(_DESK))
    else:
        works_there = (Membership.organisation_id == handover.organisation_id, Membership.role == Role.STUDY_ADVISER)
    ids = sa.select(Membership.user_id).where(*works_there, *_live(now))
    for person in _people(UserProfile.user_id.in_(ids)):
        outbox.post("handover_received", person, key=f"handover_received:{handover.id}:{person.user_id}", now=now)


def answered(handover: Handover, *, now: datetime) -> None:
    """Tell who sent it that there is an answer."""
    for person in _people(UserProfile.user_id == handover.created_by):
        outbox.post("handover_answered", person, key=f"handover_answered:{handover.id}", now=now)


def _live(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    today = clock.day(now)
    return (Membership.starts_on <= today, sa.or_(Membership.ends_on.is_(None), Membership.ends_on >= today))


def _people(which: sa.ColumnElement[bool]) -> Iterable[UserProfile]:
    query = sa.select(UserProfile).where(which).options(joinedload(UserProfile.user)).order_by(UserProfile.user_id).limit(MOST)
    return db.session.scalars(query, execution_options=SYSTEM_READ).all()


def institutes(*, now: datetime) -> list[int]:
    """The training institutes where a study adviser works, who could receive a referral."""
    found = sa.select(Membership.organisation_id).where(Membership.role == Role.STUDY_ADVISER, *_live(now)).distinct()
    return [key for key in db.session.scalars(found, execution_options=SYSTEM_READ) if key is not None]
