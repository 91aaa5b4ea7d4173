"""Somebody has to know when mail does not leave: one alarm when the oldest due mail waits too long, one word when it is over."""

from __future__ import annotations

import logging
from datetime import datetime

import sqlalchemy as sa

from app.adapters import clock
from app.enums import NotificationKind, Role
from app.extensions import db
from app.models import Membership, Setting
from app.queries import live
from app.services import delivering, notifications

SINCE = "mail_late_since"  # the moment of the alarm, in the settings, for as long as it lasts
DOUBT, A_LOOK = "mail_late_doubt", 60  # seen late at the look before too: what was held until now is not late
OVER = delivering.LATE / 3  # seconds: well below the limit, or a queue that stays near it would cry again and again
logger = logging.getLogger(__name__)


def watch(*, now: datetime) -> None:
    """Look how long the oldest due mail waits. Logs and tells the administrators when that becomes too long, and when it is over."""
    waits = delivering.queue(now)[1] or 0
    alarm, doubt = db.session.get(Setting, SINCE), db.session.get(Setting, DOUBT)
    if waits >= delivering.LATE - A_LOOK and doubt is None:
        db.session.add(Setting(key=DOUBT, value=now.isoformat(timespec="seconds")))
    elif waits < delivering.LATE - A_LOOK and doubt is not None:
        db.session.delete(doubt)
    if alarm is None and doubt is not None and waits >= delivering.LATE:
        db.session.add(Setting(key=SINCE, value=now.isoformat(timespec="seconds")))
        logger.error("Mail does not leave: the oldest one waits for %d minutes.", waits // 60)
        _tell("mail_late", now.isoformat(timespec="seconds"), now, minutes=waits // 60)
    elif alarm is not None and waits < OVER:
        db.session.delete(alarm)
        logger.warning("Mail leaves again.")
        _tell("mail_well", alarm.value, now)


def _tell(words: str, incident: str, now: datetime, **numbers: int) -> None:
    live_ones = live.memberships(clock.day(now))
    admins = db.session.scalars(sa.select(Membership.user_id).where(Membership.role == Role.ADMIN, *live_ones)).all()
    notifications.tell(admins, NotificationKind.SYSTEM, words, path="/", key=f"{words}:{incident}", now=now, merge=numbers)
