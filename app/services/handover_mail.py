"""Who is at the other side of a handover, and what they are told: a question waits, something came in, there is an answer.

Neither side sees the colleagues of the other: they are looked up beside the wall and told to nobody, and the mails name nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.adapters import clock
from app.enums import DESK_ROLES, HandoverKind, NotificationKind, Role
from app.extensions import db
from app.models import Candidate, Handover, Membership
from app.queries import live
from app.security.scope import SYSTEM_READ
from app.services import notifications, outbox

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
    ids = sa.select(Membership.user_id).where(*works_there, *live.memberships(clock.day(now))).distinct()
    first = ids.order_by(Membership.user_id).limit(MOST)
    _tell(db.session.scalars(first, execution_options=SYSTEM_READ).all(), "handover_received", handover, now)


def answered(handover: Handover, words: str = "handover_answered", *, now: datetime) -> None:
    """Tell who made it that there is an answer: of the other side, or ("handover_agreed") of the candidate."""
    _tell([handover.created_by] if handover.created_by is not None else [], words, handover, now)


def _tell(users: Sequence[int], words: str, handover: Handover, now: datetime) -> None:
    """Once for each step; the page of a handover is the same for both sides."""
    screen = "overdrachten" if handover.kind is HandoverKind.REGION else "doorverwijzingen"
    path, key = f"/{screen}/show/{handover.id}", f"{words}:{handover.id}:{handover.version}"
    notifications.tell(users, NotificationKind.HANDOVER, words, path=path, key=key, now=now)


def institutes(*, now: datetime) -> list[int]:
    """The training institutes where a study adviser works, who could receive a referral."""
    found = sa.select(Membership.organisation_id).where(Membership.role == Role.STUDY_ADVISER, *live.memberships(clock.day(now))).distinct()
    return [key for key in db.session.scalars(found, execution_options=SYSTEM_READ) if key is not None]
